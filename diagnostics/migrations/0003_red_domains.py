from itertools import batched

from django.db import migrations, models
from django.db.models import Count


def count_red(apps, schema_editor):
    """Only domains that are red: of a large installation, few."""
    red = apps.get_model('diagnostics', 'Check').objects.filter(level='required', status__in=['wrong', 'missing'])
    Look = apps.get_model('diagnostics', 'Look')
    counts = red.order_by().values_list('domain').annotate(red=Count('pk'))
    for some in batched(list(counts), 500):
        Look.objects.bulk_update([Look(pk=pk, red=count) for pk, count in some], ['red'])


class Migration(migrations.Migration):

    dependencies = [
        ('diagnostics', '0002_engine_reports'),
        ('panel', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='look',
            name='red',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='look',
            index=models.Index(condition=models.Q(('red__gt', 0)), fields=['organization'], name='look_red'),
        ),
        migrations.RunPython(count_red, migrations.RunPython.noop),
    ]
