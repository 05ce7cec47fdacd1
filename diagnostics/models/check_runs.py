from __future__ import annotations

from django.db import models


class CheckRun(models.Model):
    """When a domain is looked at next, and who holds it meanwhile (a lease: a crashed worker loses it by time)."""

    domain = models.OneToOneField(
        "domains.Domain", on_delete=models.CASCADE, related_name="check_run", primary_key=True
    )
    # The domain's, said again here: due domains are shared out between organizations without a join.
    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="+", db_index=False)
    next_at = models.DateTimeField()
    lease = models.CharField(max_length=32, blank=True)  # who holds it
    lease_until = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)  # somebody pressed Check again and waits
    checked_at = models.DateTimeField(null=True, blank=True, db_column="looked_at")
    authoritative_at = models.DateTimeField(null=True, blank=True, db_column="home_looked_at")
    changed_at = models.DateTimeField(null=True, blank=True)  # the domain, its zone or a check last changed
    attempt = models.PositiveSmallIntegerField(default=0)  # looks in a row that could not tell
    digest = models.CharField(max_length=32, blank=True)  # of what the last look said; empty: something is unsettled

    lost = models.PositiveSmallIntegerField(default=0, db_default=0)  # leases in a row that ran out before their end

    red = models.PositiveSmallIntegerField(default=0)  # required checks that are red, counted when they change

    class Meta:
        db_table = "diagnostics_look"
        indexes = [
            models.Index(fields=["organization"], condition=models.Q(red__gt=0), name="look_red"),
            models.Index(fields=["next_at"], name="look_due"),
            models.Index(fields=["checked_at"], name="look_age"),
        ]

    def __str__(self) -> str:
        return f"{self.domain_id} at {self.next_at:%H:%M:%S}"

    @property
    def pending(self) -> bool:
        """Somebody waits for this look."""
        return self.asked_at is not None
