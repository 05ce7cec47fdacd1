from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..fields import BytewiseCharField, HeldTextField
from ..rules import fold

if TYPE_CHECKING:
    from ..credentials import PasswordState
    from ..usage import Usage

_MAILBOX = re.compile("([0-9a-f]{32})?")
SLOTS_LAST = "~"  # sorts after every letter and digit


def configured_key(at: datetime) -> str:
    """Sorts as the time does."""
    return at.astimezone(UTC).strftime("%Y%m%d%H%M%S%f")


def search_key(address: str, *names: str) -> str:
    """One text in which a search finds parts of all of these; nothing of the domain, which most accounts share.

    The parts are lower case and stand on lines of their own, so that no search matches across two of them.
    """
    return "\n".join([address.partition("@")[0] + "@", *names]) if address else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw of an account who opened a form about it: its version and which mailbox it was."""

    version: int
    mailbox: str  # hex; empty for a slot

    def __str__(self) -> str:
        return f"{self.version}.{self.mailbox}"

    @classmethod
    def parse(cls, text: str) -> Seen | None:
        version, _dot, mailbox = text.partition(".")
        known = version.isascii() and version.isdigit() and len(version) < 10 and _MAILBOX.fullmatch(mailbox)
        return cls(int(version), mailbox) if known else None

    @property
    def mailbox_id(self) -> UUID | None:
        return UUID(hex=self.mailbox) if self.mailbox else None


class Address(models.Model):
    """An e-mail address, unique across the installation. A row is the claim: it has one owner, which points to it: an
    account, an alias or a group. So whoever wants an address looks here and nowhere else."""

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

    Its verbs stand in `accounts/verbs.py`; `accounts/batch/` has what they do, for one account and for many.
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
    quota = models.PositiveIntegerField(_("quota (MiB)"), null=True, blank=True)  # empty: the service's; 0: no limit
    password_at = models.DateTimeField(null=True, editable=False)  # when it was set; empty: before that was kept
    must_change = models.BooleanField(default=False, db_default=False, editable=False)  # somebody else has set it
    expiry_warned = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)  # days before, at last
    version = models.PositiveIntegerField(default=0, db_default=0, editable=False)  # every verb adds one

    # What lists sort and search by: lower case, names without accents.
    address_key = BytewiseCharField(max_length=320, db_index=True)
    configured_key = BytewiseCharField(max_length=20, default=SLOTS_LAST, db_default=SLOTS_LAST)
    first_key = BytewiseCharField(max_length=200, blank=True)
    last_key = BytewiseCharField(max_length=200, blank=True)
    display_key = BytewiseCharField(max_length=200, blank=True, db_index=True)
    # What is searched for in the middle of words (`accounts/trigrams.py`): the name before the @ and a person's names.
    search_key = HeldTextField(blank=True, default="", db_default="")

    usage: Usage | None = None  # set where it is shown: `accounts.usage.attach`
    password_state: PasswordState | None = None  # likewise: `accounts.credentials.attach`
    alias_count: int = 0  # likewise: `accounts.aliases.attach`

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
            models.Index(fields=["service", "configured_key", "id"], name="account_by_configured"),
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

    @property
    def seen(self) -> Seen:
        return Seen(self.version, self.mailbox_id.hex if self.mailbox_id else "")

    def set_keys(self, address: str) -> None:
        """Bring the columns that lists use in step; `address` is empty for a slot."""
        self.address_key = address or SLOTS_LAST + self.slot_token
        self.first_key, self.last_key, self.display_key = (
            fold(text)[:200] for text in (self.first_name, self.last_name, self.display_name)
        )
        self.search_key = search_key(address, self.first_key, self.last_key, self.display_key)
        self.configured_key = configured_key(self.configured_at) if address and self.configured_at else SLOTS_LAST
