from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Address(models.Model):
    """An e-mail address, unique across the installation; owned by one account."""

    name = models.ForeignKey("domains.Name", on_delete=models.PROTECT, related_name="addresses")
    local_part = models.CharField(max_length=64)  # lower case

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "local_part"], name="address_unique"),
            models.CheckConstraint(condition=Q(local_part=Lower("local_part")), name="address_lower_case"),
        ]

    def __str__(self) -> str:
        return f"{self.local_part}@{self.name}"


class EmailAccount(models.Model):
    """An ordered mailbox: a slot until somebody configures it."""

    class State(models.TextChoices):
        SLOT = "slot", _("to configure")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    service = models.ForeignKey("panel.Service", on_delete=models.PROTECT, related_name="accounts")
    slot_token = models.CharField(max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SLOT)
    domain = models.ForeignKey("domains.Domain", on_delete=models.PROTECT, null=True, related_name="accounts")
    address = models.OneToOneField(Address, on_delete=models.PROTECT, null=True, related_name="account")
    first_name = models.CharField(_("first name"), max_length=64, blank=True)
    last_name = models.CharField(_("last name"), max_length=64, blank=True)
    display_name = models.CharField(_("display name"), max_length=64, blank=True)
    password_hash = models.CharField(max_length=256, blank=True)
    mailbox_id = models.UUIDField(null=True, unique=True)  # names the mail directory; new at each configuration
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    configured_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="slot_has_no_address",
                condition=~Q(state="slot") | Q(domain=None, address=None, password_hash="", mailbox_id=None),
            ),
            models.CheckConstraint(
                name="configured_has_an_address",
                condition=Q(state="slot")
                | (Q(domain__isnull=False, address__isnull=False, mailbox_id__isnull=False) & ~Q(password_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return str(self.address) if self.address_id else self.slot_token
