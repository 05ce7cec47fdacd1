"""Words for what pages of diagnostics show."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _

from ..buttons import look_of
from ..models import CheckChange
from ..sentences import sentence, status_word
from ..words import FAILURES

register = template.Library()
MAX = 160


@register.filter
def failure_words(code: str) -> str:
    """Why a server could not be asked."""
    return str(FAILURES.get(code, code))  # type: ignore[call-overload]


@register.filter
def colour_word(status: str, level: str) -> str:
    """A status as people say it; recommended records that fail are advice."""
    if not status:
        return _("new")
    return _("advice") if look_of(status, level) == "advice" else status_word(status)


@register.filter
def what_changed(step: CheckChange) -> str:
    """Why a check changed colour: what appeared, what went, or the sentence of its reason."""
    before = {value for rrset in step.before for value in rrset["values"]}
    after = {value for rrset in step.after for value in rrset["values"]}
    said = [_("%(record)s appeared") % {"record": _short(value)} for value in sorted(after - before)[:2]]
    said += [_("%(record)s went") % {"record": _short(value)} for value in sorted(before - after)[:2]]
    return ", ".join(said) or sentence(step.reason, step.facts).rstrip(".")


def _short(value: str) -> str:
    return value if len(value) <= MAX else value[: MAX - 1] + "…"
