"""Reading the message trace: one page by key, narrowed by what is in the address of the page.

The table is the longest that there is. Each filter has an index that gives its newest rows; an address that is looked
for as it was written and as it became is two such lists, merged.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from domains.names import to_ascii
from panel.keyset import FIRST, Cursor, KeysetPage, Where, beyond
from panel.models import Organization

from ..models import TracedMessage

PAGE = 50
RELATED = 100  # rows of one message that its page shows
_QUEUE_ID = re.compile(r"[0-9A-Za-z]{5,30}")


@dataclass(frozen=True, slots=True)
class TraceQuestion:
    """`sender` and `recipient`: an address, or a domain for all of it. `ident`: a Message-ID or a queue id."""

    sender: str = ""
    recipient: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ident: str = ""
    state: str = ""

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> TraceQuestion:
        """What cannot be read is as if it were not there."""
        words = {name: _word(parameters.get(name, "")) for name in ("from", "to", "id", "state")}
        return cls(
            sender=_address(words["from"]),
            recipient=_address(words["to"]),
            since=_moment(parameters.get("since", "")),
            until=_moment(parameters.get("until", "")),
            ident=words["id"].strip("<> ")[:250],
            state=words["state"] if words["state"] in TracedMessage.State.values else "",
        )

    @property
    def is_asked(self) -> bool:
        return any((self.sender, self.recipient, self.since, self.until, self.ident, self.state))

    def branches(self, rows: QuerySet[TracedMessage]) -> list[QuerySet[TracedMessage]]:
        if self.since is not None:
            rows = rows.filter(at__gte=self.since)
        if self.until is not None:
            rows = rows.filter(at__lte=self.until)
        if self.state:
            rows = rows.filter(state=self.state)
        if self.sender:
            rows = rows.filter(_at("sender", self.sender))
        if self.ident:
            named = Q(message_id=self.ident)
            rows = rows.filter(named | Q(queue_id=self.ident) if _QUEUE_ID.fullmatch(self.ident) else named)
        if not self.recipient:
            return [rows]
        became = Q(became__gt="") if "@" in self.recipient else Q(became_domain__gt="")  # what the index is of
        return [rows.filter(_at("recipient", self.recipient)), rows.filter(became, _at("became", self.recipient))]


def rows_of(organization: Organization | None) -> QuerySet[TracedMessage]:
    """An organization's own; None: all, for staff."""
    rows = TracedMessage.objects.all()
    return rows if organization is None else rows.filter(organization=organization)


def page_of(
    rows: QuerySet[TracedMessage], question: TraceQuestion, where: Where, *, size: int = PAGE, with_steps: bool = False
) -> tuple[list[TracedMessage], KeysetPage]:
    """The newest first."""
    place, moment = where.place, None
    if place is not None:
        moment = _moment(place.key)
        if moment is None:
            where, place = FIRST, None
    rising, found = where.backwards, set()
    sign = "" if rising else "-"
    for branch in question.branches(rows):
        if place is not None:
            branch = branch.filter(beyond("at", moment, place.pk, rising=rising))
        found |= set(branch.order_by(f"{sign}at", f"{sign}pk").values_list("at", "pk")[: size + 1])
    ordered = sorted(found, reverse=not rising)
    more, ordered = len(ordered) > size, ordered[:size]
    if rising:
        ordered.reverse()
    ends = [Cursor(at.isoformat(), pk) for at, pk in (ordered[0], ordered[-1])] if ordered else [None, None]
    previous, following = where.neighbours(*ends, more=more)
    pks = [pk for _at, pk in ordered]
    whole = TracedMessage.objects.select_related("organization")
    by_pk = (whole if with_steps else whole.defer("steps")).in_bulk(pks)
    return [by_pk[pk] for pk in pks if pk in by_pk], KeysetPage(pks, previous, following)


@dataclass(frozen=True, slots=True)
class TraceStep:
    at: datetime
    state: str
    label: Any
    words: str
    recipient: str
    became: str


def related(rows: QuerySet[TracedMessage], message: TracedMessage) -> list[TracedMessage]:
    """All that these rows tell of the same message: its other recipients, and what was passed on of it."""
    if message.message_id:
        same = rows.filter(message_id=message.message_id)
    elif message.queue_id:
        same = rows.filter(queue_id=message.queue_id, machine=message.machine)
    else:
        return [message]
    found = list(same.order_by("at", "pk")[:RELATED])
    return found if message in found else [message, *found]


def steps_of(messages: list[TracedMessage]) -> list[TraceStep]:
    """One line of time; what is true for several recipients is said once."""
    labels = dict(TracedMessage.State.choices)
    steps: dict[tuple[str, ...], TraceStep] = {}
    for message in messages:
        for at, state, words in message.steps:
            when = datetime.fromisoformat(at)
            accepted = state == TracedMessage.State.ACCEPTED
            key = (at, state, message.queue_id) if accepted else (at, state, words, message.recipient, message.became)
            steps.setdefault(
                key,
                TraceStep(
                    at=when,
                    state=state,
                    label=labels.get(state, state),
                    words=words,
                    recipient="" if accepted else message.recipient,
                    became="" if accepted else message.became,
                ),
            )
    return sorted(steps.values(), key=lambda step: step.at)


def _word(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode().strip()[:320]


def _address(text: str) -> str:
    """As the table has it: lower case, the domain in ASCII, a domain without its @."""
    local, _at, domain = text.strip("<> ").rpartition("@")
    try:
        domain = to_ascii(domain)
    except ValueError:
        domain = domain.lower()
    return f"{local.lower()}@{domain}" if local else domain


def _at(field: str, text: str) -> Q:
    return Q(**{field: text}) if "@" in text else Q(**{f"{field}_domain": text})


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text.strip()[:40])
    except ValueError:
        return None
    if found is None:
        return None
    try:
        return (timezone.make_aware(found) if timezone.is_naive(found) else found).astimezone(UTC)
    except (OverflowError, ValueError):
        return None
