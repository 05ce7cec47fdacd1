import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import panel.secrets


class Migration(migrations.Migration):
    dependencies = [("panel", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="SpentToken",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("token", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("location", models.TextField(blank=True)),
                ("messages", models.JSONField(default=list)),
                ("body", panel.secrets.EncryptedTextField(blank=True)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("user", "token"), name="token_spent_once")],
            },
        ),
    ]
