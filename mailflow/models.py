"""What the policy server writes, in batches and under a role of its own. Rows belong to a mailbox, not to an address:
they stay when an account is renamed."""

from __future__ import annotations

from django.db import models


class Use(models.Model):
    """When a mailbox was last opened, and what is in it."""

    mailbox = models.UUIDField(unique=True)
    last_login = models.DateTimeField(null=True)
    bytes = models.BigIntegerField(null=True)
    messages = models.BigIntegerField(null=True)

    class Meta:
        db_table = "mailflow_use"

    def __str__(self) -> str:
        return self.mailbox.hex


class Failure(models.Model):
    """Wrong and right passwords for a mailbox from one network (an IPv4 /24 or IPv6 /64)."""

    mailbox = models.UUIDField()
    network = models.CharField(max_length=49)
    failures = models.PositiveIntegerField(default=0)  # since `first_at`
    first_at = models.DateTimeField(null=True)
    last_at = models.DateTimeField(null=True)
    success_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailflow_failure"
        constraints = [models.UniqueConstraint(fields=["mailbox", "network"], name="mailflow_failure_unique")]

    def __str__(self) -> str:
        return f"{self.mailbox.hex} from {self.network}"


class Block(models.Model):
    """What a mailbox may not do for the time being."""

    class Kind(models.TextChoices):
        PASSWORDS = "passwords"  # sign in from `network`, until `until`
        FLOOD = "flood"  # send, until staff take the row away

    mailbox = models.UUIDField()
    kind = models.CharField(max_length=10, choices=Kind)
    network = models.CharField(max_length=49, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        db_table = "mailflow_block"
        constraints = [models.UniqueConstraint(fields=["mailbox", "kind", "network"], name="mailflow_block_unique")]

    def __str__(self) -> str:
        return f"{self.mailbox.hex}: {self.kind}"
