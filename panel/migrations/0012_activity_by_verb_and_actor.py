from django.db import migrations, models

from panel.concurrently import AddIndex

INDEXES = {
    "activity_by_verb": ["verb", "-id"],
    "activity_by_actor": ["actor_label", "-id"],
    "activity_of_org_by_verb": ["organization", "verb", "-id"],
    "activity_of_org_by_actor": ["organization", "actor_label", "-id"],
    "activity_of_srv_by_verb": ["service", "verb", "-id"],
    "activity_of_srv_by_actor": ["service", "actor_label", "-id"],
}


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("panel", "0011_mail_settings_of_services")]

    operations = [AddIndex("activity", models.Index(fields=fields, name=name)) for name, fields in INDEXES.items()]
