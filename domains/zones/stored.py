"""Readings of zones as JSON, so that a worker reads and a page plans. Pure.

Data goes by the annotations of its classes: data classes and named tuples of texts, numbers, times, enumerations, and
tuples, sets and mappings of these.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from ..lookup.answers import Answer, Question
from ..records import DomainFacts, PlatformFacts
from ..rrset import RRset


@dataclasses.dataclass(frozen=True, slots=True)
class StoredZone:
    """What a ZoneReading is made of."""

    domain: DomainFacts
    platform: PlatformFacts
    now: datetime
    apex: str
    rrsets: Mapping[tuple[str, str], RRset]
    read: frozenset[str] | None
    existing: frozenset[str]
    published: Mapping[tuple[str, str], RRset]
    answers: Mapping[Question, Answer]
    delegated_at: str | None


def to_json(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if dataclasses.is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
    if isinstance(value, Mapping):
        return [[to_json(key), to_json(one)] for key, one in value.items()]
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(one) for one in value)
    if isinstance(value, (tuple, list)):
        return [to_json(one) for one in value]
    return value


def from_json(hint: Any, data: Any) -> Any:
    """`data` as a value of the type that `hint` says."""
    if isinstance(hint, typing.TypeAliasType):
        return from_json(hint.__value__, data)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        (only,) = (one for one in arguments if one is not types.NoneType)
        return None if data is None else from_json(only, data)
    if origin is tuple:
        if arguments[-1] is Ellipsis:
            return tuple(from_json(arguments[0], one) for one in data)
        return tuple(from_json(one, item) for one, item in zip(arguments, data, strict=True))
    if origin is frozenset:
        return frozenset(from_json(arguments[0], one) for one in data)
    if origin is not None:
        return {from_json(arguments[0], key): from_json(arguments[1], one) for key, one in data}
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        hints = _hints(hint)
        return hint(**{name: from_json(hints[name], one) for name, one in data.items()})
    if issubclass(hint, tuple):
        return hint(*(from_json(one, item) for one, item in zip(_hints(hint).values(), data, strict=True)))
    if issubclass(hint, datetime):
        return hint.fromisoformat(data)
    return hint(data) if issubclass(hint, Enum) else data


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)
