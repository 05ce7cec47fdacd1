"""All red: every required check that is wrong, across services."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from domains.models import Domain
from domains.records import Kind
from panel.access import organization_for, organizations_of, person, require, services_of
from panel.keyset import Where, page_by_key
from panel.models import Organization, Role, Service

from ..models import Check
from ..red import red_checks
from ..show.sentences import sentence, status_word

PAGE = 50
COUNTED = 1_000  # red checks that are counted one by one
MAX_SERVICES = 200  # offered in the filter
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the start of a formula


@login_required
def red(request: HttpRequest) -> HttpResponseBase:
    """Of every organization that the person is a member of; for staff, of the installation."""
    user = person(request)
    own = None if user.is_staff else list(organizations_of(user)[:2])
    return _page(request, services_of(user), own[0] if own and len(own) == 1 else None)


@login_required
def red_everywhere(request: HttpRequest) -> HttpResponseBase:
    if not request.user.is_staff:
        raise Http404
    return _page(request, Service.objects.all(), None)


@login_required
def red_of_organization(request: HttpRequest, code: str) -> HttpResponseBase:
    organization = organization_for(request.user, code)
    return _page(request, Service.objects.filter(organization=organization), organization)


def _page(request: HttpRequest, services: QuerySet[Service], organization: Organization | None) -> HttpResponseBase:
    checks = _filtered(red_checks(services), request)
    if request.GET.get("format") == "csv":
        return _csv(checks)
    page = page_by_key(checks, "changed_at", Where.of(request.GET), size=PAGE, read=_moment)
    count = checks[: COUNTED + 1].count()
    rows = [
        {
            "check": check,
            "domain": check.domain,
            "service": check.domain.service,
            "says": sentence(check.reason, check.facts) or status_word(check.status),
        }
        for check in checks.filter(pk__in=page.pks).order_by("changed_at", "pk")
    ]
    may_change = organization is not None and (require(request.user, organization).rank >= Role.TECHNICIAN.rank)
    return render(
        request,
        "diagnostics/red.html",
        {
            "organization": organization,
            "count": min(count, COUNTED),
            "more": count > COUNTED,
            "page": page,
            "rows": rows,
            "kinds": [kind.value for kind in Kind],
            "modes": Domain.Mode.choices,
            "services": services.order_by("name").values_list("name", flat=True)[:MAX_SERVICES],
            "chosen": request.GET,
            "filtered": any(request.GET.get(key) for key in ("kind", "service", "mode", "since")),
            "may_change": may_change,
        },
    )


def _moment(text: str) -> datetime:
    """Raises ValueError for what is no moment with its offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _filtered(checks: QuerySet[Check], request: HttpRequest) -> QuerySet[Check]:
    asked = request.GET
    if asked.get("kind") in set(Kind):
        checks = checks.filter(kind=asked["kind"])
    if asked.get("service"):
        checks = checks.filter(domain__service__name=asked["service"][:64])
    if asked.get("mode") in Domain.Mode.values:
        checks = checks.filter(domain__mode=asked["mode"])
    if since := _day(asked.get("since", "")):
        checks = checks.filter(changed_at__gte=since)
    return checks


def _day(text: str) -> datetime | None:
    """The start of a day as people choose it; None where it is no day."""
    try:
        day = parse_date(text)
    except ValueError:
        return None
    if day is None:
        return None
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())


class Echo:
    """What csv writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def _csv(checks: QuerySet[Check]) -> StreamingHttpResponse:
    writer = csv.writer(Echo())
    head = [
        _("organization"),
        _("service"),
        _("domain"),
        _("mode"),
        _("check"),
        _("status"),
        _("since"),
        _("reason"),
        _("found"),
    ]

    def lines() -> Iterator[Any]:
        yield "\ufeff" + str(writer.writerow(head))
        for check in checks.order_by("pk").iterator(chunk_size=500):
            yield writer.writerow([harmless(cell) for cell in _cells(check)])

    response = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="red.csv"'
    return response


def _cells(check: Check) -> list[str]:
    service = check.domain.service
    return [
        service.organization.code,
        service.name,
        check.domain.name.unicode,
        check.domain.mode.replace("_", "-"),
        check.kind,
        check.status,
        check.changed_at.isoformat(timespec="seconds"),
        sentence(check.reason, check.facts),
        "; ".join(value for rrset in check.found for value in rrset["values"])[:1000],
    ]


def harmless(cell: str) -> str:
    """What came from the DNS must not become a formula in somebody's spreadsheet."""
    return f"'{cell}" if cell.lstrip(" \n\xa0").startswith(FORMULA) else cell
