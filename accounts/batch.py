"""What the verbs of accounts do, for one account and for hundreds alike.

Every function runs in a transaction that holds the row of the service (`locked`): so the service is open, its
slots are nobody else's, its tallies are in step, and its platform cannot change meanwhile. New addresses are
decided under the rows of their domain names as well, as claims on names are.
"""

from __future__ import annotations

import secrets
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from domains.models import Domain, Name
from panel.activity import record
from panel.actors import Actor
from panel.errors import Refused
from panel.models import Service

from . import credentials, rules
from .hashing import hash_of_nothing
from .models import (
    Address,
    Alias,
    AppPassword,
    CatchAll,
    EmailAccount,
    Forwarding,
    GroupMember,
    MailboxSession,
    Order,
    PasswordLink,
    RememberedPassword,
    RetiredMailbox,
    Tally,
)
from .models.accounts import SLOTS_LAST, Seen
from .models.retired import KEPT
from .preview import RowProblem
from .words import fault_words
from .writing import update_each

AT_ONCE = 500  # rows that one statement names; SQLite and PostgreSQL both like it
TOKEN_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # noqa: S105 - an alphabet without what is easily misread
State = EmailAccount.State


@dataclass(frozen=True, slots=True)
class Placement:
    """What a slot is to become. Names are normalised and have been held against the rules."""

    name: str
    domain: str  # A-label form
    first_name: str = ""
    last_name: str = ""
    display_name: str = ""
    password_hash: str = ""

    @property
    def address(self) -> str:
        return f"{self.name}@{self.domain}"


def locked(service_id: int) -> Service:
    """The service, its row locked until the transaction ends. Refuses where nothing may be changed."""
    rows = Service.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "platform")
    service = rows.get(pk=service_id)
    service.require_open()
    return service


def require_room(service: Service, quantity: int, *, order: Order | None = None) -> None:
    """Refuse more accounts than staff allow the service. What its other open orders will bring is taken already."""
    if service.account_limit is None:
        return
    have = sum(Tally.of(service.pk).values())
    ordered = Order.promised(service.pk, Order.Kind.ADD, besides=order.pk if order else None)
    if have + ordered + quantity > service.account_limit:
        words = (
            _("The limit of this service is %(limit)d. Accounts now: %(have)d; more on order: %(ordered)d.")
            if ordered
            else _("The limit of this service is %(limit)d. Accounts now: %(have)d.")
        )
        facts = {"limit": service.account_limit, "have": have, "ordered": ordered}
        raise Refused("account-limit", words % facts, field="quantity")


def unused(service: Service) -> int:
    """Slots that are nobody's and that no cancellation under way will take."""
    return max(0, Tally.of(service.pk)[State.SLOT] - Order.promised(service.pk, Order.Kind.CANCEL))


def require_unused(service: Service, quantity: int) -> None:
    have = unused(service)
    if quantity > have:
        words = ngettext("%(n)d account is unused now.", "%(n)d accounts are unused now.", have) % {"n": have}
        raise Refused("fewer-unused", words, field="quantity")


def add_slots(service: Service, quantity: int) -> int:
    """Make so many slots. Whether the service may have them was decided by its order."""
    left = quantity
    while left:
        wanted = min(left, AT_ONCE)
        tokens = {_token() for _i in range(wanted)}
        tokens -= set(EmailAccount.objects.filter(slot_token__in=tokens).values_list("slot_token", flat=True))
        EmailAccount.objects.bulk_create(
            EmailAccount(service=service, slot_token=token, address_key=SLOTS_LAST + token) for token in tokens
        )
        left -= len(tokens)
    Tally.shift(service.pk, {(None, State.SLOT): quantity})
    return quantity


def _token() -> str:
    letters = "".join(secrets.choice(TOKEN_LETTERS) for _i in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def cancel_slots(service: Service, quantity: int) -> int:
    """Give back unused slots, the latest first. Returns how many went."""
    slots = EmailAccount.objects.filter(service=service, state=State.SLOT).order_by("-id")
    ids = list(slots.values_list("pk", flat=True)[:quantity])
    for start in range(0, len(ids), AT_ONCE):
        EmailAccount.objects.filter(pk__in=ids[start : start + AT_ONCE]).delete()
    Tally.shift(service.pk, {(None, State.SLOT): -len(ids)})
    return len(ids)


def domains_for_update(service: Service, names: Iterable[str]) -> dict[str, Domain]:
    """The service's attachments of these names, under the rows of the names."""
    ids = [name.pk for name in Name.objects.select_for_update(no_key=True).filter(name__in=names).order_by("name")]
    return {d.name.name: d for d in Domain.objects.select_related("name").filter(service=service, name_id__in=ids)}


def place(
    service: Service,
    placements: Sequence[Placement],
    *,
    now: datetime,
    slots: Sequence[EmailAccount] | None = None,
    spare: QuerySet[Any, str] | None = None,
) -> list[EmailAccount | RowProblem]:
    """Configure slots, in the order of `placements`; where one cannot be placed its answer is the problem.

    `slots`: one for each placement, rather than the service's oldest free ones. `spare`: tokens of slots that are
    kept for others.
    """
    domains = domains_for_update(service, {placement.domain for placement in placements})
    taken = taken_among(domains, [(placement.name, placement.domain) for placement in placements])
    answers: list[EmailAccount | RowProblem | None] = [None] * len(placements)
    for index, placement in enumerate(placements):
        problem = problem_of(placement.name, placement.domain, domains, taken)
        if problem:
            answers[index] = problem
        else:
            taken[placement.name, placement.domain] = Claim(service.pk)
    places = [index for index, answer in enumerate(answers) if answer is None]
    if slots is None:
        free = EmailAccount.objects.filter(service=service, state=State.SLOT).order_by("id")
        if spare is not None:
            free = free.exclude(slot_token__in=spare)
        slots = list(free[: len(places)])
    else:
        slots = [slots[index] for index in places]
    for index in places[len(slots) :]:
        answers[index] = RowProblem.NO_SLOT
    places = places[: len(slots)]
    addresses = Address.objects.bulk_create(
        Address(name=domains[placements[i].domain].name, local_part=placements[i].name) for i in places
    )
    must_change = credentials.must_change(service)
    shifts: Counter[tuple[int | None, str]] = Counter()
    for index, account, address in zip(places, slots, addresses, strict=False):
        placement = placements[index]
        account.domain = domains[placement.domain]
        account.address = address
        account.state = State.ACTIVE
        account.first_name, account.last_name = placement.first_name, placement.last_name
        account.display_name = placement.display_name
        account.password_hash = placement.password_hash
        account.mailbox_id = uuid.uuid4()
        account.configured_at = account.changed_at = account.password_at = now
        account.must_change, account.expiry_warned = must_change, 0
        account.version += 1
        account.set_keys(placement.address)
        answers[index] = account
        shifts[account.domain.pk, State.ACTIVE] += 1
    update_each(slots[: len(places)], _CONFIGURED_FIELDS)
    Tally.shift(service.pk, shifts | {(None, State.SLOT): -len(places)})
    return [answer for answer in answers if answer is not None]


KEY_FIELDS = ["address_key", "first_key", "last_key", "display_key", "search_key", "configured_key"]
_ADDRESS_FIELDS = ["domain", "address", "changed_at", "version"]
NAME_FIELDS = ["first_name", "last_name", "display_name"]
PASSWORD_FIELDS = ["password_at", "must_change", "expiry_warned"]
_CONFIGURED_FIELDS = [
    *("domain", "address", "state", "password_hash", "mailbox_id", "configured_at", "changed_at", "version"),
    *PASSWORD_FIELDS,
    *NAME_FIELDS,
    *KEY_FIELDS,
]


@dataclass(frozen=True, slots=True)
class Claim:
    """Whose an address is."""

    service_id: int | None
    alias_of: int | None = None  # account
    is_group: bool = False


type Taken = dict[tuple[str, str], Claim]  # by name and domain


def taken_among(domains: Mapping[str, Domain], wanted: Iterable[tuple[str, str]]) -> Taken:
    """Of these addresses those that somebody has."""
    by_domain: dict[str, list[str]] = defaultdict(list)
    for name, domain in wanted:
        by_domain[domain].append(name)
    condition = Q(pk__in=[])
    labels = {domain.name_id: label for label, domain in domains.items()}
    for label, names in by_domain.items():
        if label in domains:
            condition |= Q(name_id=domains[label].name_id, local_part__in=names)
    rows = Address.objects.filter(condition).values_list(
        *("local_part", "name_id", "account__service_id", "alias__account__service_id", "group__service_id"),
        "alias__account_id",
    )
    return {
        (local_part, labels[name_id]): Claim(account or alias or group, alias_of, group is not None)
        for local_part, name_id, account, alias, group, alias_of in rows
    }


def problem_of(name: str, domain: str, domains: Mapping[str, Domain], taken: Taken) -> RowProblem | None:
    """Why nobody can have this address now, as an account or otherwise."""
    attachment = domains.get(domain)
    if attachment is None:
        return RowProblem.DOMAIN_UNKNOWN
    if attachment.state != Domain.State.VERIFIED:
        return RowProblem.DOMAIN_PENDING
    if (name, domain) in taken:
        claim = taken[name, domain]
        if claim.service_id != attachment.service_id:
            return RowProblem.ADDRESS_TAKEN_ELSEWHERE
        if claim.is_group:
            return RowProblem.ADDRESS_GROUP
        return RowProblem.ADDRESS_ALIAS if claim.alias_of else RowProblem.ADDRESS_TAKEN
    return None


def readdress(
    service: Service, moves: Sequence[tuple[EmailAccount, str, str]], *, now: datetime
) -> list[RowProblem | None]:
    """Give accounts other addresses: (account, name, domain). No mail moves: the mailbox keeps its id."""
    domains = domains_for_update(service, {domain for _account, _name, domain in moves})
    taken = taken_among(domains, [(name, domain) for _account, name, domain in moves])
    answers: list[RowProblem | None] = []
    placed: list[tuple[EmailAccount, str, str]] = []
    for account, name, domain in moves:
        problem = RowProblem.NO_SLOT if account.is_slot else problem_of(name, domain, domains, taken)
        answers.append(problem)
        if problem is None:
            taken[name, domain] = Claim(service.pk)
            placed.append((account, name, domain))
    addresses = Address.objects.bulk_create(
        Address(name=domains[domain].name, local_part=name) for _account, name, domain in placed
    )
    old = [account.address_id for account, _name, _domain in placed if account.address_id]
    shifts: Counter[tuple[int | None, str]] = Counter()
    for (account, name, domain), address in zip(placed, addresses, strict=True):
        shifts[account.domain_id, account.state] -= 1
        account.domain, account.address, account.changed_at = domains[domain], address, now
        account.version += 1
        account.set_keys(f"{name}@{domain}")
        shifts[account.domain_id, account.state] += 1
    update_each([account for account, _name, _domain in placed], [*_ADDRESS_FIELDS, *KEY_FIELDS])
    Address.objects.filter(pk__in=old).delete()
    Tally.shift(service.pk, shifts)
    return answers


def suspend(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Returns the ids of those that were active."""
    return _switch(service, accounts, State.ACTIVE, State.SUSPENDED, now)


def resume(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Returns the ids of those that were suspended."""
    return _switch(service, accounts, State.SUSPENDED, State.ACTIVE, now)


def _switch(service: Service, accounts: Sequence[EmailAccount], from_: State, to: State, now: datetime) -> set[int]:
    rows = EmailAccount.objects.filter(service=service, pk__in=[a.pk for a in accounts], state=from_)
    found = dict(rows.values_list("pk", "domain_id"))
    rows.update(state=to, changed_at=now, version=F("version") + 1)
    shifts: Counter[tuple[int | None, str]] = Counter()
    for domain_id in found.values():
        shifts[domain_id, from_] -= 1
        shifts[domain_id, to] += 1
    Tally.shift(service.pk, shifts)
    return set(found)


def reset(service: Service, accounts: Sequence[EmailAccount], now: datetime) -> set[int]:
    """Back to slots; the mail is kept for a while. Returns the ids of those that were configured."""
    rows = EmailAccount.objects.filter(service=service, pk__in=[a.pk for a in accounts]).exclude(state=State.SLOT)
    found = list(rows.values_list("pk", "domain_id", "state", "address_id", "address_key", "mailbox_id"))
    ids = [pk for pk, *_rest in found]
    RetiredMailbox.objects.bulk_create(
        RetiredMailbox(service=service, address=address, mailbox_id=mailbox, retired_at=now, purge_at=now + KEPT)
        for _pk, _domain, _state, _address_id, address, mailbox in found
        if mailbox
    )
    PasswordLink.objects.filter(account_id__in=ids).delete()
    remove_aliases(Alias.objects.filter(account_id__in=ids))
    for model in (AppPassword, CatchAll, Forwarding, GroupMember, MailboxSession, RememberedPassword):
        model.objects.filter(account_id__in=ids).delete()
    EmailAccount.objects.filter(pk__in=ids).update(
        state=State.SLOT,
        domain=None,
        address=None,
        first_name="",
        last_name="",
        display_name="",
        password_hash="",
        password_at=None,
        must_change=False,
        expiry_warned=0,
        mailbox_id=None,
        configured_at=None,
        quota=None,
        changed_at=now,
        version=F("version") + 1,
        first_key="",
        last_key="",
        display_key="",
        search_key="",
        configured_key=SLOTS_LAST,
        address_key=Concat(Value(SLOTS_LAST), F("slot_token"), output_field=CharField()),
    )
    Address.objects.filter(pk__in=[address_id for _pk, _domain, _state, address_id, *_rest in found]).delete()
    shifts: Counter[tuple[int | None, str]] = Counter({(None, State.SLOT.value): len(found)})
    for _pk, domain_id, state, *_rest in found:
        shifts[domain_id, state] -= 1
    Tally.shift(service.pk, shifts)
    return set(ids)


def remove_aliases(aliases: QuerySet[Alias]) -> int:
    """Their addresses are free again. Returns how many went."""
    addresses = list(aliases.values_list("address_id", flat=True))
    for start in range(0, len(addresses), AT_ONCE):
        chunk = addresses[start : start + AT_ONCE]
        Alias.objects.filter(address_id__in=chunk).delete()
        Address.objects.filter(pk__in=chunk).delete()
    return len(addresses)


def set_passwords(
    service: Service, hashes: dict[int, str], now: datetime, *, by_owner: bool = False, known: bool = True
) -> set[int]:
    """account id → hash. Links to set a password lapse. Returns the ids of those that were configured.

    `by_owner`: chosen by whoever has the mailbox. `known`: somebody knew the password that it replaces.
    """
    rows = EmailAccount.objects.filter(service=service, pk__in=hashes).exclude(state=State.SLOT)
    accounts = list(rows.only("pk", "password_hash", "version"))
    policy = credentials.policy_of(service)
    if known and policy.history > 1:
        credentials.remember(accounts, policy.history - 1, now)
    for account in accounts:
        account.password_hash, account.changed_at, account.password_at = hashes[account.pk], now, now
        account.must_change, account.expiry_warned = policy.change_first and not by_owner, 0
        account.version += 1
    update_each(accounts, ["password_hash", "changed_at", "version", *PASSWORD_FIELDS])
    ids = {account.pk for account in accounts}
    PasswordLink.objects.filter(account_id__in=ids, used_at=None).delete()
    return ids


# One account: the same, recorded in the activity log.

NOT_CONFIGURED = _("This account is not configured, or its state has changed in the meantime.")


def _refusal(problem: RowProblem | rules.NameRule) -> Refused:
    return Refused(problem, fault_words(problem), field="name")


class Stale(Refused):
    """The account is no longer what its form was opened on."""

    def __init__(self) -> None:
        super().__init__("stale", _("This account has been changed in the meantime."))


def require_unchanged(account: EmailAccount, seen: Seen | None) -> None:
    """Every verb adds one to the version under the service's row: where it is the one that was seen, nothing happened.

    Takes the version in the same statement that compares it.
    """
    if seen is None:
        return
    rows = EmailAccount.objects.filter(pk=account.pk, version=seen.version, mailbox_id=seen.mailbox_id)
    if not rows.update(version=F("version") + 1):
        raise Stale


@transaction.atomic
def configure_one(
    account: EmailAccount, placement: Placement, *, by: Actor, owner: bool, seen: Seen | None = None
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    if placement.name in rules.RESERVED and not owner:
        raise _refusal(rules.NameRule.NAME_RESERVED)
    slot = EmailAccount.objects.filter(pk=account.pk, state=State.SLOT).first()
    if slot is None:
        raise Refused("not-a-slot", _("This slot has been configured or cancelled in the meantime."))
    (answer,) = place(service, [placement], now=timezone.now(), slots=[slot])
    if isinstance(answer, RowProblem):
        raise _refusal(answer)
    record(
        "account.configured",
        actor=by,
        service=service,
        target=placement.address,
        before={"slot": slot.slot_token},
        after=_names(slot),
    )
    account.refresh_from_db()


@transaction.atomic
def change_one(
    account: EmailAccount,
    change: Callable[[Service, Sequence[EmailAccount], datetime], set[int]],
    verb: str,
    *,
    by: Actor,
    seen: Seen | None = None,
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    before = EmailAccount.objects.get(pk=account.pk)
    if not change(service, [account], timezone.now()):
        raise Refused("wrong-state", NOT_CONFIGURED)
    account.refresh_from_db()
    record(
        verb,
        actor=by,
        service=service,
        target=before.shown_address,
        before={"state": before.state},
        after={"state": account.state},
    )


@transaction.atomic
def set_password_of_one(
    account: EmailAccount, password_hash: str, *, by: Actor, seen: Seen | None = None, by_owner: bool = False
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    if not set_passwords(service, {account.pk: password_hash}, timezone.now(), by_owner=by_owner):
        raise Refused("wrong-state", NOT_CONFIGURED)
    account.refresh_from_db()
    record("account.password", actor=by, service=service, target=account.shown_address)


@transaction.atomic
def link_of_one(account: EmailAccount, *, by: Actor, seen: Seen | None = None) -> tuple[str, PasswordLink]:
    """A link with which its person sets the password. Returns its secret, too. Until it is used the account holds the
    hash of a random password that nobody knows."""
    token, hashed, now = PasswordLink.new_token(), hash_of_nothing(), timezone.now()
    service = locked(account.service_id)
    require_unchanged(account, seen)
    mailbox = EmailAccount.objects.values_list("mailbox_id", flat=True).get(pk=account.pk)
    if not mailbox or not set_passwords(service, {account.pk: hashed}, now):
        raise Refused("wrong-state", NOT_CONFIGURED)
    link = PasswordLink.objects.create(
        account=account,
        digest=PasswordLink.digest_of(token),
        mailbox_id=mailbox,
        expires_at=PasswordLink.expiry(now),
    )
    record("account.link", actor=by, service=service, target=account.shown_address)
    return token, link


@transaction.atomic
def set_quota(account: EmailAccount, quota: int | None, *, by: Actor) -> None:
    """MiB; None: the service's, 0: without limit."""
    service = locked(account.service_id)
    before = EmailAccount.objects.select_for_update().get(pk=account.pk)
    if before.is_slot:
        raise Refused("wrong-state", NOT_CONFIGURED)
    if before.quota == quota:
        return
    EmailAccount.objects.filter(pk=account.pk).update(quota=quota, version=F("version") + 1)
    record(
        "account.quota",
        actor=by,
        service=service,
        target=before.shown_address,
        before={"quota": before.quota},
        after={"quota": quota},
    )
    account.refresh_from_db()


@transaction.atomic
def rename_one(
    account: EmailAccount, placement: Placement, *, by: Actor, owner: bool, seen: Seen | None = None
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    fresh = EmailAccount.objects.select_related("domain__name").get(pk=account.pk)
    before = {"address": fresh.shown_address, **_names(fresh)}
    if fresh.is_slot:
        raise Refused("wrong-state", NOT_CONFIGURED)
    now = timezone.now()
    fresh.first_name, fresh.last_name = placement.first_name, placement.last_name
    fresh.display_name, fresh.changed_at = placement.display_name, now
    if placement.address != fresh.address_key:
        if placement.name in rules.RESERVED and not owner:
            raise _refusal(rules.NameRule.NAME_RESERVED)
        (problem,) = readdress(service, [(fresh, placement.name, placement.domain)], now=now)
        if problem:
            raise _refusal(problem)
    fresh.version += 1
    fresh.set_keys(placement.address)
    fresh.save(update_fields=[*NAME_FIELDS, *KEY_FIELDS, "changed_at", "version"])
    after = {"address": placement.address, **_names(fresh)}
    record("account.renamed", actor=by, service=service, target=placement.address, before=before, after=after)
    account.refresh_from_db()


def _names(account: EmailAccount) -> dict[str, str]:
    return {name: getattr(account, name) for name in NAME_FIELDS}
