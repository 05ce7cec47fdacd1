"""One lying resolver must not recolour an installation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from diagnostics.models import Check, CheckChange, CheckRun, CircuitBreaker
from diagnostics.notifications import tell_people
from diagnostics.sweep import breakers, schedule, sweep
from domains.models import Domain
from domains.rrset import Fix
from panel.actors import SYSTEM
from panel.models import Organization, Platform
from tests.diagnostics.conftest import PLATFORM_ZONE, fixes_of
from tests.factories import make_contacts, make_domain, make_service, make_user
from tests.letters import delivered
from tests.servers import Knot

pytestmark = pytest.mark.django_db

COUNT = 12  # domains; three required checks of each would turn


@pytest.fixture
def green(asked_at_knot: Knot, platform: Platform) -> list[Domain]:
    """Domains that a sweep has found green."""
    service = make_service(platform=platform)
    domains = [make_domain(service, f"d{number}.example") for number in range(COUNT)]
    asked_at_knot.add_zones({domain.name.name: "" for domain in domains})
    sweep.sweep()
    for domain in domains:
        fixes: list[Fix] = [fix for check in domain.checks.all() for fix in fixes_of(check)]
        asked_at_knot.apply(fixes)
    again()
    breakers.forget()
    CheckChange.objects.all().delete()
    assert not red()
    return domains


def again() -> int:
    """Everything is due, and a look at it is a while ago."""
    CheckRun.objects.update(next_at=timezone.now(), lease="", lease_until=None, asked_at=timezone.now())
    Check.objects.exclude(doubt=None).update(
        doubt={"key": "vanished", "since": (timezone.now() - timedelta(minutes=1)).isoformat()}
    )
    return sweep.sweep()


def red() -> int:
    return Check.objects.filter(level="required", status__in=["wrong", "missing"]).count()


@pytest.fixture
def liar(green: list[Domain], platform: Platform, settings: Any) -> Any:
    """A server that knows the domains' zones, and nothing in them."""
    zones = {"example": "", "mail.example": "", **{domain.name.name: "" for domain in green}}
    with Knot(zones) as server:
        settings.DNS_RESOLVERS = [server.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = server.port
        yield server


def test_what_a_lying_resolver_says_of_everybody_at_once_is_held_and_staff_are_told(liar: Knot) -> None:
    boss = make_user(staff=True)
    again()
    again()
    assert not red()
    assert not CheckChange.objects.filter(new_status__in=["wrong", "missing"]).exists()
    breaker = CircuitBreaker.objects.get()
    assert breaker.state == CircuitBreaker.State.HOLDING
    assert [letter.to for letter in delivered()] == [[boss.email]]


def test_the_brake_stays_while_the_control_names_are_not_answered_and_staff_can_release_it(
    liar: Knot, client: Any
) -> None:
    again()
    again()
    CircuitBreaker.objects.update(pulled_at=timezone.now() - timedelta(hours=1), controls_at=None)
    again()
    breaker = CircuitBreaker.objects.get()
    assert breaker.state == CircuitBreaker.State.HOLDING
    assert set(breaker.controls.values()) == {"missing"}
    assert not red()
    client.force_login(make_user(staff=True))
    assert client.post("/staff/diagnostics/release/").status_code == 302
    again()
    assert red() >= 2 * COUNT


def test_what_really_changed_is_believed_a_while_later_when_the_control_names_are_right(
    liar: Knot, green: list[Domain]
) -> None:
    again()
    again()
    liar.add_zone("mail.example", PLATFORM_ZONE + "\n@ SOA ns1 hostmaster 9 3600 600 1209600 60")
    CircuitBreaker.objects.update(pulled_at=timezone.now() - timedelta(minutes=11), controls_at=None)
    again()
    again()
    assert CircuitBreaker.objects.get().state == CircuitBreaker.State.RELEASED
    assert red() >= 2 * COUNT


def test_a_few_domains_that_turn_red_are_believed(green: list[Domain], asked_at_knot: Knot) -> None:
    asked_at_knot.withdraw("d0.example.", "MX")
    again()
    again()
    assert red() == 1
    assert not CircuitBreaker.objects.exists()


def test_a_green_check_that_meets_a_missing_record_turns_red_only_at_a_second_look(
    green: list[Domain], asked_at_knot: Knot
) -> None:
    domain = green[0]
    asked_at_knot.withdraw("d0.example.", "MX")
    schedule.soon(domain)
    sweep.check_domains([domain.pk])
    assert domain.checks.get(kind="MX").status == "ok"
    due = CheckRun.objects.get(pk=domain.pk).next_at - timezone.now()
    assert due <= timedelta(seconds=35)
    again()
    assert domain.checks.get(kind="MX").status == "missing"


def test_green_checks_of_one_sweep_count_for_the_others() -> None:
    with breakers.GreenTally() as one, breakers.GreenTally() as other:
        assert not one.holds(60, 0)
        assert not other.holds(40, 0)
    with breakers.GreenTally() as next_one:
        assert not next_one.holds(0, 1), "one of a hundred"
        assert next_one.holds(0, 99)
    assert (CircuitBreaker.objects.get().green, CircuitBreaker.objects.get().turning) == (100, 100)


def test_while_the_brake_holds_other_checks_turn_red_as_little_as_green_ones(liar: Knot, green: list[Domain]) -> None:
    Check.objects.filter(domain=green[0], kind="MX").update(status="unknown", reason="failure")
    Check.objects.filter(domain=green[1], kind="MX").update(status="propagating", reason="propagating")
    CheckRun.objects.update(digest="")
    CircuitBreaker.objects.create(green=100, turning=50)
    again()
    again()
    assert not red()


def test_a_look_that_is_held_is_no_second_one_and_nobody_is_told_of_red_meanwhile(
    liar: Knot, green: list[Domain]
) -> None:
    domain = green[0]
    for organization in Organization.objects.all():
        make_contacts(organization, "boss@people.example")
    Check.objects.filter(domain=domain, kind="SPF").update(
        status="missing", reason="spf-missing", changed_at=timezone.now()
    )
    CheckRun.objects.update(digest="")
    CircuitBreaker.objects.create(green=100, turning=50)
    again()  # a first look at what vanished: nothing turns yet
    looked = CheckRun.objects.get(pk=domain.pk).checked_at
    again()
    assert CheckRun.objects.get(pk=domain.pk).checked_at == looked
    assert tell_people() == 0
    CircuitBreaker.objects.get().release(SYSTEM)
    assert tell_people() == 1


def test_other_checks_alone_pull_no_brake() -> None:
    with breakers.GreenTally() as tally:
        assert not tally.holds(10, 0, 500)
    assert not CircuitBreaker.objects.exists()


def test_a_clock_that_was_set_back_keeps_no_brake_on_and_none_off(platform: Platform, monkeypatch: Any) -> None:
    ahead = timezone.now() + timedelta(days=400)
    CircuitBreaker.objects.create(
        green=100, turning=50, state=CircuitBreaker.State.RELEASED, pulled_at=ahead, released_at=ahead
    )
    with breakers.GreenTally() as tally:
        assert tally.holds(100, 50)
    CircuitBreaker.objects.filter(state=CircuitBreaker.State.HOLDING).update(pulled_at=ahead, controls_at=ahead)

    async def good(names: list[str]) -> dict[str, str]:
        return dict.fromkeys(names, "")

    monkeypatch.setattr(breakers, "_ask", good)
    breakers.tend()
    breaker = CircuitBreaker.holding()
    assert breaker is not None
    assert breaker.pulled_at <= timezone.now(), "for its time, counted from now"
    CircuitBreaker.objects.filter(state=CircuitBreaker.State.HOLDING).update(
        pulled_at=timezone.now() - timedelta(minutes=11)
    )
    CircuitBreaker.objects.update(controls_at=None)
    breakers.tend()
    assert CircuitBreaker.holding() is None
