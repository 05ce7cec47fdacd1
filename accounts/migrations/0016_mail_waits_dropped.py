from django.db import migrations


class Migration(migrations.Migration):
    """A column that left the code with 0011. SQLite would lose it when the table is next remade."""

    dependencies = [("accounts", "0015_plain_words")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE accounts_bulkrow DROP COLUMN mail_after",
            "ALTER TABLE accounts_bulkrow ADD COLUMN mail_after timestamp with time zone NULL",
        ),
    ]
