from django.db import migrations, models

from panel.concurrently import AddIndex


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("panel", "0002_spent_tokens")]

    operations = [
        AddIndex("activity", models.Index(fields=["service", "target", "-id"], name="activity_of_target")),
    ]
