from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q

from .accounts import EmailAccount


class Tally(models.Model):
    """How many accounts of a service are in a state: in all (`domain` empty), and of each domain.

    Kept in step by every verb, under the lock of the service's row, so that lists of any size have their totals.
    """

    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="tallies")
    domain = models.ForeignKey("domains.Domain", on_delete=models.CASCADE, null=True, related_name="tallies")
    state = models.CharField(max_length=10, choices=EmailAccount.State)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "state"], condition=Q(domain=None), name="tally_of_service"),
            models.UniqueConstraint(
                fields=["domain", "state"], condition=Q(domain__isnull=False), name="tally_of_domain"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.state}"

    @classmethod
    def of(cls, service_id: int) -> dict[str, int]:
        """state → count, for the whole service."""
        counts = dict(cls.objects.filter(service_id=service_id, domain=None).values_list("state", "count"))
        return {state.value: counts.get(state.value, 0) for state in EmailAccount.State}

    @classmethod
    def shift(cls, service_id: int, changes: Mapping[tuple[int | None, str], int]) -> None:
        """Add to the counts of (domain or None, state). The caller holds the service's row."""
        totals: dict[tuple[int | None, str], int] = {}
        for (domain_id, state), delta in changes.items():
            totals[None, state] = totals.get((None, state), 0) + delta
            if domain_id is not None:
                totals[domain_id, state] = totals.get((domain_id, state), 0) + delta
        for (domain_id, state), delta in totals.items():
            if not delta:
                continue
            rows = cls.objects.filter(service_id=service_id, domain_id=domain_id, state=state)
            if not rows.update(count=F("count") + delta):
                cls.objects.create(service_id=service_id, domain_id=domain_id, state=state, count=delta)
