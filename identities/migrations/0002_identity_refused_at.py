from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0001_initial")]

    operations = [
        migrations.AddField("identity", "refused_at", models.DateTimeField(null=True, blank=True)),
    ]
