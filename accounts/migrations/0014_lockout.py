import django.core.validators
from django.db import migrations, models

MINUTES = [django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(10080)]


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_run_label")]

    operations = [
        migrations.AddField(
            "passwordpolicy",
            "lockout_threshold",
            models.PositiveSmallIntegerField(
                db_default=10,
                default=10,
                help_text="0: never.",
                validators=[django.core.validators.MaxValueValidator(1000)],
                verbose_name="wrong passwords that lock an account",
            ),
        ),
        migrations.AddField(
            "passwordpolicy",
            "lockout_reset",
            models.PositiveSmallIntegerField(
                db_default=15, default=15, validators=MINUTES, verbose_name="minutes in which they count"
            ),
        ),
        migrations.AddField(
            "passwordpolicy",
            "lockout_duration",
            models.PositiveSmallIntegerField(
                db_default=15, default=15, validators=MINUTES, verbose_name="minutes of the lock"
            ),
        ),
        migrations.AddField(
            "passwordpolicy",
            "lockout_everybody",
            models.BooleanField(
                db_default=False,
                default=False,
                help_text=(
                    "Otherwise only the network that the wrong passwords came from is locked out. With this, anybody "
                    "who knows an address can keep its owner from signing in."
                ),
                verbose_name="lock the account for everybody",
            ),
        ),
    ]
