from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from ..keys import Identity
from ..names import to_unicode

if TYPE_CHECKING:
    from panel.models import Organization


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

    @classmethod
    def ensure(cls, organization: Organization, name: Name, identity: Identity) -> Ownership:
        """The organization's standing with `name`; what of it is missing is taken from `identity`.

        Call it under the name's lock.
        """
        from .keys import DkimKey

        ownership, _created = cls.objects.get_or_create(
            organization=organization, name=name, defaults={"token": identity.token}
        )
        if not ownership.domains.exists():  # its records may have been taken out of the zone since it was detached
            ownership.dkim_keys.filter(state=DkimKey.State.ACTIVE).update(state=DkimKey.State.WAITING)
        if not ownership.dkim_keys.filter(state__in=DkimKey.PUBLISHED).exists():
            DkimKey.objects.create(
                ownership=ownership,
                name=name,
                selector=identity.selector,
                private_key=identity.private_key,
                public_key=identity.public_key,
            )
        return ownership
