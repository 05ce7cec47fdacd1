"""Forms of people who are no users of the panel are carried out once, too."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("panel", "0013_plain_words")]

    operations = [
        migrations.AlterField(
            model_name="spenttoken",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="spenttoken",
            constraint=models.UniqueConstraint(
                condition=models.Q(("user", None)), fields=("token",), name="token_spent_once_by_nobody"
            ),
        ),
    ]
