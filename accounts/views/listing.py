from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.contrib.auth.decorators import login_required
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render

from domains.models import Domain
from panel.access import require, service_for
from panel.activity import record
from panel.history import History
from panel.models import Role, Service

from .. import aliases, app_passwords, choosing, credentials, trigrams, usage
from ..access import account_for
from ..lists import ListQuery, matches, page_of, tallies_of
from ..models import Alias, BulkRow, EmailAccount, Order
from ..shown import shown
from ..tables import csv_line
from .orders import under_way
from .parts import render_part

RUNS_OF_AN_ACCOUNT = 100  # the latest ones, in its history
EXPORT_HEADING = (
    "E-mail address",
    "First name",
    "Last name",
    "Display name",
    "State",
    "Account to configure",
    "Aliases",
)


@login_required
def account_list(request: HttpRequest, service_name: str) -> HttpResponse:
    """Slots and accounts. The number of queries does not depend on how many there are."""
    service = service_for(request.user, service_name, also=["password_policy"])
    role = require(request.user, service.organization)
    question = ListQuery.of(service.pk, request.GET.dict())
    tallies = tallies_of(service.pk, question)
    counts = {tally.state: tally.count for tally in tallies if tally.domain_id is None}
    states = [(state.value, state.label, counts.get(state.value, 0)) for state in EmailAccount.State]
    domains, many_domains = choosing.listed(service.pk)
    page = page_of(service.pk, question, tallies)
    usage.attach(service, page.accounts)
    aliases.attach(page.accounts)
    credentials.attach(service, page.accounts)
    context = {
        "service": service,
        "tab": "accounts",
        "role": role,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "question": question,
        "page": page,
        "states": states,
        "all": sum(counts.values()),
        "slots": counts.get(EmailAccount.State.SLOT, 0),
        "inside": trigrams.available(),
        "domains": domains,
        "many_domains": many_domains,
        "domain_name": question.domain_name or _name_of(question, domains) if many_domains else "",
        "waiting": list(Order.objects.filter(service=service, state=Order.State.REQUESTED)[:5]),
        "under_way": under_way(service),
    }
    return render_part(request, "accounts/list.html", "accounts", context)


def _name_of(question: ListQuery, domains: Sequence[Domain]) -> str:
    """The name of the domain whose number the address has."""
    if question.domain is None:
        return ""
    known = {domain.pk: domain.name.unicode for domain in domains}
    if question.domain in known:
        return known[question.domain]
    found = Domain.objects.select_related("name").filter(pk=question.domain).first()
    return found.name.unicode if found else ""


@login_required
def domain_names(request: HttpRequest, service_name: str) -> HttpResponse:
    """Names of domains that hold what is being typed, for the field that chooses one."""
    service = service_for(request.user, service_name)
    verified = "target" in request.GET or "verified" in request.GET
    text = request.GET.get("target") or request.GET.get("domain") or ""
    found = choosing.suggested(service.pk, text, verified=verified)
    return render(request, "accounts/_domain_names.html", {"domains": found})


@login_required
def account(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    """One account: its client settings and what was done to it."""
    found = account_for(request.user, service_name, account_id, also=["password_policy"])
    role = require(request.user, found.service.organization)
    usage.attach(found.service, [found])
    aliases.attach([found])
    credentials.attach(found.service, [found])
    activities = found.service.activities.filter(Q(target=found.shown_address) | Q(pk__in=_entries_of_runs(found)))
    context = {
        "service": found.service,
        "tab": "accounts",
        "account": found,
        "role": role,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "history": History.of(activities, request.GET.dict(), few=True),
        "tries": usage.tries_at(found),
        "devices": app_passwords.devices_of(found),
    }
    return render(request, "accounts/account.html", context)


def _entries_of_runs(account: EmailAccount) -> list[int]:
    """Of runs that did something to the account as it is configured now: a run of many has one entry."""
    rows = BulkRow.objects.filter(account=account, state=BulkRow.State.DONE, mailbox_id=account.mailbox_id)
    entries = rows.exclude(run__entry=None).order_by("-run").values_list("run__entry", flat=True)
    return list(entries[:RUNS_OF_AN_ACCOUNT])


@login_required
def export(request: HttpRequest, service_name: str) -> StreamingHttpResponse:
    """What the list shows, as CSV."""
    service = service_for(request.user, service_name)
    accounts = matches(service.pk, ListQuery.of(service.pk, request.GET.dict()))
    return exported(request, service, accounts)


def exported(request: HttpRequest, service: Service, accounts: QuerySet[EmailAccount]) -> StreamingHttpResponse:
    record("accounts.exported", actor=request.user, service=service)  # type: ignore[arg-type]
    response = StreamingHttpResponse(_lines(accounts), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{service.name}.csv"'
    return response


def _lines(accounts: QuerySet[EmailAccount]) -> Iterator[str]:
    yield "\ufeff" + csv_line(EXPORT_HEADING)
    with_aliases = Prefetch("aliases", Alias.objects.select_related("address__name"))
    for found in accounts.prefetch_related(with_aliases).order_by("address_key", "id").iterator(1000):
        names = [found.first_name, found.last_name, found.display_name]
        further = "; ".join(shown(str(alias)) for alias in found.aliases.all())
        yield csv_line([shown(found.shown_address), *names, found.state, found.slot_address, further])
