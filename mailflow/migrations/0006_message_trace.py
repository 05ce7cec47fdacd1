from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mailflow", "0005_plain_words"),
        ("panel", "0013_plain_words"),
    ]

    operations = [
        migrations.CreateModel(
            name="TracedMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(unique=True)),
                ("at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                (
                    "side",
                    models.CharField(
                        choices=[("in", "received"), ("out", "sent"), ("inside", "within the organization")], max_length=6
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("accepted", "accepted"),
                            ("delivered", "delivered"),
                            ("relayed", "relayed to another server"),
                            ("passed_on", "forwarded"),
                            ("kept", "in the organization's inbox"),
                            ("deferred", "deferred"),
                            ("refused", "refused"),
                            ("bounced", "returned to the sender"),
                            ("deleted", "deleted from the queue"),
                        ],
                        max_length=9,
                    ),
                ),
                ("sender", models.CharField(max_length=320, blank=True)),
                ("sender_domain", models.CharField(max_length=255, blank=True)),
                ("recipient", models.CharField(max_length=320, blank=True)),
                ("recipient_domain", models.CharField(max_length=255, blank=True)),
                ("became", models.CharField(max_length=320, blank=True)),
                ("became_domain", models.CharField(max_length=255, blank=True)),
                ("message_id", models.CharField(max_length=250, blank=True)),
                ("queue_id", models.CharField(max_length=30, blank=True)),
                ("machine", models.CharField(max_length=253)),
                ("words", models.CharField(max_length=500, blank=True)),
                ("relay", models.CharField(max_length=255, blank=True)),
                ("client", models.CharField(max_length=255, blank=True)),
                ("login", models.CharField(max_length=320, blank=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("steps", models.JSONField(default=list)),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.deletion.CASCADE,
                        related_name="traced_messages",
                        to="panel.organization",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=models.deletion.SET_NULL,
                        related_name="+",
                        to="panel.service",
                    ),
                ),
            ],
            options={
                "db_table": "mailflow_trace",
                "indexes": [
                    models.Index(fields=["at", "id"], name="trace_by_time"),
                    models.Index(fields=["organization", "at", "id"], name="trace_by_organization"),
                    models.Index(fields=["sender", "organization", "at", "id"], name="trace_by_sender"),
                    models.Index(fields=["sender_domain", "organization", "at", "id"], name="trace_by_sender_domain"),
                    models.Index(fields=["recipient", "organization", "at", "id"], name="trace_by_recipient"),
                    models.Index(fields=["recipient_domain", "organization", "at", "id"], name="trace_by_recipient_domain"),
                    models.Index(fields=["became", "organization", "at", "id"], name="trace_by_became", condition=~models.Q(became="")),
                    models.Index(
                        fields=["became_domain", "organization", "at", "id"],
                        name="trace_by_became_domain",
                        condition=~models.Q(became_domain=""),
                    ),
                    models.Index(fields=["message_id"], name="trace_by_message_id"),
                    models.Index(fields=["queue_id"], name="trace_by_queue_id"),
                ],
            },
        ),
    ]
