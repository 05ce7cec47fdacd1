import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0020_who_stopped_and_decided")]

    operations = [
        migrations.CreateModel(
            name="AppPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=32)),
                ("password_hash", models.CharField(max_length=256)),
                ("seed", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="app_passwords",
                        to="accounts.emailaccount",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("account", "name"), name="app_password_unique")],
            },
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="main_for_web",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Mail programs and phones then need an app password, one for each device.",
                verbose_name="the main password is only for webmail and self-service",
            ),
        ),
    ]
