import django.db.models.deletion
from django.db import migrations, models


def find_entries(apps, schema_editor):
    """An entry of the activity log names its run."""
    runs = apps.get_model("accounts", "BulkRun").objects
    entries = apps.get_model("panel", "Activity").objects.filter(verb__startswith="run.").order_by()
    for pk, after in entries.values_list("pk", "after").iterator(1000):
        runs.filter(pk=after.get("run")).update(entry_id=pk)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_selections_in_chunks"), ("panel", "0003_activity_of_target")]

    operations = [
        migrations.AddField(
            "bulkrun",
            "entry",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="panel.activity"
            ),
        ),
        migrations.RunPython(find_entries, migrations.RunPython.noop),
    ]
