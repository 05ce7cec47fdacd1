from django.db import migrations


def retired_to_withdrawn(apps, schema_editor):
    apps.get_model("domains", "DkimKey").objects.filter(state="retired").update(state="withdrawn")


def withdrawn_to_retired(apps, schema_editor):
    keys = apps.get_model("domains", "DkimKey").objects
    keys.filter(state__in=["withdrawn", "retiring"]).update(state="retired")
    keys.filter(state="waiting").update(state="active")


class Migration(migrations.Migration):
    dependencies = [("domains", "0002_states_of_dkim_keys")]

    operations = [migrations.RunPython(retired_to_withdrawn, withdrawn_to_retired, elidable=True)]
