from django.db import migrations, models

import panel.secrets


class Migration(migrations.Migration):
    dependencies = [("api", "0002_job_starts")]

    operations = [
        migrations.AddField(
            "endpoint", "old_secret", panel.secrets.EncryptedTextField(blank=True, default="", db_default="")
        ),
        migrations.AddField("endpoint", "old_secret_until", models.DateTimeField(null=True)),
    ]
