"""Sending a domain's changes to whoever runs its DNS: a letter, and a page that needs no signing in."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from domains.access import domain_for
from domains.models import Domain
from domains.records import Kind
from panel import mail, outbox
from panel.access import person
from panel.activity import record
from panel.limits import allowed
from panel.models import Role
from panel.once import once

from ..models import Check, Postponement, Share
from ..show.sentences import mx_warning
from ..sweep.inputs import configured
from .files import left_out, moves_mail, put_off, records_of, table_of
from .table import dns_host_of

LETTERS_AN_HOUR = 20  # that one person may send
SHOWN = 20


class ShareForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        required=False,
        help_text=gettext_lazy("The DNS administrator. Without an address, only the link is created."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)
    not_yet = forms.BooleanField(
        label=gettext_lazy("Leave the MX out for now (not yet)"),
        required=False,
        help_text=gettext_lazy("The MX moves the domain's mail. Left out, everything else can be made ready first."),
    )


@login_required
@once
def share(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    if request.method == "POST":
        form = ShareForm(request.POST)
        if form.is_valid():
            _share(request, domain, form)
            return redirect("diagnostics:share", domain.service.name, domain.name.name)
    else:
        language = translation.get_language() or settings.LANGUAGE_CODE
        form = ShareForm(initial={"language": language, "not_yet": put_off(domain)})
    checks = list(domain.checks.all())
    return render(
        request,
        "diagnostics/share.html",
        {
            "service": domain.service,
            "domain": domain,
            "form": form,
            "mx_warning": warning(domain, checks),
            "records": table_of(domain, checks, dns_host_of(checks), skip=left_out(domain)),
            "shares": [(one, link_of(one)) for one in domain.shares.select_related("created_by")[:SHOWN]],
        },
    )


@require_POST
@login_required
def revoke(request: HttpRequest, service_name: str, domain_name: str, share_id: int) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    found = Share.objects.filter(domain=domain, pk=share_id).first()
    if found is None:
        raise Http404
    if found.revoke():
        record("instructions.revoked", actor=person(request), service=domain.service, target=domain.name.name)
        messages.success(request, _("The link no longer works."))
    return redirect("diagnostics:share", domain.service.name, domain.name.name)


def link_of(found: Share) -> str:
    return settings.PUBLIC_URL + reverse("diagnostics:shared", args=[found.token])


def _share(request: HttpRequest, domain: Domain, form: ShareForm) -> None:
    if not Share.has_room(domain.service.organization):
        messages.error(
            request, _("This organization has too many active links. Revoke some, or wait for them to expire.")
        )
        return
    email, language = form.cleaned_data["email"], form.cleaned_data["language"]
    if email and not allowed("instructions", request.user.pk, times=LETTERS_AN_HOUR, seconds=3600):
        messages.warning(request, _("Too many letters. Wait a while before you send more, or copy the link."))
        email = ""
    if email and outbox.room(domain.service.organization) <= 0:
        outbox.tell_staff(domain.service.organization)
        messages.warning(request, _("Your organization has reached its daily mail quota: copy the link."))
        email = ""
    if form.cleaned_data["not_yet"]:
        Postponement.put_off(domain, person(request))
    else:
        Postponement.resume(domain, person(request))
    found = Share.objects.create(
        domain=domain, sent_to=email, language=language, created_by=person(request), expires_at=Share.until()
    )
    record(
        "instructions.shared",
        actor=person(request),
        service=domain.service,
        target=domain.name.name,
        after={"to": email, "until": found.expires_at.date().isoformat()},
    )
    if not email:
        messages.success(request, _("The link has been created: copy it below."))
        return
    _post(found, domain)
    if settings.EMAIL_CONFIGURED:
        messages.success(request, _("A letter to %(email)s is on its way.") % {"email": email})
    else:
        messages.success(request, _("This panel sends no mail: copy the link below and send it yourself."))


def _post(found: Share, domain: Domain) -> None:
    with translation.override(found.language):
        checks = list(domain.checks.all())
        subject, body = mail.letter(
            "diagnostics/mail/instructions.txt",
            {
                "domain": domain,
                "organization": domain.service.organization,
                "link": link_of(found),
                "share": found,
                "records": records_of(domain, checks),
                "mx_warning": warning(domain, checks),
                "panel_name": settings.PANEL_NAME,
            },
        )
    outbox.post(
        "instructions",
        found.sent_to,
        subject,
        body,
        organization=domain.service.organization,
        expires_at=found.expires_at,
    )


def warning(domain: Domain, checks: list[Check]) -> str:
    if not moves_mail(checks) or not any(check.kind == Kind.MX and check.fixes for check in checks):
        return ""
    return mx_warning(configured([domain.pk]).get(domain.pk, 0))
