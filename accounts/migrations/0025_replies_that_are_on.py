"""The mail machine's agent asks every ten seconds who answers by himself."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0024_inbox_rules")]

    operations = [
        migrations.AddIndex(
            model_name="autoreply",
            index=models.Index(condition=models.Q(("enabled", True)), fields=["account"], name="auto_reply_enabled"),
        ),
    ]
