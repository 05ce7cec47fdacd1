import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """The column leaves the code now and the database with a later release (docs/decisions/0153-upgrades.md)."""

    dependencies = [
        ('panel', '0008_contacts_as_rows'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField(model_name='organization', name='contacts')],
        ),
        migrations.AlterField(
            model_name='contact',
            name='organization',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='panel.organization'),
        ),
    ]
