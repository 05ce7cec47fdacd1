from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_search_keys")]

    operations = [
        migrations.AlterField(
            "bulkrun",
            "state",
            models.CharField(
                choices=[
                    ("columns", "columns to be confirmed"),
                    ("checking", "being checked"),
                    ("preview", "waiting to be applied"),
                    ("running", "running"),
                    ("stopped", "stopped"),
                    ("done", "done"),
                    ("nothing", "nothing done"),
                    ("discarded", "thrown away"),
                ],
                max_length=10,
                verbose_name="state",
            ),
        ),
    ]
