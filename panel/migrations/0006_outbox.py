import django.db.models.deletion
import django.utils.timezone
import uuid
from django.db import migrations, models

import panel.secrets


class Migration(migrations.Migration):

    dependencies = [
        ('panel', '0005_conditions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=40)),
                ('recipient', models.CharField(max_length=320)),
                ('subject', models.CharField(max_length=255)),
                ('content', panel.secrets.EncryptedTextField(blank=True)),
                ('key', models.CharField(max_length=160, null=True, unique=True)),
                ('message_id', models.UUIDField(default=uuid.uuid4)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'delivered'), ('failed', 'given up'), ('discarded', 'discarded')], default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('next_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('expires_at', models.DateTimeField(null=True)),
                ('lease_until', models.DateTimeField(null=True)),
                ('lease_by', models.UUIDField(null=True)),
                ('sent_at', models.DateTimeField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='letters', to='panel.organization')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['next_at'], name='letter_due'), models.Index(condition=models.Q(('lease_until', None), _negated=True), fields=['lease_until'], name='letter_leased'), models.Index(fields=['organization', 'created_at'], name='letter_of_organization'), models.Index(fields=['state', '-id'], name='letter_by_state'), models.Index(fields=['recipient', 'created_at'], name='letter_of_recipient'), models.Index(fields=['created_at'], name='letter_by_age')],
            },
        ),
    ]
