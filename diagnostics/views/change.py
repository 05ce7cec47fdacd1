"""The list of changes behind a button, and marking what is there as intended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from domains.access import domain_for
from domains.models import Domain
from domains.records import Kind
from domains.rules.intents import can_be_intended
from domains.rules.verdicts import RED, Status
from panel.access import person, require
from panel.errors import Refused
from panel.models import Role

from ..causes import told
from ..models import Check, CheckChange, Postponement
from ..show import sentences
from ..show.buttons import button
from ..show.changes import snippet
from ..show.records import table_of_check
from ..show.repair_words import rewrites
from ..show.standings import OPTIONAL
from ..show.strip import Strip, StripStep, strip
from ..show.words import KINDS
from .files import zone_of_records
from .table import TableRow, rows_of

GUIDES = frozenset({Kind.CNAME, Kind.MX, Kind.SPF, Kind.DKIM, Kind.SRV, Kind.DMARC})
HISTORY = 10  # changes shown on the page of one check
STRIP_STEPS = 500  # changes of one check that colour its strip


@login_required
def change(request: HttpRequest, service_name: str, domain_name: str, kind: str) -> HttpResponse:
    domain = domain_for(request.user, service_name, domain_name)
    role = require(request.user, domain.service.organization)
    kind = kind_or_404(kind)
    row = rows_of(Domain.objects.filter(pk=domain.pk))[0]
    check = next((check for check in row.domain.checks.all() if check.kind == kind), None)
    context = {
        "service": domain.service,
        "domain": domain,
        "row": row,
        "polled": [domain.pk] if row.looking else [],
        "kind": kind,
        "check": check,
        "explanation": KINDS[Kind(kind)],
        "guide": kind.lower() if kind in GUIDES else "",
        "may_change": role.rank >= Role.TECHNICIAN.rank,
    }
    if check is not None:
        context |= check_context(check, row)
        context |= history_context(domain, check)
    return render(request, "diagnostics/change.html", context)


@require_POST
@login_required
def intended(request: HttpRequest, service_name: str, domain_name: str, kind: str) -> HttpResponse:
    """Mark what is there as intended, with the reason why; `withdraw` takes that back."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    check = Check.objects.filter(domain=domain, kind=kind_or_404(kind)).first()
    if check is None:
        raise Http404
    try:
        if "withdraw" in request.POST:
            check.withdraw_intent(person(request))
        else:
            check.intend(request.POST.get("why", ""), person(request), found=request.POST.get("found", ""))
            messages.success(request, _("Marked as intended until the published records change."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("diagnostics:change", domain.service.name, domain.name.name, check.kind)


@require_POST
@login_required
def postpone(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """Leave the MX out of instructions and zone files for now; `resume` takes that back."""
    domain = domain_for(request.user, service_name, domain_name, at_least=Role.TECHNICIAN)
    if "resume" in request.POST:
        Postponement.resume(domain, person(request))
    else:
        Postponement.put_off(domain, person(request))
    return redirect("diagnostics:change", domain.service.name, domain.name.name, Kind.MX.value)


def kind_or_404(text: str) -> str:
    try:
        return Kind(text.upper()).value
    except ValueError as error:
        raise Http404 from error


def check_context(check: Check, row: TableRow) -> dict[str, Any]:
    """What the page of one check says of it."""
    shown = button(check)
    fixes = check.fixes if not check.intended else []  # nothing is to be done about what is meant so
    all_checks = list(row.domain.checks.all())
    split = row.domain.mode == Domain.Mode.NON_AUTHORITATIVE
    optional = split and check.kind == Kind.SRV  # it would lead the other half's users here
    moves_mail = bool(check.kind == Kind.MX and check.facts.get("moves_mail") and fixes)
    return {
        "button": shown,
        "look": shown.look,
        "says": says_of(check, split=split),
        "follows": sentences.consequence(check.reason, check.facts) if not optional else "",
        "notes": sentences.notes(check.kind, check.reason, check.facts),
        "problems": [sentences.problem(code) for code in check.problems],
        "advice": [sentences.problem(code) for code in check.advice],
        "records": table_of_check(check, zone=zone_of_records(row.domain, all_checks), host=row.dns_host, split=split),
        "fixes": len({(fix["name"], fix["type"]) for fix in fixes}) if not optional else 0,
        "optional": optional and bool(fixes),
        "rewrites": rewrites(check.kind, check.facts) if check.status in RED and not check.intended else [],
        "meant_record": check.facts.get("meant_record", "") if check.status in RED and not check.intended else "",
        "snippet": snippet(fixes),
        "dns_host": row.dns_host,
        "witnesses": check.witnesses[:20],
        "agree": _agree(check),
        "mx_warning": sentences.mx_warning(row.accounts) if moves_mail else "",
        "put_off": moves_mail and Postponement.objects.filter(domain_id=check.domain_id).exists(),
        "intent": check.intent(),
        "can_be_intended": can_be_intended(check.kind, check.status, check.problems),
        "found_print": check.found_print,
    }


def says_of(check: Check, *, split: bool) -> str:
    """The sentence of a check. Of a split domain nothing is said that would lead the other half's users here."""
    if split and check.kind == Kind.SRV and check.status == Status.MISSING and not check.intended:
        return str(OPTIONAL)
    return sentences.sentence(check.reason, check.facts)


def _agree(check: Check) -> int:
    """How many name servers were asked, where all of them say the same."""
    own = [witness for witness in check.witnesses if witness["who"] != "resolvers"]
    said = {tuple(sorted(witness["says"])) for witness in own if not witness.get("failure")}
    return len(own) if len(said) == 1 and not any(witness.get("failure") for witness in own) else 0


def history_context(domain: Domain, check: Check) -> dict[str, Any]:
    changes = CheckChange.objects.filter(domain=domain, kind=check.kind)
    days = strip(
        timezone.now(),
        (check.status, check.level),
        [step for _kind, step in steps_of(changes[:STRIP_STEPS])],
        since=domain.created_at,
        zone=timezone.get_current_timezone(),
    )
    return {
        "days": days,
        "days_said": said_of(days),
        "changes": told(domain, list(changes[:HISTORY])),
        "colours": colours(),
    }


def steps_of(changes: QuerySet[CheckChange]) -> Iterator[tuple[str, StripStep]]:
    """Of changes what colours a strip, each with its kind: without the records before and after, which are long."""
    rows = changes.values_list("kind", "at", "old_status", "old_level", "new_status", "new_level")
    return ((kind, StripStep(at, (was, was_level), (now, level))) for kind, at, was, was_level, now, level in rows)


def said_of(days: Strip) -> str:
    """The strip in words, for who cannot see it."""
    words = _("Last %(days)d days – OK: %(ok)s, propagating: %(wait)s, needs attention: %(red)s of the time.")
    shares = {colour: f"{number_format(f'{days.share(colour):g}')} %" for colour in ("ok", "wait", "red")}
    return words % {"days": len(days.days), **shares}


def colours() -> list[tuple[str, str]]:
    """The legend."""
    return [("ok", _("OK")), ("wait", _("Propagating")), ("red", _("Needs attention")), ("unknown", _("Unknown"))]
