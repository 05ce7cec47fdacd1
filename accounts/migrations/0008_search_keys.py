from datetime import UTC

from django.db import migrations, models

from accounts import trigrams
from panel.concurrently import AddIndex

BATCH = 1000


def fill(apps, schema_editor):
    """What `EmailAccount.set_keys` writes, for the accounts that were configured before; a batch at a time."""
    accounts = apps.get_model("accounts", "EmailAccount").objects
    last = 0
    while rows := list(accounts.exclude(state="slot").filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = rows[-1].pk
        for row in rows:
            local_part = row.address_key.partition("@")[0]
            row.search_key = "\n".join([f"{local_part}@", row.first_key, row.last_key, row.display_key])
            if row.configured_at:
                row.configured_key = row.configured_at.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")
        accounts.bulk_update(rows, ["search_key", "configured_key"], batch_size=BATCH)


def drop_index(apps, schema_editor):
    """SQLite keeps no column that a trigger names."""
    trigrams.drop(schema_editor.connection.alias)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("accounts", "0007_search_inside")]

    operations = [
        migrations.RunPython(fill, drop_index),
        AddIndex(
            "emailaccount", models.Index(fields=["service", "configured_key", "id"], name="account_by_configured")
        ),
    ]
