from django.db import migrations

import accounts.fields


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_entry_of_a_run")]

    operations = [
        migrations.AddField(
            "emailaccount", "search_key", accounts.fields.HeldTextField(blank=True, db_default="", default="")
        ),
        migrations.AddField(
            "emailaccount", "configured_key", accounts.fields.BytewiseCharField(db_default="~", default="~", max_length=20)
        ),
    ]
