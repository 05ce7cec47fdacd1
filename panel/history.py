"""Reading the activity log: one page by key, narrowed by verb and person, each entry with what changed.

The log is the longest table there is, so no page reads more of it than a part of an index: each verb and each person
has its newest entries there, and a page that asks for several of them merges those.
"""

# ruff: noqa: S608 - statements are made of Django's own
from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from .activity import VERBS
from .fields import FIELDS, VALUES

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from .models import Activity

PER_PAGE = 50
MERGED = (
    100  # verbs and persons whose entries are merged; of more than these, entries are so frequent that they are met
)


@dataclass(frozen=True, slots=True)
class FieldChange:
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
    def of(cls, activities: QuerySet[Activity], params: Mapping[str, str], *, few: bool = False) -> History:
        """`params`: before (a key), verb (a word of VERBS, or the part before its dot), who (part of an address).
        `few`: there are so few entries that they can be read."""
        verb, who, key = params.get("verb", ""), params.get("who", "").strip()[:254], params.get("before", "")
        rows = activities.select_related("organization", "service").order_by("-id")
        if verb not in VERBS and verb not in subjects():
            verb = ""
        paged = key.isdecimal() and len(key) < 19
        if paged:
            rows = rows.filter(id__lt=int(key))
        verbs: list[str | None] = [*verbs_of(verb)] if verb else [None]
        labels: list[str | None] = [*labels_like(activities, who)] if who and not few else [None]
        if few or len(verbs) * len(labels) > MERGED:
            rows = rows.filter(actor_label__icontains=who)
            labels = [None]
        entries = newest([_narrowed(rows, one, label) for one in verbs for label in labels], PER_PAGE + 1)
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


def verbs_of(word: str) -> list[str]:
    """The verb itself, or all that begin with a subject."""
    return [word] if word in VERBS else [verb for verb in VERBS if verb.partition(".")[0] == word]


def _narrowed(rows: QuerySet[Activity], verb: str | None, label: str | None) -> QuerySet[Activity]:
    if verb is not None:
        rows = rows.filter(verb=verb)
    return rows if label is None else rows.filter(actor_label=label)


def newest(several: list[QuerySet[Activity]], many: int) -> list[Activity]:
    """The newest of what any of these finds; each is read by its own index no further than it counts."""
    if len(several) < 2:
        return list(several[0][:many]) if several else []
    parts = [rows.order_by("-id").values("id")[:many].query.sql_with_params() for rows in several]
    union = " UNION ALL ".join(
        f"SELECT id FROM ({sql}) AS part{number}" for number, (sql, _parameters) in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({union}) AS entries ORDER BY id DESC LIMIT {many:d}",
            [parameter for _sql, parameters in parts for parameter in parameters],
        )
        found = [pk for (pk,) in cursor.fetchall()]
    return list(
        several[0].model._default_manager.select_related("organization", "service").filter(pk__in=found).order_by("-id")
    )


def labels_like(activities: QuerySet[Activity], text: str) -> list[str]:
    """Who of those in this log have `text` in their name there, more than MERGED of them at most. An index gives one
    entry of each: what that costs grows with the number of people, not with what they did."""
    first, first_params = _label_after(activities, None)
    next_, next_params = _label_after(activities, "labels.label")
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE labels(label) AS (SELECT ({first}) UNION ALL SELECT ({next_}) FROM labels"
            " WHERE label IS NOT NULL) SELECT label FROM labels WHERE label IS NOT NULL",
            [*first_params, *next_params],
        )
        labels = [label for (label,) in cursor.fetchall()]
    wanted = text.casefold()
    return [label for label in labels if wanted in label.casefold()][: MERGED + 1]


def _label_after(activities: QuerySet[Activity], label: str | None) -> tuple[str, tuple[Any, ...]]:
    rows = activities.order_by("actor_label")
    if label is not None:
        rows = rows.filter(actor_label__gt=RawSQL(label, ()))  # noqa: S611 - a name of ours  # nosec B611
    return rows.values("actor_label")[:1].query.sql_with_params()


def changes(entry: Activity) -> Iterator[FieldChange]:
    """What was there before beside what came after, field by field."""
    for field in dict.fromkeys([*entry.before, *entry.after]):
        before, after = (_text(_worded(field, facts.get(field))) for facts in (entry.before, entry.after))
        yield FieldChange(str(FIELDS.get(field, field)), before, after)


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
