"""What can be done with the domains that are ticked in the list."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.models import Domain
from domains.records import Kind
from domains.views.numbers import number_or_zero
from panel.access import require, service_for
from panel.models import Role

from .again import check_all
from .red import Echo, harmless
from .table import TableRow, rows_of

MOST = 500


@require_POST
@login_required
def selected(request: HttpRequest, service_name: str) -> HttpResponseBase:
    """`d`: the domains that are ticked; `action`: check, export, apply or mode. Whoever may read may export."""
    service = service_for(request.user, service_name)
    action = request.POST.get("action", "")
    if action != "export":
        require(request.user, service.organization, Role.TECHNICIAN)
    pks = sorted({number_or_zero(text) for text in request.POST.getlist("d")[:MOST]} - {0})
    domains = Domain.objects.filter(service=service, pk__in=pks)
    page = redirect(_back(request, service.name))
    if not pks:
        messages.warning(request, _("No domain is ticked."))
        return page
    if action == "export":
        return _csv(domains)
    if action in ("apply", "mode"):
        return redirect(
            reverse(f"domains:{action}_many", args=[service.name]) + "?" + urlencode([("d", pk) for pk in pks])
        )
    if action == "check":
        check_all(request, domains)
    return page


def _back(request: HttpRequest, service_name: str) -> str:
    """The list as it was filtered."""
    query = request.POST.get("query", "")[:1000]
    return reverse("diagnostics:domains", args=[service_name]) + (f"?{query}" if query else "")


def _csv(domains: QuerySet[Domain]) -> StreamingHttpResponse:
    writer = csv.writer(Echo())
    head = [_("domain"), _("mode"), _("target server"), _("state"), _("accounts"), _("last checked")]

    def lines() -> Iterator[Any]:
        yield "\ufeff" + str(writer.writerow([*head, *(kind.value for kind in Kind)]))
        for row in rows_of(domains.order_by("name__name")):
            yield writer.writerow([harmless(cell) for cell in _cells(row)])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="domains.csv"'
    return response


def _cells(row: TableRow) -> list[str]:
    domain = row.domain
    status = {check.kind: "intended" if check.intended else check.status for check in domain.checks.all()}
    return [
        domain.name.unicode,
        domain.mode.replace("_", "-"),
        domain.target,
        domain.state,
        str(row.accounts),
        row.checked_at.isoformat(timespec="seconds") if row.checked_at else "",
        *(status.get(kind.value, "") for kind in Kind),
    ]
