"""Checks as the red and green buttons: a word, an icon and a colour for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from domains.records import Kind, Level
from domains.rules.verdicts import RED, Status

from ..models import Check
from .sentences import short, status_word
from .words import KINDS

ORDER = {kind.value: index for index, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Button:
    """`look` is the class and the icon: ok, red, propagating, unknown, advice or off."""

    kind: str
    look: str
    stale: bool
    title: str
    word: str
    explanation: str


def look_of(status: str, level: str) -> str:
    """How a check looks. Recommended records that fail are advice, never red."""
    if status in RED:
        return "red" if level == Level.REQUIRED else "advice"
    return str(status)


def button(check: Check) -> Button:
    look = look_of(check.status, check.level)
    title = short(check.status, check.reason, check.facts, intended=check.intended)
    if check.stale_since is not None:
        title = _("%(what)s (last known result; checks have failed since)") % {"what": title}
    return Button(
        kind=check.kind,
        look=look,
        stale=check.stale_since is not None,
        title=title,
        word=word_of(check),
        explanation=str(KINDS[Kind(check.kind)]),
    )


def word_of(check: Check) -> str:
    if check.intended:
        return _("as intended")
    if look_of(check.status, check.level) == "advice":
        return _("advice")
    return status_word(check.status)


def buttons(checks: Iterable[Check], *, every: bool = False) -> list[Button]:
    """In their order. Without `every` the ones that ask for nothing are left out: off, and NS in order."""
    shown = sorted(checks, key=lambda check: ORDER[check.kind])
    return [
        button(check)
        for check in shown
        if every or not (check.status == Status.OFF or (check.kind == Kind.NS and check.status == Status.OK))
    ]
