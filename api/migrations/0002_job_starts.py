from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("api", "0001_initial")]

    operations = [
        migrations.AddField("job", "starts", models.PositiveSmallIntegerField(default=0, db_default=0)),
    ]
