import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("domains", "0006_dkim_keys_in_a_zone_of_the_platform"),
    ]

    operations = [
        migrations.CreateModel(
            name="Footer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("active", models.BooleanField(default=True, verbose_name="Add this footer")),
                (
                    "only_outside",
                    models.BooleanField(default=False, verbose_name="Only when a recipient is outside of the domain"),
                ),
                ("text", models.TextField(blank=True, max_length=5000, verbose_name="Text")),
                ("html", models.TextField(blank=True, max_length=20000, verbose_name="HTML")),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "domain",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="footer", to="domains.domain"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("html", ""), ("text", ""), _negated=True), name="footer_says_something"
                    )
                ],
            },
        ),
    ]
