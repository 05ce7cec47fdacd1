import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0023_mailbox_sessions'),
    ]

    operations = [
        migrations.CreateModel(
            name='AutoReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('enabled', models.BooleanField(default=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('text', models.TextField(max_length=5000)),
                ('starts', models.DateField(blank=True, null=True)),
                ('ends', models.DateField(blank=True, null=True)),
                ('days', models.PositiveSmallIntegerField(default=7, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)])),
                ('audience', models.CharField(choices=[('everybody', 'Everybody'), ('organization', "Only senders at this organization's domains")], default='everybody', max_length=12)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='auto_reply', to='accounts.emailaccount')),
            ],
        ),
        migrations.CreateModel(
            name='OwnScript',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('active', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField()),
                ('error', models.TextField(blank=True)),
                ('account', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='own_script', to='accounts.emailaccount')),
            ],
        ),
        migrations.CreateModel(
            name='InboxRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(blank=True, max_length=64)),
                ('enabled', models.BooleanField(default=True)),
                ('match_any', models.BooleanField(default=False)),
                ('conditions', models.JSONField(default=list)),
                ('actions', models.JSONField(default=list)),
                ('forwards', models.BooleanField(default=False)),
                ('changed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('account', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='inbox_rules', to='accounts.emailaccount')),
            ],
            options={
                'ordering': ['position', 'id'],
                'indexes': [models.Index(condition=models.Q(('forwards', True)), fields=['account'], name='inbox_rule_forwards')],
            },
        ),
    ]
