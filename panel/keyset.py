"""Long lists a page at a time, by key: the first page, the one before, the next and the last cost the same however long
the list is, and rows that come or go meanwhile shift nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q, QuerySet


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a list: the value that it is sorted by, as text, and the row's id."""

    key: str
    pk: int

    def __str__(self) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.key, self.pk]).encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Cursor | None:
        try:
            key, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            key.encode()  # fails with a lone surrogate, which no database takes
            known = "\0" not in key and isinstance(pk, int) and 0 <= pk < 2**63
        except (ValueError, TypeError, AttributeError, RecursionError, binascii.Error):
            return None
        return cls(key, pk) if known else None


@dataclass(frozen=True, slots=True)
class Where:
    """Which page an address asks for: the one after a place, before a place, the last one, or else the first."""

    after: Cursor | None = None
    before: Cursor | None = None
    last: bool = False

    @classmethod
    def of(cls, parameters: Mapping[str, str]) -> Where:
        return cls(
            after=Cursor.parse(parameters.get("after", "")),
            before=Cursor.parse(parameters.get("before", "")),
            last=parameters.get("last", "") == "1",
        )

    @property
    def place(self) -> Cursor | None:
        return None if self.last else self.after or self.before

    @property
    def backwards(self) -> bool:
        return self.last or (self.after is None and self.before is not None)

    def neighbours(
        self, first: Cursor | None, last: Cursor | None, *, more: bool
    ) -> tuple[Cursor | None, Cursor | None]:
        """(previous, next) of a page from `first` to `last`, `more` of which lie in the direction that was read."""
        previous = first if (more if self.backwards else self.after is not None) else None
        return previous, None if self.last else last if more or self.backwards else None


FIRST = Where()


@dataclass(frozen=True, slots=True)
class KeysetPage:
    pks: list[int]  # in the order of the list
    previous: Cursor | None
    next: Cursor | None


def page_by_key[Row: Model](
    rows: QuerySet[Row], field: str, where: Where, *, size: int, falling: bool = False, read: Callable[[str], Any] = str
) -> KeysetPage:
    """One page of rows sorted by `field`, then by id. `read` makes the field's value of a cursor's text and raises
    ValueError for what is none: then it is as if no place were given."""
    place, key = where.place, None
    if place is not None:
        try:
            key = read(place.key)
        except ValueError:
            where, place = FIRST, None
    rising = falling is where.backwards
    if place is not None:
        rows = rows.filter(beyond(field, key, place.pk, rising=rising))
    sign = "" if rising else "-"
    found = list(rows.order_by(f"{sign}{field}", f"{sign}pk").values_list("pk", field)[: size + 1])
    more, found = len(found) > size, found[:size]
    if where.backwards:
        found.reverse()
    ends = [Cursor(_text(value), pk) for pk, value in (found[0], found[-1])] if found else [None, None]
    previous, following = where.neighbours(*ends, more=more)
    return KeysetPage([pk for pk, _value in found], previous, following)


def beyond(field: str, key: Any, pk: int, *, rising: bool) -> Q:
    """Rows after a place. The first condition is what an index can use."""
    word = "gt" if rising else "lt"
    return Q(**{f"{field}__{word}e": key}) & (Q(**{f"{field}__{word}": key}) | Q(**{f"pk__{word}": pk}))


def _text(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
