"""The domains of a service with their red and green buttons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from domains.names import NameRefused, host_to_ascii
from domains.records import Kind, Level
from domains.rules.verdicts import RED, Status
from panel.access import require, service_for
from panel.first_domain import wizard_for
from panel.keyset import Where, page_by_key
from panel.models import Role

from ..models import Check, CheckRun
from ..show.buttons import Button
from ..show.buttons import buttons as buttons_of
from ..show.hosts import DnsHost, host_of
from ..sweep.inputs import configured

PAGE = 50
MAX_POLLED = 100

STATUSES = {
    "red": _("Needs attention"),
    "propagating": _("Propagating"),
    "unknown": _("Unknown"),
    "pending": _("Not verified yet"),
    "green": _("OK"),
}
SORTS = {"name": ("name__name", False), "-name": ("name__name", True), "-attached": ("pk", True)}


@dataclass(frozen=True, slots=True)
class TableRow:
    domain: Domain
    check_run: CheckRun | None
    buttons: list[Button]
    accounts: int
    dns_host: DnsHost | None

    @property
    def looking(self) -> bool:
        """Somebody waits for a look, or nobody has looked yet."""
        return self.check_run is None or self.check_run.pending or self.check_run.checked_at is None

    @property
    def checked_at(self) -> datetime | None:
        return self.check_run.checked_at if self.check_run is not None else None


@login_required
def domains(request: HttpRequest, service_name: str) -> HttpResponse:
    service = service_for(request.user, service_name)
    role = require(request.user, service.organization)
    wizard = wizard_for(request, service, role)
    if wizard is not None:
        return wizard
    text = request.GET.get("q", "").strip()[:253]
    status = request.GET.get("status", "")
    sort = request.GET.get("sort", "name")
    sort = sort if sort in SORTS else "name"
    found = _with_status(_named(Domain.objects.filter(service=service), text), status)
    field, falling = SORTS[sort]
    page = page_by_key(found, field, Where.of(request.GET), size=PAGE, falling=falling)
    # What a row shows is fetched for the rows of the page only: which ones they are is found without it.
    rows = rows_of(Domain.objects.filter(pk__in=page.pks).order_by(("-" if falling else "") + field))
    return render(
        request,
        "diagnostics/domains.html",
        {
            "service": service,
            "tab": "domains",
            "rows": rows,
            "polled": [row.domain.pk for row in rows if row.looking],
            "page": page,
            "text_filter": text,
            "status": status,
            "statuses": STATUSES,
            "sort": sort,
            "filtered": bool(text or status),
            "may_change": role.rank >= Role.TECHNICIAN.rank,
        },
    )


@login_required
def buttons(request: HttpRequest, service_name: str) -> HttpResponse:
    """The buttons of the domains `d`, for a page that waits for looks. Stops asking for more when none is awaited."""
    service = service_for(request.user, service_name)
    polled = (pk for pk in request.GET.getlist("d")[:MAX_POLLED] if pk.isascii() and pk.isdigit() and len(pk) < 19)
    pks = [int(pk) for pk in polled]
    rows = rows_of(Domain.objects.filter(service=service, pk__in=pks).order_by("pk"))
    return render(
        request,
        "diagnostics/_buttons.html#answer",
        {"service": service, "rows": rows, "polled": [row.domain.pk for row in rows if row.looking]},
    )


def rows_of(domains: QuerySet[Domain]) -> list[TableRow]:
    """Each domain with what its row shows, in a constant number of queries."""
    page = list(domains.select_related("name", "zone", "platform", "check_run").prefetch_related("checks"))
    accounts = configured([domain.pk for domain in page])
    return [
        TableRow(
            domain=domain,
            check_run=getattr(domain, "check_run", None),
            buttons=buttons_of(domain.checks.all()),
            accounts=accounts.get(domain.pk, 0),
            dns_host=dns_host_of(domain.checks.all()),
        )
        for domain in page
    ]


def dns_host_of(checks: Sequence[Check] | QuerySet[Check]) -> DnsHost | None:
    """Who hosts the zone, told from the name servers that the last look found."""
    for check in checks:
        if check.kind == Kind.NS:
            return host_of(value for rrset in check.found if rrset["type"] == "NS" for value in rrset["values"])
    return None


def _named(domains: QuerySet[Domain], text: str) -> QuerySet[Domain]:
    if not text:
        return domains
    typed = text.lower().strip(".")
    if not typed.isascii():
        try:
            typed = host_to_ascii(f"{typed}.example").removesuffix(".example")
        except NameRefused:
            return domains.none()
    return domains.filter(name__name__contains=typed)


def _with_status(domains: QuerySet[Domain], status: str) -> QuerySet[Domain]:
    checks = Check.objects.filter(domain=OuterRef("pk"))
    if status == "red":
        return domains.filter(Exists(checks.filter(level=Level.REQUIRED, status__in=list(RED))))
    if status in ("propagating", "unknown"):
        return domains.filter(Exists(checks.filter(status=status)))
    if status == "pending":
        return domains.filter(state=Domain.State.PENDING)
    if status == "green":
        bad = checks.filter(level=Level.REQUIRED).exclude(status__in=[Status.OK, Status.OFF])
        return domains.filter(Exists(checks)).exclude(Exists(bad))
    return domains
