"""Records that prove a domain for another organization: whoever owns the domain is told to remove them."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from diagnostics.show.sentences import notes
from domains.facts import facts
from domains.lookup.answers import Failure, Question
from domains.models import Ownership
from domains.records import DomainFacts, Kind
from domains.rules.verdicts import Status, Verdict
from tests.factories import make_check, make_domain, make_member, make_organization, make_service

from .simdns import SimDns, case, domain, green_zone, rrset, world

APEX = "example.com."
THEIRS = tuple(f"_cm-other{number}" for number in range(6))


def look(dns: SimDns, facts: DomainFacts) -> Verdict:
    return dns.look(case(facts))[Kind.CNAME]


def with_tokens(*names: str, target: str = "verify.platform.test.") -> SimDns:
    zone = green_zone()
    zone.put(*(rrset(f"{name}.{APEX}", "CNAME", target) for name in names))
    return world(zone)


def extra(dns: SimDns) -> set[Question]:
    return {question for question in dns.asked if question.name.startswith(("_cm-other", f"cm-wildcard-probe.{APEX}"))}


@pytest.mark.parametrize("verified", [True, False])
def test_anothers_published_token_is_said_and_turns_nothing_red(verified: bool) -> None:
    dns = with_tokens(THEIRS[1])
    mine = look(dns, domain(verified=verified, others_tokens=THEIRS[:3]))
    assert mine.status == Status.OK
    assert mine.facts["others_tokens"] == (f"{THEIRS[1]}.{APEX}",)
    assert f"{THEIRS[1]}.example.com" in " ".join(notes("CNAME", mine.reason, mine.facts))
    assert not mine.fixes


def test_it_is_said_where_the_domains_own_token_was_removed_after_its_proof() -> None:
    dns = with_tokens(THEIRS[0])
    dns.everywhere(APEX, lambda zone: zone.drop(f"cm1234-check.{APEX}", "CNAME"))
    mine = look(dns, domain(others_tokens=THEIRS[:1]))
    assert mine.status == Status.OFF
    assert mine.facts["others_tokens"] == (f"{THEIRS[0]}.{APEX}",)


def test_who_has_not_published_a_token_learns_of_nobody_elses() -> None:
    dns = with_tokens(THEIRS[0])
    dns.everywhere(APEX, lambda zone: zone.drop(f"cm1234-check.{APEX}", "CNAME"))
    mine = look(dns, domain(verified=False, others_tokens=THEIRS[:1]))
    assert mine.status == Status.MISSING
    assert "others_tokens" not in mine.facts
    assert not extra(dns)


def test_what_does_not_stand_in_the_dns_is_not_said() -> None:
    assert "others_tokens" not in look(with_tokens(), domain(others_tokens=THEIRS[:3])).facts
    everything = with_tokens("*")
    assert "others_tokens" not in look(everything, domain(others_tokens=THEIRS[:3])).facts
    failing = with_tokens(THEIRS[0])
    failing.fault = lambda question: Failure.SERVFAIL if question.name.startswith("_cm-other") else None
    mine = look(failing, domain(others_tokens=THEIRS[:3]))
    assert (mine.status, "others_tokens" in mine.facts) == (Status.OK, False)


def test_no_more_than_five_questions_are_asked_for_them() -> None:
    dns = with_tokens(*THEIRS)
    mine = dns.look(case(domain(verified=False, others_tokens=THEIRS), authoritative=True))[Kind.CNAME]
    assert len(mine.facts["others_tokens"]) == 4
    assert len(extra(dns)) == 5
    alone = with_tokens()
    alone.look(case())
    assert not extra(alone)


@pytest.mark.django_db
def test_the_tokens_of_a_name_are_those_of_other_organizations() -> None:
    mine = make_domain(make_service(), "shop.example")
    assert facts(mine)[0].others_tokens == ()
    gone = Ownership.objects.create(organization=make_organization(), name=mine.name, token="_cm-gone")
    theirs = make_domain(make_service(), "shop.example", pending=True)
    assert facts(mine)[0].others_tokens == (gone.token, theirs.ownership.token)
    assert facts(theirs)[0].others_tokens == (mine.ownership.token, gone.token)


@pytest.mark.django_db
def test_the_pages_name_the_record_and_not_whose_it_is(client: Client) -> None:
    mine = make_domain(make_service(), "shop.example")
    service = make_service(make_organization("zz99999"))
    theirs = make_domain(service, "shop.example", pending=True)
    record = f"{theirs.ownership.token}.shop.example"
    make_check(mine, "CNAME", "ok", facts={"others_tokens": [f"{record}."]})
    client.force_login(make_member(mine.service.organization))
    for page in (
        reverse("diagnostics:domain", args=[mine.service.name, "shop.example"]),
        reverse("diagnostics:change", args=[mine.service.name, "shop.example", "CNAME"]),
    ):
        text = client.get(page).content.decode()
        assert record in text
        assert "can prove the domain again" in text
        assert "zz99999" not in text
        assert theirs.service.name not in text
