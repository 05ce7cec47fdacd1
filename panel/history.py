"""Reading the activity log: one page by key, narrowed by verb and person, each entry with what changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from .activity import VERBS
from .fields import FIELDS, VALUES

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .models import Activity

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class History:
    entries: list[Activity]
    older: int | None  # key to go on from
    verb: str
    who: str
    before: bool  # not the newest page

    @classmethod
    def of(cls, activities: QuerySet[Activity], params: Mapping[str, str]) -> History:
        """`params`: before (a key), verb (a word of VERBS, or the part before its dot), who (part of an address)."""
        verb, who, key = params.get("verb", ""), params.get("who", "").strip()[:254], params.get("before", "")
        rows = activities.select_related("organization", "service").order_by("-id")
        if verb in VERBS:
            rows = rows.filter(verb=verb)
        elif verb in subjects():
            rows = rows.filter(verb__startswith=f"{verb}.")
        else:
            verb = ""
        if who:
            rows = rows.filter(actor_label__icontains=who)
        paged = key.isdecimal() and len(key) < 19
        if paged:
            rows = rows.filter(id__lt=int(key))
        entries = list(rows[: PER_PAGE + 1])
        more = len(entries) > PER_PAGE
        entries = entries[:PER_PAGE]
        return cls(entries, entries[-1].pk if more else None, verb, who, paged)

    @property
    def filtered(self) -> bool:
        return bool(self.verb or self.who)

    @property
    def verbs(self) -> list[tuple[str, Any]]:
        """For the choice of a verb, in the order of the words."""
        return sorted(VERBS.items(), key=lambda item: str(item[1]))


def subjects() -> set[str]:
    return {verb.partition(".")[0] for verb in VERBS}


def changes(entry: Activity) -> Iterator[Change]:
    """What was there before beside what came after, field by field."""
    for field in dict.fromkeys([*entry.before, *entry.after]):
        before, after = (_text(_worded(field, facts.get(field))) for facts in (entry.before, entry.after))
        yield Change(str(FIELDS.get(field, field)), before, after)


def _worded(field: str, value: Any) -> Any:
    return VALUES.get(field, {}).get(value, value) if isinstance(value, str) else value


def _text(value: Any) -> str:
    """As people read it; nothing for what is not there."""
    match value:
        case None:
            return ""
        case bool():
            return str(_("yes") if value else _("no"))
        case list():
            return ", ".join(map(_text, value))
        case dict():
            return ", ".join(f"{key}: {_text(item)}" for key, item in value.items())
    return str(value)
