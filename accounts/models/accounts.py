from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import BytewiseCharField
from ..rules import fold

if TYPE_CHECKING:
    from panel.models import User

    from ..batch import Placement

SLOTS_LAST = "~"  # sorts after every letter and digit


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
    """An ordered mailbox: a slot until somebody configures it.

    Its verbs are batches of one: `accounts/batch.py` has what they do, for one account and for many.
    """

    class State(models.TextChoices):
        SLOT = "slot", _("to configure")
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")

    service = models.ForeignKey("panel.Service", on_delete=models.PROTECT, related_name="accounts", db_index=False)
    slot_token = models.CharField(max_length=32, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SLOT)
    domain = models.ForeignKey(
        "domains.Domain", on_delete=models.PROTECT, null=True, related_name="accounts", db_index=False
    )
    address = models.OneToOneField(Address, on_delete=models.PROTECT, null=True, related_name="account")
    first_name = models.CharField(_("first name"), max_length=64, blank=True)
    last_name = models.CharField(_("last name"), max_length=64, blank=True)
    display_name = models.CharField(_("display name"), max_length=64, blank=True)
    password_hash = models.CharField(max_length=256, blank=True)
    mailbox_id = models.UUIDField(null=True, unique=True)  # names the mail directory; new at each configuration
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    configured_at = models.DateTimeField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)  # by a person or a run

    # What lists sort and search by: lower case, names without accents.
    address_key = BytewiseCharField(max_length=320, db_index=True)
    first_key = BytewiseCharField(max_length=200, blank=True)
    last_key = BytewiseCharField(max_length=200, blank=True)
    display_key = BytewiseCharField(max_length=200, blank=True, db_index=True)

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
        indexes = [
            models.Index(fields=["service", "address_key", "id"], name="account_by_address"),
            models.Index(fields=["service", "display_key", "id"], name="account_by_display_name"),
            models.Index(fields=["service", "first_key"], name="account_by_first_name"),
            models.Index(fields=["service", "last_key"], name="account_by_last_name"),
            models.Index(fields=["service", "state", "address_key", "id"], name="account_by_state"),
            models.Index(fields=["domain", "address_key", "id"], name="account_by_domain"),
        ]

    def __str__(self) -> str:
        return self.shown_address

    @property
    def shown_address(self) -> str:
        """The address with the domain in A-label form; a slot's is `<token>@configureme.me`."""
        return self.slot_address if self.is_slot else self.address_key

    @property
    def slot_address(self) -> str:
        """The slot's own address, which still names the account once it is configured."""
        return f"{self.slot_token}@{settings.SLOT_DOMAIN}"

    @property
    def is_slot(self) -> bool:
        return self.state == self.State.SLOT

    def set_keys(self, address: str) -> None:
        """Bring the columns that lists use in step; `address` is empty for a slot."""
        self.address_key = address or SLOTS_LAST + self.slot_token
        self.first_key, self.last_key, self.display_key = (
            fold(text)[:200] for text in (self.first_name, self.last_name, self.display_name)
        )

    def configure(self, placement: Placement, *, by: User | str | None, owner: bool = False) -> None:
        """Turn this slot into a mailbox. Raises Refused: taken, pending domain, reserved name, no slot any more."""
        from .. import batch

        batch.configure_one(self, placement, by=by, owner=owner)

    def suspend(self, *, by: User | str | None) -> None:
        """Stop login and sending; mail still arrives."""
        from .. import batch

        batch.change_one(self, batch.suspend, "account.suspended", by=by)

    def resume(self, *, by: User | str | None) -> None:
        from .. import batch

        batch.change_one(self, batch.resume, "account.resumed", by=by)

    def reset(self, *, by: User | str | None) -> None:
        """Back to a slot. Its mail is kept for 30 days; a later configuration of the slot never opens it."""
        from .. import batch

        batch.change_one(self, batch.reset, "account.reset", by=by)

    def set_password(self, password_hash: str, *, by: User | str | None) -> None:
        from .. import batch

        batch.set_password_of_one(self, password_hash, by=by)

    def rename(self, placement: Placement, *, by: User | str | None, owner: bool = False) -> None:
        """Change address and names; the mailbox stays, so no mail moves. The placement's hash is not used."""
        from .. import batch

        batch.rename_one(self, placement, by=by, owner=owner)
