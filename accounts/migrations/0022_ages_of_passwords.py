import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0021_app_passwords")]

    operations = [
        migrations.CreateModel(
            name="RememberedPassword",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password_hash", models.CharField(max_length=256)),
                ("replaced_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="remembered_passwords",
                        to="accounts.emailaccount",
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddField(
            model_name="emailaccount",
            name="password_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="emailaccount",
            name="must_change",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name="emailaccount",
            name="expiry_warned",
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="expires_from",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="min_age",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="So long its owner keeps a new password; administrators may change it at any time. 0: no limit.",
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="minimum age of a password (days)",
            ),
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="max_age",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="Then it only opens self-service, until it is changed. Its owner is warned by e-mail; app passwords go on working. 0: never.",
                validators=[django.core.validators.MaxValueValidator(3650)],
                verbose_name="maximum age of a password (days)",
            ),
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="history",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="At most 10, the current one among them. 0: any may be used.",
                validators=[django.core.validators.MaxValueValidator(10)],
                verbose_name="latest passwords that may not be used again",
            ),
        ),
        migrations.AddField(
            model_name="passwordpolicy",
            name="change_first",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Until then it only opens self-service. It applies to passwords set from now on.",
                verbose_name="a password that an administrator has set must be changed at the first sign-in",
            ),
        ),
    ]
