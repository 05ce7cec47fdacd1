from django.db import migrations, models


class Migration(migrations.Migration):
    """The label of a token or a command that stopped a run or gave slots back, where no person did."""

    dependencies = [("accounts", "0019_forwards")]

    operations = [
        migrations.AddField(
            model_name="bulkrun",
            name="stopped_label",
            field=models.CharField(blank=True, db_default="", default="", max_length=254),
        ),
        migrations.AddField(
            model_name="order",
            name="decided_label",
            field=models.CharField(blank=True, db_default="", default="", max_length=254),
        ),
    ]
