from django.db import migrations


class Migration(migrations.Migration):
    """The column leaves the code now and the database with a later release (docs/decisions/0153-upgrades.md)."""

    dependencies = [
        ('accounts', '0010_bulk_updates'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='bulkrow', name='mail_after')],
        ),
    ]
