"""Forwarding of an account: to several addresses, with or without a copy in the mailbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused
from panel.models import Service

from . import batch, outside
from .addresses import split_addresses
from .models import EmailAccount, Forwarding, ForwardTarget, GroupMember, InboxRule
from .outside import Owner, Pair
from .pasted import AddressesRefused, RefusedAddress
from .preview import RowProblem

if TYPE_CHECKING:
    from panel.actors import Actor

TARGETS_AT_MOST = 20
RULES_SHOWN = 500


def of_account(account: EmailAccount) -> Forwarding | None:
    return Forwarding.objects.prefetch_related("targets").filter(account=account).first()


def of_service(service: Service, *, only_outside: bool = False) -> QuerySet[ForwardTarget]:
    """What leaves the mailboxes of a service, by account."""
    ours = outside.domains_of(service).filter(name__name=OuterRef("domain"))
    targets = ForwardTarget.objects.filter(forwarding__account__service=service)
    targets = targets.filter(~Exists(ours)) if only_outside else targets
    leaving = {"leaves": ~Exists(ours)}  # an attribute of the model
    targets = targets.annotate(**leaving)
    related = targets.select_related("forwarding__account")
    return related.order_by("forwarding__account__address_key", "id")


@transaction.atomic
def set_forwarding(account: EmailAccount, text: str, *, keep: bool, by: Actor) -> list[str]:
    """Pass the account's mail on to these addresses, in place of those before; none ends it. Returns them. Raises
    Refused."""
    service = batch.locked(account.service_id)
    fresh = EmailAccount.objects.select_related("domain__name").get(pk=account.pk)
    if fresh.is_slot or fresh.domain is None:
        raise Refused("wrong-state", batch.NOT_CONFIGURED)
    wanted, faults = _read(text, fresh.domain.name.name)
    found = outside.owners(service, wanted)
    allowed = outside.allowed(service)
    leads = Leads(service)
    for pair, written in wanted.items():
        code = problem_of(fresh, found.get(pair), leads, allowed=allowed)
        if code:
            faults.append(RefusedAddress(written, code, {}))
    if faults:
        raise AddressesRefused(faults)
    if len(wanted) > TARGETS_AT_MOST:
        words = _("The limit of addresses to forward to is %(limit)s.") % {"limit": TARGETS_AT_MOST}
        raise Refused("targets-many", words, field="addresses")
    before = _facts(of_account(fresh))
    Forwarding.objects.filter(account=fresh).delete()
    if wanted:
        forwarding = Forwarding.objects.create(account=fresh, keep=keep)
        ForwardTarget.objects.bulk_create(
            ForwardTarget(forwarding=forwarding, local_part=name, domain=domain, outside=(name, domain) not in found)
            for name, domain in wanted
        )
    after = _facts(of_account(fresh))
    if before != after:
        EmailAccount.objects.filter(pk=fresh.pk).update(changed_at=timezone.now(), version=F("version") + 1)
        record("account.forwarding", actor=by, service=service, target=fresh.shown_address, before=before, after=after)
    account.refresh_from_db()
    return [f"{name}@{domain}" for name, domain in wanted]


def _read(text: str, domain: str) -> tuple[dict[Pair, str], list[RefusedAddress]]:
    found: dict[Pair, str] = {}
    faults = []
    for written in split_addresses(text):
        pair = outside.parse(written if "@" in written else f"{written}@{domain}")
        if pair is None:
            faults.append(RefusedAddress(written, RowProblem.ADDRESS_FORM, {}))
        else:
            found.setdefault(pair, written)
    return found, faults


def problem_of(account: EmailAccount, owner: Owner | None, leads: Leads, *, allowed: bool) -> str:
    if owner is None:
        return "" if allowed else RowProblem.OUTSIDE_FORBIDDEN
    if owner.unknown:
        return RowProblem.ADDRESS_UNKNOWN
    if owner.account_id == account.pk:
        return RowProblem.FORWARD_SELF
    return RowProblem.FORWARD_LOOP if leads.back_to(account.pk, owner) else ""


class Leads:
    """Where mail of a service goes on to, account by account, and group by group. What leaves the service is not
    followed: the servers end a circle outside by what the message says of where it has been."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._next: dict[int, set[int]] | None = None
        self._members: dict[int, set[int]] = {}

    def back_to(self, account_id: int, owner: Owner) -> bool:
        seen: set[int] = set()
        waiting = [owner.account_id] if owner.account_id else list(self._of_group(owner.group_id))
        while waiting:
            at = waiting.pop()
            if at == account_id:
                return True
            if at not in seen:
                seen.add(at)
                waiting += self._forwards.get(at, set())
        return False

    def _of_group(self, group_id: int | None) -> set[int]:
        if group_id is None:
            return set()
        if group_id not in self._members:
            members = GroupMember.objects.filter(group_id=group_id)
            inside = set(members.exclude(account=None).values_list("account_id", flat=True))
            pairs = [(m.local_part, m.domain) for m in members.filter(account=None)]
            owned = outside.owners(self._service, pairs).values()
            self._members[group_id] = {pk for pk in inside if pk} | {o.account_id for o in owned if o.account_id}
        return self._members[group_id]

    @property
    def _forwards(self) -> dict[int, set[int]]:
        if self._next is None:
            pairs = self._pairs()
            owned = outside.owners(self._service, {pair for _account, pair in pairs})
            found: dict[int, set[int]] = defaultdict(set)
            for account_id, pair in pairs:
                owner = owned.get(pair)
                if owner is not None:
                    there = {owner.account_id} if owner.account_id else self._of_group(owner.group_id)
                    found[account_id] |= {pk for pk in there if pk}
            self._next = found
        return self._next

    def _pairs(self) -> list[tuple[int, Pair]]:
        """Accounts and where their mail goes on to: by forwarding, and by their inbox rules."""
        targets = ForwardTarget.objects.filter(forwarding__account__service=self._service)
        rows = targets.values_list("forwarding__account_id", "local_part", "domain")
        found = [(account_id, (name, domain)) for account_id, name, domain in rows]
        for row in InboxRule.objects.filter(account__service=self._service, forwards=True, enabled=True):
            for _place, address in row.rule.forwards:
                name, _at, domain = address.rpartition("@")
                found.append((row.account_id, (name, domain)))
        return found


def _facts(forwarding: Forwarding | None) -> dict[str, object]:
    if forwarding is None:
        return {"to": [], "keep": True}
    return {"to": sorted(map(str, forwarding.targets.all())), "keep": forwarding.keep}


@dataclass(frozen=True, slots=True)
class ByRule:
    """Mail that an inbox rule passes on."""

    account: EmailAccount
    name: str  # of the rule
    address: str
    outside: bool


def by_rules(service: Service, *, only_outside: bool = False) -> list[ByRule]:
    """What the inbox rules of a service pass on, by account: of the first rules that do."""
    rules = InboxRule.objects.filter(account__service=service, forwards=True, enabled=True).select_related("account")
    rows = list(rules.order_by("account__address_key", "position", "id")[:RULES_SHOWN])
    found = [(row, address) for row in rows for _place, address in row.rule.forwards]
    pairs = {address: (address.rpartition("@")[0], address.rpartition("@")[2]) for _row, address in found}
    inside = outside.owners(service, pairs.values())
    shown = [ByRule(row.account, row.name, address, pairs[address] not in inside) for row, address in found]
    return [one for one in shown if one.outside or not only_outside]


def forwarded(accounts: Iterable[int]) -> set[int]:
    """Those of the accounts that forward."""
    return set(Forwarding.objects.filter(account_id__in=list(accounts)).values_list("account_id", flat=True))
