"""What the pages of accounts need in their templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.translation import gettext_lazy as _

from .. import shown as shown_module
from .. import words as words_module
from ..passwords import Policy
from ..words import fault_words, place_words, rule_list

DELIMITERS = {",": _("comma"), ";": _("semicolon"), "\t": _("tab"), "|": _("vertical bar"), ":": _("colon"), "^": "^"}

register = template.Library()
register.filter("shown", shown_module.shown)
register.filter("change_words", words_module.change_words)
register.filter("remark_words", words_module.remark_words)


@register.filter
def words(fault: list[Any] | str) -> str:
    """The sentence of a fault ([code, field, facts]) or of an advice (a code)."""
    return fault_words(fault) if isinstance(fault, str) else fault_words(fault[0], fault[2])


@register.filter
def field_words(field: str) -> str:
    return place_words(field)


@register.filter
def delimiter_words(delimiter: str) -> str:
    return str(DELIMITERS.get(delimiter, delimiter))


register.filter("count_words", words_module.count_words)
register.filter("encoding_words", words_module.encoding_words)


@register.simple_tag
def rule_words(rule: str, facts: dict[str, Any]) -> str:
    return fault_words(rule, facts)


@register.inclusion_tag("accounts/_password_rules.html")
def first_rules(policy: Policy) -> dict[str, Any]:
    """The rules while nothing is typed."""
    return {"rules": rule_list("", ("", ""), policy)}
