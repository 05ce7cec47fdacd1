"""Forms about an account carry what they were opened on; one that is out of date is answered with what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q

from panel.models import Activity

from .models import BulkRow, EmailAccount
from .models.accounts import Seen

FIELD = "opened"
ENTRIES = 5  # of the activity log that are told


@dataclass(frozen=True, slots=True)
class Opened:
    """What a form was opened on."""

    seen: Seen
    entry: int  # the latest of the service's activity log at that moment
    address: str

    def __str__(self) -> str:
        return f"{self.seen} {self.entry} {self.address}"

    @classmethod
    def of(cls, account: EmailAccount) -> Opened:
        latest = account.service.activities.order_by("-id").values_list("pk", flat=True).first()
        return cls(account.seen, latest or 0, account.shown_address)

    @classmethod
    def parse(cls, text: str) -> Opened | None:
        seen, _blank, rest = text.partition(" ")
        entry, _blank, address = rest.partition(" ")
        found = Seen.parse(seen)
        known = entry.isascii() and entry.isdigit() and len(entry) < 19 and len(address) <= 320
        return cls(found, int(entry), address) if found and known else None

    @classmethod
    def posted(cls, data: Mapping[str, str]) -> Opened | None:
        return cls.parse(data.get(FIELD, ""))

    def is_stale(self, account: EmailAccount) -> bool:
        return self.seen != account.seen

    def is_another(self, account: EmailAccount) -> bool:
        """Whether the account is another mailbox now: configured, reset, or both since."""
        return self.seen.mailbox != account.seen.mailbox


def since(account: EmailAccount, opened: Opened | None) -> Sequence[Activity]:
    """What the activity log has on the account since the form was opened, the latest first."""
    if opened is None:
        return []
    later = account.service.activities.filter(pk__gt=opened.entry)
    runs = list(BulkRow.objects.filter(account=account).order_by("-run").values_list("run", flat=True)[:ENTRIES])
    ours = Q(target__in={opened.address, account.shown_address}) | Q(verb__startswith="run.", after__run__in=runs)
    return list(later.filter(ours).order_by("-id")[:ENTRIES])
