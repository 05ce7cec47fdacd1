"""The drawing of what an SPF record includes: a worker asks, the page shows it once it is there."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from domains import readings
from domains.access import domain_for
from domains.models import Domain
from domains.records import Kind
from domains.views.waiting import FIELD
from panel.access import person
from panel.limits import allowed

from ..models import Check
from ..show.sentences import problem
from ..show.spf_tree import Branch, drawing

TREES_A_MINUTE = 20  # for one person


@login_required
def spf_tree(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """A partial for htmx, a page for everybody else."""
    domain = domain_for(request.user, service_name, domain_name)
    part = "_spf_tree" if request.htmx else "spf_tree"  # type: ignore[attr-defined]
    context = {"service": domain.service, "domain": domain} | _context(request, domain)
    return render(request, f"diagnostics/{part}.html", context)


def _context(request: HttpRequest, domain: Domain) -> dict[str, Any]:
    organization = domain.service.organization
    check = Check.objects.filter(domain=domain, kind=Kind.SPF).only("found").first()
    # Of another record there is another reading: the drawing shows what the last check found.
    texts = [value for rrset in check.found for value in rrset["values"]] if check is not None else []
    subject = {"name": domain.name.name, "texts": texts}
    reading = readings.shown(request.GET.get(FIELD, ""), "spf", subject, organization)
    if reading is None and not allowed("spf-tree", request.user.pk, times=TREES_A_MINUTE, seconds=60):
        return {"unknown": True}
    if reading is None:
        reading = readings.ask("spf", subject, organization=organization, by=person(request), anew=False)
    if not reading.is_over:
        return {"again": f"{request.path}?{urlencode({FIELD: reading.pk})}"}
    if reading.error:
        return {"unknown": True}
    tree = drawing(readings.result(reading))
    return {"tree": tree, "rows": [(branch, _wrong(branch)) for branch in tree.branches]}


def _wrong(branch: Branch) -> list[str]:
    beyond = [_("beyond the tenth look-up")] if branch.beyond else []
    return [*beyond, *(problem(code) for code in branch.problems)]
