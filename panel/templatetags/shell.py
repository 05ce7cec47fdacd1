"""Tags that every template may use: a link's query with one thing changed, an icon of a status."""

from __future__ import annotations

import json
from typing import Any

from django import template

register = template.Library()


@register.simple_tag(takes_context=True)
def query(context: dict[str, Any], **changes: object) -> str:
    """The present page's query string with `changes`; None or "" takes a key out. Begins with `?`."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            params.pop(key, None)
        else:
            params[key] = str(value)
    return "?" + params.urlencode()


@register.filter
def as_json(value: object) -> str:
    """JSON for an attribute; the template escapes it."""
    return json.dumps(value)
