"""The overview: what needs a hand now, and how it goes."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import MONTHS_ALT
from django.utils.translation import override

from diagnostics.models import CheckRun, CircuitBreaker, DayOfColours, EngineReport, Sample
from diagnostics.samples import count_colours, take
from domains.models import Dispute, Domain, ZoneChange
from panel.models import Heartbeat, Letter, Role
from tests.factories import (
    make_check,
    make_domain,
    make_letter,
    make_member,
    make_order,
    make_organization,
    make_service,
    make_tenant,
    make_user,
)

pytestmark = pytest.mark.django_db
PAGE = "/overview/"


def server(**fields: object) -> dict[str, object]:
    counts = {"sent": 10, "answered": 10, "timeouts": 0, "failures": 0, "malformed": 0, "unreachable": 0}
    return {"address": "192.0.2.53", "port": 53, **counts, "seconds": 0.01, "resting": False, **fields}


def report(worker: str, *servers: dict[str, object], **fields: object) -> None:
    now = timezone.now()
    EngineReport.objects.create(
        worker=worker, work="sweep", servers=list(servers), **{"began_at": now, "at": now, "ended_at": now, **fields}
    )


def run(domain: Domain, **fields: object) -> None:
    now = timezone.now()
    invented = {"next_at": now, "checked_at": now, "organization": domain.service.organization}
    CheckRun.objects.update_or_create(domain=domain, defaults={**invented, **fields})


def red(domain: Domain) -> None:
    run(domain, red=1)


def text_of(client: Client, page: str = PAGE) -> str:
    return client.get(page).content.decode()


def test_staff_see_all_that_needs_a_hand(client: Client) -> None:
    tenant = make_tenant()
    client.force_login(make_user(staff=True))
    red(tenant.domain)
    make_order(tenant.service)
    claimant = make_domain(make_service(), tenant.domain.name.name, pending=True)
    Dispute.objects.create(holder=tenant.domain, claimant=claimant)
    ZoneChange.objects.create(zone_name="zone.example", service=tenant.service, plan=[], state="failed")
    make_letter(tenant.organization, state=Letter.State.FAILED, error="550 no such user")
    CircuitBreaker.objects.create(green=20, turning=9)
    report("silent", server(sent=10, answered=1, timeouts=9))

    text = text_of(client)

    for words in (
        "1 domain needs attention",
        "1 order waits for approval",
        "1 dispute over a name is open",
        "The change of zone.example was not applied",
        "1 letter was given up",
        "9 checks would have turned red at once",
        "The resolver 192.0.2.53:53 answers too little",
        "worker",
    ):
        assert words in text, words


def test_owners_see_what_is_theirs_and_nothing_of_others(client: Client) -> None:
    organization = make_organization(contacts=["gone@people.example"])
    service = make_service(organization)
    red(make_domain(service, "ours.example"))
    make_order(service)
    make_letter(organization, recipient="gone@people.example", state=Letter.State.FAILED, error="550 no such user")
    other = make_tenant()
    red(other.domain)
    make_order(other.service)
    ZoneChange.objects.create(zone_name="theirs.example", service=other.service, plan=[], state="failed")
    client.force_login(make_member(organization, Role.OWNER))

    text = text_of(client)

    assert "1 domain needs attention" in text
    assert f"1 order of {service.name} waits for approval by the operator" in text
    assert "The contact gone@people.example cannot be reached" in text
    assert "theirs.example" not in text
    assert other.service.name not in text
    assert "Checks a minute" not in text


def test_a_change_that_was_made_good_later_needs_nobody(client: Client) -> None:
    tenant = make_tenant()
    for state in ("failed", "done"):
        ZoneChange.objects.create(zone_name="zone.example", service=tenant.service, plan=[], state=state)
    client.force_login(tenant.owner)

    assert "was not applied" not in text_of(client)


def test_domains_are_counted_by_colour_for_each_organization() -> None:
    tenant = make_tenant()
    waiting, unknown, bad, new = (make_domain(tenant.service) for _ in range(4))
    for domain in (tenant.domain, waiting, unknown):
        run(domain)
    run(new, checked_at=None)
    make_check(waiting, "MX", "propagating")
    make_check(waiting, "SPF", "unknown")
    make_check(unknown, "MX", "unknown")
    red(bad)
    run(make_domain(make_service()))

    count_colours()
    count_colours()  # written over, not added

    own = DayOfColours.objects.get(organization=tenant.organization)
    assert (own.ok, own.waiting, own.unknown, own.red) == (1, 1, 2, 1)
    everything = DayOfColours.objects.get(organization=None)
    assert (everything.ok, everything.red) == (2, 1)


def test_a_sample_says_how_fast_how_quick_and_how_old(client: Client) -> None:
    now = timezone.now()
    tenant = make_tenant()
    run(tenant.domain, checked_at=now - timedelta(minutes=2))
    run(make_domain(tenant.service), checked_at=now - timedelta(hours=1))
    report("one", server(answered=1, seconds=0.04), server(answered=3, seconds=0.02))
    Sample.objects.create(at=now - timedelta(days=3), checks=1)

    take(now)
    take(now)

    sample = Sample.objects.get()
    assert (sample.checks, sample.milliseconds, sample.oldest) == (1, 25.0, 3600)
    client.force_login(make_user(staff=True))
    assert "25 ms" in text_of(client)


def test_charts_are_written_as_the_reader_s_language_has_it(client: Client) -> None:
    run(make_tenant().domain)
    Sample.objects.create(at=timezone.now(), checks=7)
    client.force_login(make_user(staff=True, language="pl"))

    text = text_of(client)

    assert "1,4" in text
    assert ">0,5</text>" in text
    assert ">0.5</text>" not in text
    with override("pl"):
        months = {str(month) for month in MONTHS_ALT.values()}
    assert set(re.findall(r">\d+ (\w+)</text>", text)) <= months
    assert re.search(r">\d+ \w+</text>", text)


def test_a_resolver_is_one_row_and_the_dead_are_left_out(client: Client) -> None:
    now = timezone.now()
    report("one", server(seconds=0.01))
    report("two", server(seconds=0.03, answered=30, sent=30))
    report("killed", server(address="192.0.2.99"), at=now - timedelta(minutes=2), ended_at=None)
    report("old", server(address="192.0.2.98"), at=now - timedelta(hours=1))
    client.force_login(make_user(staff=True))

    text = text_of(client, reverse("diagnostics:operator"))

    assert text.count('<span class="mono">192.0.2.53:53</span>') == 1
    assert "25.0 ms" in text
    assert "10.0 to 30.0" in text
    assert "192.0.2.99" not in text
    assert "192.0.2.98" not in text


def test_as_many_queries_for_many_as_for_few(client: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    tenant = make_tenant()
    client.force_login(make_user(staff=True))
    Heartbeat.beat("beat")
    red(tenant.domain)
    count_colours()
    client.get(PAGE)
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _ in range(4):
        other = make_tenant()
        red(other.domain)
        make_order(other.service)
        report(f"worker of {other.organization.code}", server())
    count_colours()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)
