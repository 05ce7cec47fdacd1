import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('domains', '0006_dkim_keys_in_a_zone_of_the_platform'),
        ('mailflow', '0007_use_of_devices'),
    ]

    operations = [
        migrations.AddField(
            model_name='machine',
            name='filters_spam',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name='SpamFilter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('move', 'move it to Junk'), ('identify', 'deliver it to the inbox, marked in the subject'), ('none', 'deliver it like any other mail')], default='move', max_length=10, verbose_name='Spam')),
                ('threshold', models.PositiveSmallIntegerField(default=6, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(30)], verbose_name='score from which a message counts as spam')),
                ('domain', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='spam_filter', to='domains.domain')),
            ],
            options={
                'db_table': 'mailflow_spam_filter',
            },
        ),
        migrations.CreateModel(
            name='ListedSender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('allow', 'allowed'), ('block', 'blocked')], max_length=5)),
                ('sender', models.CharField(max_length=320)),
                ('domain', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='listed_senders', to='domains.domain')),
            ],
            options={
                'db_table': 'mailflow_listed_sender',
                'ordering': ['sender'],
                'constraints': [models.UniqueConstraint(fields=('domain', 'sender'), name='listed_sender_once')],
            },
        ),
    ]
