"""Tags that every template may use: a link's query with one thing changed, a field of a form, a sortable heading."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms, template
from django.conf import settings
from django.forms import BoundField
from django.forms.boundfield import BoundWidget
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .. import history, once
from ..activity import VERBS
from ..actors import COMMAND_LINE, SYSTEM
from ..history import FieldChange

if TYPE_CHECKING:
    from ..models import Activity

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


@register.simple_tag(takes_context=True)
def sort_head(context: dict[str, Any], listing: Any, key: str, label: str) -> SafeString:
    """A `<th>` whose link sorts the list by `key`, and the other way round when it is sorted by that already."""
    rising, falling = listing.sort == key, listing.sort == f"-{key}"
    order = "ascending" if rising else "descending" if falling else "none"
    mark = " ▴" if rising else " ▾" if falling else ""
    link = query(context, sort=f"-{key}" if rising else key, page=None, after=None, before=None, last=None)
    return format_html(
        '<th scope="col" aria-sort="{}"><a class="sort" href="{}">{}<span aria-hidden="true">{}</span></a></th>',
        order,
        link,
        label,
        mark,
    )


@register.simple_tag
def trace_link(organization: Any, address: str = "") -> str:
    """Where mail of an organization, an address or a domain can be followed."""
    found: str = import_string(settings.TRACE_LINK)(organization, address)
    return found


@register.simple_tag
def once_token() -> SafeString:
    """For a form that creates or starts something: sent twice, it does it once (see `panel.once`)."""
    return format_html('<input type="hidden" name="{}" value="{}">', once.FIELD, once.new_token())


@register.filter
def as_json(value: object) -> str:
    """JSON for an attribute; the template escapes it."""
    return json.dumps(value)


@register.filter
def control(field: BoundField) -> SafeString:
    """A field's input with Bootstrap's classes; what describes it and that it is wrong, Django adds."""
    widget = field.field.widget
    if isinstance(widget, forms.CheckboxInput):
        name = "form-check-input"
    elif isinstance(widget, forms.Select):
        name = "form-select"
    else:
        name = "form-control"
    own = widget.attrs.get("class", "")
    wrong = " is-invalid" if field.errors else ""
    return field.as_widget(attrs={"class": f"{own} {name}{wrong}".strip()})


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.CheckboxInput)


@register.filter
def is_radio(field: BoundField) -> bool:
    return isinstance(field.field.widget, forms.RadioSelect)


@register.filter
def radios(field: BoundField) -> list[BoundWidget]:
    """One for each choice, with Bootstrap's class."""
    found = list(field.subwidgets)
    for one in found:
        one.data["attrs"]["class"] = "form-check-input"
    return found


@register.filter
def day_or_text(value: object) -> object:
    """A day as people write it; whatever else as it is."""
    return date_format(value) if isinstance(value, date) else value


@register.filter
def deed(entry: Activity) -> Any:
    """What an entry of the activity log says was done."""
    return VERBS.get(entry.verb, entry.verb)


@register.filter
def actor(entry: Activity) -> Any:
    """Who did it: a person's address, the command line, or the panel itself."""
    return {COMMAND_LINE.actor_label: _("command line"), SYSTEM.actor_label: _("the panel")}.get(
        entry.actor_label, entry.actor_label
    )


@register.filter
def changes(entry: Activity) -> list[FieldChange]:
    """Field by field what was there before and what came after."""
    return list(history.changes(entry))
