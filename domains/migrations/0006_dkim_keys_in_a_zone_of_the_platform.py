import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0005_plain_words"),
        ("panel", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="dkimkey",
            name="hosted",
            field=models.CharField(blank=True, db_default="", default="", max_length=253),
        ),
        migrations.AddField(
            model_name="zone",
            name="dkim_of",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="dkim_zone",
                to="panel.platform",
            ),
        ),
    ]
