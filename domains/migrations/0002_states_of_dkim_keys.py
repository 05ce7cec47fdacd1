import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("domains", "0001_initial")]

    operations = [
        migrations.AddField("dkimkey", "to_write", models.BooleanField(db_default=False, default=False)),
        migrations.AddField("dkimkey", "activated_at", models.DateTimeField(editable=False, null=True)),
        migrations.AddField(
            "dkimkey",
            "due_at",
            models.DateTimeField(db_default=None, default=django.utils.timezone.now, editable=False, null=True),
        ),
        migrations.AlterField(
            "dkimkey",
            "state",
            models.CharField(
                choices=[
                    ("waiting", "waiting to be published"),
                    ("active", "signing"),
                    ("retiring", "replaced, still published"),
                    ("withdrawn", "withdrawn"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            "dkimkey",
            models.UniqueConstraint(
                condition=models.Q(("state", "waiting")), fields=("ownership",), name="dkim_one_key_waits"
            ),
        ),
        migrations.AddIndex(
            "dkimkey",
            models.Index(
                condition=models.Q(("state__in", ["waiting", "retiring"])),
                fields=["due_at"],
                name="dkim_key_by_due_time",
            ),
        ),
    ]
