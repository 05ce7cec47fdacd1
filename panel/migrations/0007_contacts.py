import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """Contacts become rows. The column that held them stays, with a default, for processes of the version before."""

    dependencies = [
        ('panel', '0006_outbox'),
    ]

    operations = [
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail address')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('asked_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('unsubscribed_at', models.DateTimeField(null=True)),
                ('organization', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='panel.organization')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('asked_at', None), ('confirmed_at', None)), fields=['id'], name='contact_to_ask')],
                'constraints': [models.UniqueConstraint(fields=('organization', 'email'), name='contact_unique')],
            },
        ),
        migrations.AlterField(
            model_name='organization',
            name='contacts',
            field=models.JSONField(blank=True, db_default=[], default=list, verbose_name='contacts'),
        ),
    ]
