"""Attaching a pasted list of names: read, previewed, attached one by one. What is done is done once, so a run that ends
early is just sent again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from panel.errors import Refused

from .keys import new_identity
from .models import Domain, Name
from .models.domains import name_or_refuse, target_or_refuse
from .models.zones import zones_of
from .names import to_unicode
from .usecases import Wish, attach_domain

if TYPE_CHECKING:
    from panel.models import Service, User

    from .models import Zone

MOST = 200  # names of one list
SECONDS = 8.0  # that one request goes on attaching


@dataclass(frozen=True, slots=True)
class PastedName:
    """One name of the list. `error`: why it is not attached; `name` is empty for a text that is none."""

    text: str
    name: str = ""
    zone: Zone | None = None
    error: str = ""
    here: bool = False  # attached to this service already: nothing is left to do

    @property
    def unicode(self) -> str:
        return to_unicode(self.name) if self.name else self.text

    @property
    def is_good(self) -> bool:
        return not self.error and not self.here


@dataclass(frozen=True, slots=True)
class AttachedNames:
    """How far one request came: the domains, the lines that were refused, and the names that are left."""

    domains: tuple[Domain, ...]
    refused: tuple[PastedName, ...]
    left: tuple[str, ...]


def texts_of(pasted: str) -> list[str]:
    """The names as they were pasted, each once: on lines of their own, or between commas, semicolons or spaces."""
    return list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", pasted.strip().lower()))))


def preview(service: Service, texts: Sequence[str], mode: str, target: str) -> list[PastedName]:
    """What would become of each text, in three queries. Raises Refused where mode or target cannot be used at all."""
    target_or_refuse(target, Domain.Mode(mode), service.platform)
    lines = [_read(text) for text in texts]
    names = [line.name for line in lines if line.name]
    zones = zones_of(service.organization, names)
    here = set(Domain.objects.filter(service=service, name__name__in=names).values_list("name__name", flat=True))
    taken = _taken(names, mode)
    seen: set[str] = set()
    shown = []
    for line in lines:
        error, there = line.error, line.name in here
        if line.name and line.name in seen:
            error = _("This name is in the list twice.")
        elif line.name in taken and not there:
            error = _("Another service holds this name in a way that excludes this mode: attach it by itself.")
        seen.add(line.name)
        shown.append(PastedName(line.text, line.name, zones.get(line.name), error, there))
    return shown


def attach(service: Service, names: Iterable[str], mode: str, target: str, actor: User) -> AttachedNames:
    """Attach as many as a request has time for. Raises nothing: a name that is refused is told."""
    began = monotonic()
    left = list(names)
    domains: list[Domain] = []
    refused: list[PastedName] = []
    while left and monotonic() - began < SECONDS:
        name = left.pop(0)
        wish = Wish(name=name, mode=mode, target=target)
        zone = zones_of(service.organization, [name]).get(name)
        try:
            # The target was looked up once, for all of them.
            found, _change = attach_domain(
                service, wish, zone, None, actor=actor, identity=new_identity(), resolves=lambda text: True
            )
        except Refused as refusal:
            if refusal.code != "already-attached":
                refused.append(PastedName(name, name, zone, str(refusal)))
        else:
            domains.append(found)
    return AttachedNames(tuple(domains), tuple(refused), tuple(left))


def _read(text: str) -> PastedName:
    try:
        return PastedName(text, name_or_refuse(text))
    except Refused as refusal:
        return PastedName(text, error=str(refusal))


def _taken(names: Sequence[str], mode: str) -> set[str]:
    """Names that a verified attachment elsewhere excludes."""
    others = Domain.objects.filter(name__in=Name.objects.filter(name__in=names), state=Domain.State.VERIFIED)
    if mode == Domain.Mode.NON_AUTHORITATIVE:
        others = others.filter(mode=Domain.Mode.AUTHORITATIVE)
    return set(others.values_list("name__name", flat=True))
