from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from ..keys import new_selector, new_token
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
    token = models.CharField(max_length=63, unique=True)  # label of the CNAME that proves the right to the name
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="ownership_unique")]

    def __str__(self) -> str:
        return f"{self.name_id} of {self.organization_id}"

    @classmethod
    def ensure(cls, organization: Organization, name: Name, key: tuple[str, str]) -> Ownership:
        """The organization's standing with `name`, made with `key` (private, public) where there is none yet.

        Call it under the name's lock.
        """
        from .keys import DkimKey

        ownership, _created = cls.objects.get_or_create(
            organization=organization, name=name, defaults={"token": new_token()}
        )
        if not ownership.dkim_keys.filter(state=DkimKey.State.ACTIVE).exists():
            taken = set(name.dkim_keys.values_list("selector", flat=True))
            selector = next(label for label in iter(new_selector, "") if label not in taken)
            private, public = key
            DkimKey.objects.create(
                ownership=ownership, name=name, selector=selector, private_key=private, public_key=public
            )
        return ownership
