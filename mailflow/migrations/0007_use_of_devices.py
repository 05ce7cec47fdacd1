from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mailflow", "0006_message_trace")]

    operations = [
        migrations.CreateModel(
            name="DeviceUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.BigIntegerField(unique=True)),
                ("used_at", models.DateTimeField()),
                ("network", models.CharField(max_length=49)),
            ],
            options={"db_table": "mailflow_deviceuse"},
        ),
    ]
