"""Lists by key: each page begins behind the last row of the one before it, whatever was added or went meanwhile."""

from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from ninja import Query
from pydantic import BaseModel

from .schemas.base import ID_AT_MOST

LIMIT = 50

Limit = Annotated[int, Query(ge=1, le=200, description="Rows of a page.")]
AfterText = Annotated[str, Query(max_length=320, pattern=r"^[^\x00]*$", description="Key of the last row seen.")]
AfterNumber = Annotated[int | None, Query(ge=0, le=ID_AT_MOST, description="Key of the last row seen.")]


class Page[Item: BaseModel](BaseModel):
    """`next`: the address of the following page, where there is one."""

    items: list[Item]
    next: str | None = None


def page_of[Row: Model, Item: BaseModel](
    request: HttpRequest,
    rows: QuerySet[Row],
    build: Callable[[Row], Item],
    *,
    key: str,
    after: str | int | None,
    limit: int,
    falling: bool = False,
) -> Page[Item]:
    """`key`: a unique field that the list is ordered by (with `__`, of a related row)."""
    if after not in (None, ""):
        rows = rows.filter(**{f"{key}__{'lt' if falling else 'gt'}": after})
    found = list(rows.order_by(f"-{key}" if falling else key)[: limit + 1])
    following = next_address(request, _value(found[limit - 1], key)) if len(found) > limit else None
    return Page(items=[build(row) for row in found[:limit]], next=following)


def next_address(request: HttpRequest, key: object) -> str:
    parameters = {**request.GET.dict(), "after": str(key)}
    return f"{settings.PUBLIC_URL}{request.path}?{urlencode(parameters)}"


def _value(row: Any, key: str) -> Any:
    for name in key.split("__"):
        row = getattr(row, name)
    return row
