"""The page of one domain, and its history."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from domains.access import domain_for
from domains.facts import facts
from domains.models import DkimKey, Domain, Zone
from domains.records import Kind, required_records
from domains.rules.verdicts import Status
from domains.views.numbers import number_or_zero
from panel.access import require
from panel.models import Role

from ..causes import told
from ..models import CheckChange
from ..show import sentences
from ..show.buttons import ORDER, button
from ..show.records import progress
from ..show.strip import StripStep, strip
from .change import colours, said_of, says_of, steps_of
from .files import records_of, table_of, zone_lines
from .table import rows_of

PAGE = 50
STRIP_STEPS = 1_000


@login_required
def domain(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name)
    role = require(request.user, domain.service.organization)
    row = rows_of(Domain.objects.filter(pk=domain.pk))[0]
    checks = sorted(row.domain.checks.all(), key=lambda check: ORDER[check.kind])
    buttons = [button(check) for check in checks]
    split = domain.mode == Domain.Mode.NON_AUTHORITATIVE
    lines = [
        {
            "check": check,
            "button": shown,
            "says": says_of(check, split=split) or shown.title,
            "others_tokens": sentences.others_tokens(check.facts) if check.kind == Kind.CNAME else "",
        }
        for check, shown in zip(checks, buttons, strict=True)
    ]
    required = required_records(*facts(row.domain))
    records = table_of(row.domain, checks, row.dns_host, required=required)
    every = domain.ownership.dkim_keys.select_related("name").order_by("-pk")
    keys = list(every.exclude(state=DkimKey.State.WITHDRAWN, hosted=""))  # a hosted one is made anew: its CNAME stays
    states = {key.state for key in keys}
    return render(
        request,
        "diagnostics/domain.html",
        {
            "service": domain.service,
            "domain": domain,
            "row": row,
            "lines": lines,
            "red": sum(shown.look == "red" for shown in buttons),
            "records": records,
            "progress": progress(records),
            "fixable": sum(row.is_open for row in records),
            "zone_lines": zone_lines(records_of(domain, checks, required)),
            "keys": keys,
            "key_waits": DkimKey.State.WAITING in states,
            "hosted": any(key.hosted for key in keys),
            "may_host": domain.zone_id is None and Zone.objects.filter(dkim_of=domain.platform_id).exists(),
            "key_signs": DkimKey.State.ACTIVE in states,
            "polled": [domain.pk] if row.looking else [],
            "cname_awaited": any(check.kind == Kind.CNAME and check.status != Status.OFF for check in checks),
            "may_change": role.rank >= Role.TECHNICIAN.rank,
        },
    )


@login_required
def history(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name)
    changes = CheckChange.objects.filter(domain=domain)
    before = number_or_zero(request.GET.get("before", ""))
    found = list((changes.filter(pk__lt=before) if before else changes)[: PAGE + 1])
    steps: dict[str, list[StripStep]] = {}
    for kind, step in steps_of(changes[:STRIP_STEPS]):
        steps.setdefault(kind, []).append(step)
    now = timezone.now()
    strips = []
    for check in sorted(domain.checks.all(), key=lambda check: ORDER[check.kind]):
        if check.status == Status.OFF and check.kind not in steps:
            continue
        days = strip(
            now,
            (check.status, check.level),
            steps.get(check.kind, []),
            since=domain.created_at,
            zone=timezone.get_current_timezone(),
        )
        strips.append({"kind": check.kind, "days": days, "days_said": said_of(days)})
    return render(
        request,
        "diagnostics/history.html",
        {
            "service": domain.service,
            "domain": domain,
            "changes": told(domain, found[:PAGE]),
            "colours": colours(),
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
            "newest": not before,
            "strips": strips,
        },
    )
