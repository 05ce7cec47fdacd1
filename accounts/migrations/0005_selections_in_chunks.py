from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_orders_in_chunks")]

    operations = [
        migrations.AddField("bulkrun", "selection", models.JSONField(null=True)),
    ]
