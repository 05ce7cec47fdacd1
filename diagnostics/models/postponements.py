from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from panel.activity import record

if TYPE_CHECKING:
    from domains.models import Domain
    from panel.models import User


class Postponement(models.Model):
    """“Not yet”: the change of a domain's MX, which moves its mail here, is left out of instructions and zone files."""

    domain = models.OneToOneField("domains.Domain", on_delete=models.CASCADE, related_name="postponement")
    by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.domain_id}: not yet"

    @classmethod
    def put_off(cls, domain: Domain, by: User) -> None:
        _row, created = cls.objects.get_or_create(domain=domain, defaults={"by": by})
        if created:
            record("mx.postponed", actor=by, service=domain.service, target=domain.name.name)

    @classmethod
    def resume(cls, domain: Domain, by: User) -> None:
        if cls.objects.filter(domain=domain).delete()[0]:
            record("mx.resumed", actor=by, service=domain.service, target=domain.name.name)
