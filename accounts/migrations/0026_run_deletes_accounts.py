"""A bulk run that deletes accounts is called so. Words alone: nothing in the database changes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0025_replies_that_are_on")]

    operations = [
        migrations.AlterField(
            model_name="bulkrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("configure", "configure accounts"),
                    ("suspend", "suspend accounts"),
                    ("resume", "resume accounts"),
                    ("reset", "delete accounts"),
                    ("passwords", "new passwords"),
                    ("move", "move accounts to another domain"),
                    ("undo", "undo a run"),
                ],
                max_length=10,
            ),
        )
    ]
