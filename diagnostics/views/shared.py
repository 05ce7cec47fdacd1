"""The page for whoever runs the DNS: public for who has the link, live, with its own Check again."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from domains.models import Domain
from domains.records import Kind
from domains.rules.verdicts import Status
from panel.limits import allowed
from panel.models import Organization, Service

from ..models import Share
from ..show import sentences
from ..show.buttons import ORDER, button
from ..show.records import progress
from ..sweep import schedule
from .files import file_response, left_out, put_off, records_of, table_of, zone_lines
from .sharing import warning
from .table import rows_of

CHECKS_A_MINUTE = 4  # by one link
CHECKS_OF_A_DOMAIN = 6  # a minute, by all its links together
CHECKS_OF_AN_ORGANIZATION = 300  # an hour, by all links to its domains


@never_cache
def shared(request: HttpRequest, token: str) -> HttpResponse:
    found = _share_or_404(token)
    if found.opened_at is None:
        Share.objects.filter(pk=found.pk).update(opened_at=timezone.now())
    with translation.override(_language(request.GET.get("language", ""), found)):
        if request.GET.get("format") == "zone":
            response = file_response(found.domain)
        else:
            response = render(
                request, "diagnostics/shared.html", _context(found) | {"language": translation.get_language()}
            )
    # The address opens the page: no other site hears of it. With "no-referrer" browsers would send the page's own form
    # without its origin, and it would be refused.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response


@require_POST
@never_cache
def shared_again(request: HttpRequest, token: str) -> HttpResponse:
    found = _share_or_404(token)
    organization = found.domain.service.organization_id
    language = _language(request.POST.get("language", ""), found)
    if (
        allowed("shared-check", found.pk, times=CHECKS_A_MINUTE, seconds=60)
        and allowed("shared-check-domain", found.domain_id, times=CHECKS_OF_A_DOMAIN, seconds=60)
        and allowed("shared-check-organization", organization, times=CHECKS_OF_AN_ORGANIZATION, seconds=3600)
    ):
        schedule.soon(found.domain)
    else:
        with translation.override(language):
            messages.warning(request, _("Too many checks. Wait a minute before you check again."))
    page = reverse("diagnostics:shared", args=[token])
    return redirect(f"{page}?language={language}")


def _language(wanted: str, found: Share) -> str:
    """The one that the reader chose, else that of the letter."""
    return wanted if wanted in dict(settings.LANGUAGES) else found.language or translation.get_language() or "en"


def _share_or_404(token: str) -> Share:
    found = Share.of_token(token)
    if found is None:
        raise Http404
    service = found.domain.service
    if service.state == Service.State.ENDED or service.organization.state == Organization.State.ENDED:
        raise Http404
    return found


def _context(found: Share) -> dict[str, Any]:
    row = rows_of(Domain.objects.filter(pk=found.domain_id))[0]
    domain = row.domain
    later, leave = put_off(domain), left_out(domain)
    checks = sorted(domain.checks.all(), key=lambda check: (check.kind == Kind.MX, ORDER[check.kind]))
    lines = []
    for check in checks:
        if check.status == Status.OFF or check.kind in leave:
            continue
        shown = button(check)
        wanted = shown.look in ("red", "advice") and not check.intended
        lines.append(
            {
                "check": check,
                "button": shown,
                "says": sentences.short(check.status, check.reason, check.facts, intended=check.intended),
                "follows": sentences.consequence(check.reason, check.facts) if wanted else "",
                "notes": sentences.notes(check.kind, check.reason, check.facts) if wanted else [],
            }
        )
    records = table_of(domain, checks, row.dns_host, skip=left_out(domain))
    return {
        "share": found,
        "token": found.token,
        "domain": domain,
        "row": row,
        "lines": lines,
        "open": sum(row.is_open for row in records),
        "dns_host": row.dns_host,
        "mx_warning": warning(domain, checks) if not later else "",
        "records": records,
        "progress": progress(records),
        "zone_lines": zone_lines(records_of(domain, checks)),
        "languages": settings.LANGUAGES,
        "looking": row.looking,
    }
