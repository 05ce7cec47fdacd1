"""The field's words for check runs and the circuit breaker. Of state only: tables and columns keep their names."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("diagnostics", "0004_digest_waits")]

    operations = [
        migrations.AlterModelTable("look", "diagnostics_look"),
        migrations.RenameModel("Look", "CheckRun"),
        migrations.AlterModelTable("brake", "diagnostics_brake"),
        migrations.RenameModel("Brake", "CircuitBreaker"),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    "checkrun",
                    "domain",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        primary_key=True,
                        related_name="check_run",
                        serialize=False,
                        to="domains.domain",
                    ),
                ),
                migrations.RenameField("checkrun", "looked_at", "checked_at"),
                migrations.AlterField(
                    "checkrun", "checked_at", models.DateTimeField(blank=True, db_column="looked_at", null=True)
                ),
                migrations.RenameField("checkrun", "home_looked_at", "authoritative_at"),
                migrations.AlterField(
                    "checkrun",
                    "authoritative_at",
                    models.DateTimeField(blank=True, db_column="home_looked_at", null=True),
                ),
                migrations.RemoveIndex("checkrun", "look_age"),
                migrations.AddIndex("checkrun", models.Index(fields=["checked_at"], name="look_age")),
                migrations.RenameField("enginereport", "looks", "check_runs"),
                migrations.AlterField(
                    "enginereport", "check_runs", models.PositiveIntegerField(db_column="looks", default=0)
                ),
            ]
        ),
    ]
