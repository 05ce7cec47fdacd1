from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import signing
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .organizations import Organization

SALT = "panel.contact"


class Contact(models.Model):
    """An address that an organization wants to be told of trouble. It is told once its reader has said yes.

    Whoever unsubscribes stays in the list, so that nobody wonders why the address hears nothing.
    """

    AT_MOST = 10  # for one organization

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="contacts")
    email = models.EmailField(_("e-mail address"), max_length=254)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    asked_at = models.DateTimeField(null=True)  # when the letter with the link to confirm was written
    confirmed_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["organization", "email"], name="contact_unique")]
        indexes = [models.Index(fields=["id"], condition=Q(asked_at=None, confirmed_at=None), name="contact_to_ask")]

    def __str__(self) -> str:
        return self.email

    @classmethod
    def told(cls, organization: Organization) -> QuerySet[Contact]:
        """Those who confirmed and did not unsubscribe."""
        return cls.objects.filter(organization=organization, unsubscribed_at=None).exclude(confirmed_at=None)

    @classmethod
    def add(cls, organization: Organization, email: str) -> Contact:
        """A member who has signed in has shown already that the address is his; others are asked."""
        known = organization.memberships.filter(user__email=email, user__is_active=True)
        signed_in = known.exclude(user__last_login=None).exists()
        confirmed: dict[str, Any] = {"confirmed_at": timezone.now()} if signed_in else {}
        return cls.objects.get_or_create(organization=organization, email=email, defaults=confirmed)[0]

    @classmethod
    def by_default(cls, organization: Organization, email: str) -> None:
        """A new owner, who has just shown that the address is his, unless the list is full."""
        if cls.objects.filter(organization=organization).count() < cls.AT_MOST:
            cls.objects.get_or_create(organization=organization, email=email, defaults={"confirmed_at": timezone.now()})

    @property
    def token(self) -> str:
        """The signed part of its links: of no use while the address is not in the list."""
        return signing.dumps([self.organization_id, self.email], salt=SALT)

    @classmethod
    def of_token(cls, token: str) -> Contact | None:
        try:
            organization, email = signing.loads(token, salt=SALT)
        except signing.BadSignature:
            return None
        contacts = cls.objects.select_related("organization")
        return contacts.filter(organization_id=organization, email=email).first()

    def confirm(self) -> None:
        """Its reader wants to be told, from now on or again."""
        Contact.objects.filter(pk=self.pk).update(confirmed_at=timezone.now(), unsubscribed_at=None)

    def unsubscribe(self) -> None:
        Contact.objects.filter(pk=self.pk, unsubscribed_at=None).update(unsubscribed_at=timezone.now())
