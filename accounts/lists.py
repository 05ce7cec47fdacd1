"""The list of accounts: search, filters, order and place, all in the address; a page at a time, by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q, QuerySet

from panel.keyset import FIRST, Cursor, Where, beyond

from .choosing import named
from .models import EmailAccount, Tally
from .search import matching

PER_PAGE = 50
SORTS = {"address": "address_key", "name": "display_key", "configured": "configured_key"}
COUNTED = 1000  # matches of a search; more are "more than so many"
TEXT_AT_MOST = 200
NO_DOMAIN = -1


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What the address asks for; what it has and nobody knows is ignored."""

    text: str = ""
    state: str = ""
    domain: int | None = None
    domain_name: str = ""  # as typed
    sort: str = "address"
    descending: bool = False
    where: Where = FIRST

    @classmethod
    def of(cls, service_id: int, parameters: Mapping[str, str]) -> ListQuery:
        """`domain` is a domain's number or, as typed, its name. One that the service has not matches nothing."""
        domain = parameters.get("domain", "").replace("\0", "").strip()
        if not domain or (domain.isascii() and domain.isdigit()):
            return cls._of(parameters)
        found = named(service_id, domain)
        question = cls._of({**parameters, "domain": ""})
        return replace(question, domain=found.pk if found else NO_DOMAIN, domain_name=domain[:TEXT_AT_MOST])

    @classmethod
    def _of(cls, parameters: Mapping[str, str]) -> ListQuery:
        sort, state, domain = (parameters.get(name, "") for name in ("sort", "state", "domain"))
        return cls(
            text=parameters.get("q", "").replace("\0", "").strip()[:TEXT_AT_MOST],
            state=state if state in EmailAccount.State else "",
            domain=int(domain) if domain.isascii() and domain.isdigit() and len(domain) < 19 else None,
            sort=sort.removeprefix("-") if sort.removeprefix("-") in SORTS else "address",
            descending=sort.startswith("-"),
            where=Where.of(parameters),
        )

    @property
    def filtered(self) -> bool:
        return bool(self.text or self.state or self.domain)


@dataclass(frozen=True, slots=True)
class AccountPage:
    accounts: Sequence[EmailAccount]
    total: int  # that match; where a search has more, COUNTED
    more: bool  # a search has more than that
    next: Cursor | None
    previous: Cursor | None
    sort: str  # as `sort_head` wants it


def matches(service_id: int, question: ListQuery) -> QuerySet[EmailAccount]:
    """All accounts that the question asks for, in no order."""
    accounts = EmailAccount.objects.filter(service_id=service_id)
    if question.state:
        accounts = accounts.filter(state=question.state)
    if question.domain:
        accounts = accounts.filter(domain_id=question.domain)
    return accounts.filter(matching(question.text)) if question.text else accounts


def tallies_of(service_id: int, question: ListQuery) -> list[Tally]:
    """Those of the service, and of the domain that is asked for."""
    asked = Q(domain=None) | Q(domain=question.domain) if question.domain else Q(domain=None)
    return list(Tally.objects.filter(asked, service_id=service_id))


def page_of(service_id: int, question: ListQuery, tallies: Sequence[Tally]) -> AccountPage:
    """One page; the total comes from the tallies, except of a search."""
    field = SORTS[question.sort]
    where = question.where
    rising = question.descending is where.backwards
    rows = matches(service_id, question)
    total = rows.order_by()[: COUNTED + 1].count() if question.text else _total(question, tallies)
    if where.place is not None:
        rows = rows.filter(beyond(field, where.place.key, where.place.pk, rising=rising))
    sign = "" if rising else "-"
    found = list(rows.order_by(f"{sign}{field}", f"{sign}id").defer("password_hash")[: PER_PAGE + 1])
    more, found = len(found) > PER_PAGE, found[:PER_PAGE]
    if where.backwards:
        found.reverse()
    first, last = (_cursor(found[0], field), _cursor(found[-1], field)) if found else (None, None)
    previous, following = where.neighbours(first, last, more=more)
    return AccountPage(
        found,
        min(total, COUNTED) if question.text else total,
        more=bool(question.text) and total > COUNTED,
        next=following,
        previous=previous,
        sort=("-" if question.descending else "") + question.sort,
    )


def _cursor(account: EmailAccount, field: str) -> Cursor:
    return Cursor(getattr(account, field), account.pk)


def _total(question: ListQuery, tallies: Sequence[Tally]) -> int:
    return sum(
        tally.count
        for tally in tallies
        if tally.domain_id == question.domain and (not question.state or tally.state == question.state)
    )
