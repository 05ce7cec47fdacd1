from django.db import migrations, models
from django.db.models import F


def finish_approved(apps, schema_editor):
    """Until now an order was carried out in the moment that approved it."""
    orders = apps.get_model("accounts", "Order").objects
    orders.filter(state="approved", finished_at=None).update(finished_at=F("decided_at"), carried_out=F("quantity"))


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_account_version")]

    operations = [
        migrations.AddField("order", "carried_out", models.PositiveIntegerField(db_default=0, default=0)),
        migrations.AddField("order", "finished_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField(
            "order",
            "kind",
            models.CharField(
                choices=[("add", "more accounts"), ("cancel", "unused accounts cancelled")],
                db_default="add",
                default="add",
                max_length=6,
            ),
        ),
        migrations.RunPython(finish_approved, migrations.RunPython.noop),
        migrations.AddIndex(
            "order", models.Index(condition=models.Q(("state", "requested")), fields=["id"], name="order_waiting")
        ),
        migrations.AddIndex(
            "order",
            models.Index(
                condition=models.Q(("finished_at", None), ("state", "approved")), fields=["id"], name="order_under_way"
            ),
        ),
    ]
