from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('panel', '0009_contacts_column_unused'),
    ]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='deletes_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
