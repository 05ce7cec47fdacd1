from __future__ import annotations

from django.db import models
from django.utils import timezone

from ..names import to_unicode


class Name(models.Model):
    """A domain name, A-label form. Its row is the lock under which claims on the name are decided."""

    name = models.CharField(max_length=253, unique=True)

    def __str__(self) -> str:
        return self.name

    @property
    def unicode(self) -> str:
        """As people read it."""
        return to_unicode(self.name)


class Ownership(models.Model):
    """An organization's standing with a name. Its token and DKIM keys outlive attachments, so that a domain
    attached again needs nothing new in its zone."""

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="ownerships")
    name = models.ForeignKey(Name, on_delete=models.PROTECT, related_name="ownerships")
    token = models.CharField(max_length=63, unique=True)  # label of the CNAME that verifies the domain
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="ownership_unique")]

    def __str__(self) -> str:
        return f"{self.name_id} of {self.organization_id}"
