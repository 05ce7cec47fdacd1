"""The footer of a domain, and how a message with it looks."""

from __future__ import annotations

from collections.abc import Collection
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.csp import CSP
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_POST

from panel.access import person, require
from panel.errors import Refused
from panel.forms import carried_out
from panel.models import Role

from ..access import domain_for
from ..footer_changes import FooterContent, of_domain, remove_footer, sample_values, set_footer
from ..footers import HTML_AT_MOST, TEXT_AT_MOST, Filled, filled
from ..models import Footer

# What the meaning of a variable is, for people.
VARIABLES = {
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "display_name": gettext_lazy("display name"),
    "address": gettext_lazy("the address that the message is sent from"),
    "domain": gettext_lazy("its domain"),
}
# The preview is shown in a frame: it runs nothing and has nothing of the panel's.
WITH_FRAME: dict[str, Collection[str]] = {**cast("dict[str, list[str]]", settings.SECURE_CSP), "frame-src": [CSP.SELF]}
OF_PREVIEW: dict[str, Collection[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": ["https:", "http:"],
    "form-action": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.SELF],
    "sandbox": "",
}


class FooterForm(forms.Form):
    active = forms.BooleanField(label=gettext_lazy("Add this footer to messages"), required=False)
    only_outside = forms.BooleanField(
        label=gettext_lazy("Only when a recipient is outside of the domain"),
        required=False,
        help_text=gettext_lazy("One such recipient is enough: all recipients of a message get the same."),
    )
    text = forms.CharField(
        label=gettext_lazy("Text"),
        required=False,
        strip=False,
        max_length=TEXT_AT_MOST,
        help_text=gettext_lazy(
            "For plain text. Left empty, it is made of the HTML. Begin with an empty line for a gap."
        ),
        widget=forms.Textarea(attrs={"rows": 6, "class": "mono"}),
    )
    html = forms.CharField(
        label=gettext_lazy("HTML"),
        required=False,
        max_length=HTML_AT_MOST,
        help_text=gettext_lazy(
            "Left empty, it is made of the text. Scripts, forms, style sheets and what lies over other parts of a "
            "message are taken out when it is saved. Pictures are named by their address (https)."
        ),
        widget=forms.Textarea(attrs={"rows": 10, "class": "mono", "spellcheck": "false"}),
    )

    @property
    def content(self) -> FooterContent:
        data = self.cleaned_data
        return FooterContent(data["text"], data["html"], active=data["active"], only_outside=data["only_outside"])


@csp_override(WITH_FRAME)
@login_required
def footer(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """What is added to messages that leave from the domain."""
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    domain = domain_for(request.user, service_name, domain_name, at_least=least)
    role = require(request.user, domain.service.organization)
    now = of_domain(domain)
    initial = {"active": True} if now is None else {name: getattr(now, name) for name in FooterForm.base_fields}
    form = FooterForm(request.POST or None, initial=initial)

    def change() -> None:
        set_footer(domain, form.content, by=person(request))

    if request.method == "POST" and form.is_valid() and carried_out(form, change):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("domains:footer", service_name, domain_name)
    context = {
        "service": domain.service,
        "domain": domain,
        "name": domain.name.name,
        "unicode": domain.name.unicode,
        "tab": "domains",
        "footer": now,
        "form": form,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "variables": [(f"{{{{{name}}}}}", words) for name, words in VARIABLES.items()],
    }
    return render(request, "domains/footer.html", context, status=400 if form.errors else 200)


@csp_override(OF_PREVIEW)
@xframe_options_sameorigin
@login_required
def footer_preview(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """A message of a sample or a chosen account: with what the form says, else with what is saved."""
    domain = domain_for(request.user, service_name, domain_name)
    stored = of_domain(domain) or Footer()
    source = request.POST if request.method == "POST" else {"text": stored.text, "html": stored.html}
    text, html = str(source.get("text", ""))[:TEXT_AT_MOST], str(source.get("html", ""))[:HTML_AT_MOST]
    shown = Filled("", "")
    refusal = ""
    try:
        values = sample_values(domain, request.POST.get("account", "")[:320])
        shown = filled(text, html, values)
    except Refused as refused:
        refusal = str(refused)
    return render(request, "domains/footer_preview.html", {"shown": shown, "refusal": refusal})


@require_POST
@login_required
def footer_remove(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    try:
        remove_footer(domain, by=person(request))
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The footer is removed: messages leave without one from now on."))
    return redirect("domains:footer", service_name, domain_name)
