"""Lists whose search, order and page stand in the address: `?q=…&sort=-name&page=2`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q, QuerySet
from django.http import HttpRequest

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Listing:
    page: Page[Any]
    text: str
    sort: str  # a key of what can be sorted by, with "-" before it when descending
    filters: Mapping[str, str]

    @property
    def filtered(self) -> bool:
        return bool(self.text or any(self.filters.values()))


def listing(
    request: HttpRequest,
    rows: QuerySet[Any],
    *,
    search: Sequence[str],
    sorts: Mapping[str, str],
    default: str,
    filters: Mapping[str, Mapping[str, Q]] | None = None,
    also: Callable[[str], Q] | None = None,
) -> Listing:
    """One page of `rows`. `search`: look-ups that the text is held against; `also`: what else the text finds, without
    a join, which would make every row of the table wait for others; `sorts`: word in the address → field;
    `filters`: parameter → value → condition. What the address has and nobody knows is ignored."""
    text = request.GET.get("q", "").strip()[:200]
    if text:
        wanted = also(text) if also else Q()
        for lookup in search:
            wanted |= Q(**{lookup: text})
        rows = rows.filter(wanted)
    chosen = {}
    for parameter, values in (filters or {}).items():
        value = request.GET.get(parameter, "")
        chosen[parameter] = value if value in values else ""
        if chosen[parameter]:
            rows = rows.filter(values[value])
    sort = request.GET.get("sort", "")
    if sort.removeprefix("-") not in sorts:
        sort = default
    field = F(sorts[sort.removeprefix("-")])
    order = field.desc(nulls_last=True) if sort.startswith("-") else field.asc(nulls_last=True)
    page = Paginator(rows.order_by(order, "pk"), PER_PAGE).get_page(request.GET.get("page"))
    return Listing(page, text, sort, chosen)
