"""Addresses: who has which, and giving one to a slot or to an account."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from domains.models import Domain
from panel.models import Service

from .. import credentials
from ..models import Address, EmailAccount, Tally
from ..preview import RowProblem
from ..writing import update_each
from .locking import State, domains_for_update

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
