"""Own name servers that the question for them does not find, and what is said where nobody found them."""

from __future__ import annotations

import pytest

from diagnostics.judge import CheckInput
from diagnostics.show.sentences import notes, sentence
from domains.lookup.answers import Failure, Question
from domains.records import Kind
from domains.rules.verdicts import Status, Verdict

from .simdns import NS1, NS2, REGISTRY, SimDns, Zone, blank_zone, case, domain, green_zone, rrset, world

APEX = "example.com."
FOREIGN = rrset(APEX, "MX", "10 mail.other.test.")
SILENT = [Failure.SERVFAIL, Failure.TIMEOUT, Failure.REFUSED, Failure.MALFORMED]


def without_ns(failure: Failure = Failure.SERVFAIL, name: str = APEX):
    """The resolvers answer everything but who serves the zone: a load balancer that knows no NS, for one."""
    return lambda question: failure if question[:3] == (name, "NS", None) else None


def look(dns: SimDns, facts: CheckInput | None = None) -> dict[Kind, Verdict]:
    return dns.look(facts or case())


@pytest.mark.parametrize("failure", SILENT)
def test_own_name_servers_are_found_above_where_nobody_gets_the_ns_records(failure: Failure) -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.fault = without_ns(failure)
    verdicts = look(dns)
    assert verdicts[Kind.NS].status == Status.UNKNOWN
    mine = verdicts[Kind.MX]
    assert (mine.status, mine.facts["confirmed"]) == (Status.WRONG, True)
    assert {witness.who for witness in mine.witnesses} == {
        f"ns1.example.com ({NS1})",
        f"ns2.example.com ({NS2})",
        "resolvers",
    }


def test_what_is_mended_at_home_is_propagating_although_nobody_gets_the_ns_records() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.remember((APEX, "MX"), ttl=1200)
    dns.everywhere(APEX, lambda zone: zone.put(green_zone().records[APEX, "MX"]))
    dns.fault = without_ns()
    assert look(dns)[Kind.MX].status == Status.PROPAGATING


def test_a_subdomain_without_ns_answers_is_asked_for_in_the_zone_that_holds_it() -> None:
    dns = world(blank_zone())
    dns.fault = without_ns(name="shop.example.com.")
    mine = look(dns, case(domain("shop.example.com")))[Kind.MX]
    assert (mine.status, mine.facts["confirmed"]) == (Status.MISSING, True)


def test_a_pending_domain_is_proven_although_nobody_gets_the_ns_records() -> None:
    facts = domain(verified=False)
    zone = green_zone(facts)
    dns = world(zone)
    dns.fault = without_ns()
    token = look(dns, case(facts))[Kind.CNAME]
    assert (token.status, token.facts["proof"]) == (Status.OK, True)


def test_name_servers_that_nobody_found_are_not_said_to_be_out_of_reach() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.fault = lambda q: Failure.SERVFAIL if q.type == "NS" or q.server == REGISTRY else None
    verdict = look(dns)[Kind.MX]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "home-not-found")
    assert "could not be found" in sentence(verdict.reason, verdict.facts)
    assert verdict.doubt is not None
    assert verdict.doubt.then.status == Status.WRONG
    (note,) = (
        note for note in notes("MX", verdict.doubt.then.reason, verdict.doubt.then.facts) if "Not confirmed" in note
    )
    assert "could not be found" in note


def test_name_servers_without_an_address_are_not_said_to_be_out_of_reach_either() -> None:
    zone = blank_zone()
    zone.put(rrset(APEX, "NS", "ns.gone.test."))
    zone.drop(f"ns1.{APEX}", "A")
    zone.drop(f"ns2.{APEX}", "A")
    dns = world(zone)
    assert look(dns)[Kind.MX].reason == "home-not-found"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (Failure.TIMEOUT, "no answer came in time"),
        (Failure.REFUSED, "refused to answer"),
        (Failure.FORBIDDEN, "is not public, so it was not asked"),
        (Failure.UNREACHABLE, "cannot be reached"),
    ],
)
def test_why_own_name_servers_did_not_tell_is_said(failure: Failure, words: str) -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.fault = lambda question: failure if question.server in (NS1, NS2) else None
    verdict = look(dns)[Kind.MX]
    assert verdict.reason == "home-unreachable"
    assert words in sentence(verdict.reason, verdict.facts)
    assert verdict.doubt is not None
    (note,) = (
        note for note in notes("MX", verdict.doubt.then.reason, verdict.doubt.then.facts) if "Not confirmed" in note
    )
    assert f"ns1.example.com ({NS1})" in note


def test_of_several_only_those_that_did_not_tell_are_named_as_missing() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.servers[NS1].failure = Failure.TIMEOUT
    doubt = look(dns)[Kind.MX].doubt
    assert doubt is not None
    (note,) = (note for note in notes("MX", doubt.then.reason, doubt.then.facts) if "Not confirmed" in note)
    assert (NS1 in note, NS2 in note) == (True, False)


def test_a_registry_that_does_not_tell_is_not_called_the_domains_own_name_servers() -> None:
    dns = world()
    dns.fault = lambda question: Failure.TIMEOUT if question.server == REGISTRY else None
    verdict = look(dns, case(domain("nobody-has-this.com")))[Kind.NS]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "registry-silent")
    assert "The name servers of com, where" in sentence(verdict.reason, verdict.facts)
    assert verdict.doubt is not None
    assert "the name servers of com" in notes("NS", verdict.doubt.then.reason, verdict.doubt.then.facts)[0]


def test_a_domain_of_which_nothing_is_answered_is_not_looked_for_above() -> None:
    dns = world()
    dns.fault = lambda q: Failure.SERVFAIL if q.server is None and q.name.endswith(APEX) else None
    look(dns)
    assert Question(APEX, "NS", REGISTRY) not in dns.asked


@pytest.mark.parametrize("name", ["shop.example.com", "www.example.com"])
def test_ns_of_a_subdomain_or_alias_tells_the_zone_that_holds_it(name: str) -> None:
    verdict = look(world(blank_zone()), case(domain(name)))[Kind.NS]
    assert verdict.status == Status.OK
    assert [(rr.name, rr.values) for rr in verdict.found] == [(APEX, ("ns1.example.com.", "ns2.example.com."))]


def test_zones_below_are_told_by_their_own_name_servers() -> None:
    zone = blank_zone()
    zone.put(rrset("shop.example.com.", "NS", "ns.other.test."))
    dns = world(zone)
    dns.serve(Zone("shop.example.com."), "203.0.113.2").put(rrset("shop.example.com.", "NS", "ns.other.test."))
    (found,) = look(dns, case(domain("shop.example.com")))[Kind.NS].found
    assert (found.name, found.values) == ("shop.example.com.", ("ns.other.test.",))
