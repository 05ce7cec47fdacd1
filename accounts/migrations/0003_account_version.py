from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_reading")]

    operations = [
        migrations.AddField(
            "emailaccount", "version", models.PositiveIntegerField(db_default=0, default=0, editable=False)
        ),
    ]
