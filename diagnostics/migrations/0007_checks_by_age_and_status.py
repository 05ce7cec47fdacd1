from django.db import migrations, models

from panel.concurrently import AddIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("diagnostics", "0006_lost_leases")]

    operations = [
        AddIndex(
            "check",
            models.Index(
                fields=["changed_at", "id"],
                condition=models.Q(level="required", status__in=["wrong", "missing"]),
                name="check_red_by_age",
            ),
        ),
        AddIndex(
            "check",
            models.Index(
                fields=["domain", "status"],
                condition=models.Q(status__in=["propagating", "unknown"]),
                name="check_undecided",
            ),
        ),
    ]
