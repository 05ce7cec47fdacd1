"""Words for what pages of diagnostics show."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import RequestContext
from django.utils.translation import gettext as _

from ..models import Check, CheckChange
from ..red import MOST, red_domains
from ..show.buttons import look_of
from ..show.changes import Group, before_and_after
from ..show.records import RecordRow
from ..show.sentences import sentence, status_word
from ..show.standings import STANDINGS
from ..show.words import FAILURES

register = template.Library()
MAX = 160


@register.simple_tag(takes_context=True)
def count_red(context: RequestContext) -> dict[str, Any]:
    """How many domains that the reader may see are red, as a number and as it is written."""
    number = red_domains(context["user"]) if "user" in context else 0
    return {"number": number, "written": f"{MOST}+" if number > MOST else str(number)}


@register.filter
def failure_words(code: str) -> str:
    """Why a server could not be asked."""
    return str(FAILURES.get(code, code))  # type: ignore[call-overload]


@register.filter
def expected_values(check: Check) -> list[str]:
    """What should be there, as lines of a name, a type and a value."""
    return [f"{rrset['name']} {rrset['type']} {value}" for rrset in check.expected for value in rrset["values"]][:12]


@register.filter
def colour_word(status: str, level: str) -> str:
    """A status as people say it; recommended records that fail are advice."""
    if not status:
        return _("new")
    return _("advice") if look_of(status, level) == "advice" else status_word(status)


@register.filter
def standing_word(row: RecordRow) -> str:
    """How one record stands, as people say it."""
    return str(STANDINGS[row.standing])


@register.filter
def look_before(step: CheckChange) -> str:
    return look_of(step.old_status, step.old_level) if step.old_status else "off"


@register.filter
def look_after(step: CheckChange) -> str:
    return look_of(step.new_status, step.new_level)


@register.filter
def what_changed(step: CheckChange) -> str:
    """Why a check changed colour: what appeared, what went, or the sentence of its reason."""
    before = {value for rrset in step.before for value in rrset["values"]}
    after = {value for rrset in step.after for value in rrset["values"]}
    said = [_("%(record)s appeared") % {"record": _short(value)} for value in sorted(after - before)[:2]]
    said += [_("%(record)s disappeared") % {"record": _short(value)} for value in sorted(before - after)[:2]]
    return ", ".join(said) or sentence(step.reason, step.facts).rstrip(".")


@register.filter
def sides(step: CheckChange) -> list[Group]:
    """The records before and after a change of colour."""
    return before_and_after(step.before, step.after)


def _short(value: str) -> str:
    return value if len(value) <= MAX else value[: MAX - 1] + "…"
