"""Aliases that lead in a circle: nobody failed to look, and there is nothing."""

from __future__ import annotations

import pytest

from diagnostics.show.sentences import notes, sentence
from domains.lookup.answers import Failure, Question
from domains.records import Kind
from domains.rules.reasons import Reason
from domains.rules.verdicts import RED, Problem, Status

from .simdns import NS2, Zone, blank_zone, case, domain, green_zone, rrset, split_domain, world

APEX = "example.com."


def circling(name: str, type_: str | None) -> Zone:
    """A zone in order but for `name`, which is an alias of an alias of itself."""
    zone = green_zone()
    if type_ is not None:
        zone.drop(name, type_)
    zone.put(rrset(name, "CNAME", f"a.{APEX}"), rrset(f"a.{APEX}", "CNAME", name))
    return zone


@pytest.mark.parametrize(
    ("name", "type_", "kind"),
    [
        (f"cm1._domainkey.{APEX}", "TXT", Kind.DKIM),
        (f"_dmarc.{APEX}", "TXT", Kind.DMARC),
        (f"_autodiscover._tcp.{APEX}", "SRV", Kind.SRV),
    ],
)
@pytest.mark.parametrize("servfail", [False, True])
def test_a_circle_at_a_record_is_red_and_mended_by_its_fix(name: str, type_: str, kind: Kind, servfail: bool) -> None:
    dns = world(circling(name, type_))
    if servfail:  # as Unbound says it
        dns.fault = lambda q: Failure.SERVFAIL if (q.name, q.type, q.server) == (name, type_, None) else None
    verdict = dns.look(case())[kind]
    assert verdict.status in RED
    dns.fault = lambda question: None
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[kind].status == Status.OK


def test_a_circle_is_named() -> None:
    name = f"cm1._domainkey.{APEX}"
    verdict = world(circling(name, "TXT")).look(case())[Kind.DKIM]
    assert verdict.problems == (Problem.CNAME_WITH_OTHER_DATA,)
    assert (
        "cm1._domainkey.example.com is an alias that leads in a circle"
        in notes("DKIM", verdict.reason, verdict.facts)[0]
    )


def test_a_key_behind_somebody_elses_circle_is_missing() -> None:
    zone = green_zone()
    zone.drop(f"cm1._domainkey.{APEX}", "TXT")
    zone.put(rrset(f"cm1._domainkey.{APEX}", "CNAME", "loop1.other.test."))
    dns = world(zone)
    verdict = dns.look(case())[Kind.DKIM]
    assert verdict.status == Status.MISSING
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[Kind.DKIM].status == Status.OK


def test_a_domain_whose_name_is_an_alias_of_itself_is_mended_by_all_fixes_together() -> None:
    shop = f"shop.{APEX}"
    zone = blank_zone()
    zone.put(rrset(shop, "CNAME", f"a.{APEX}"), rrset(f"a.{APEX}", "CNAME", shop))
    dns = world(zone)
    shop_case = case(domain("shop.example.com"))
    verdicts = dns.look(shop_case)
    assert verdicts[Kind.NS].status == Status.OK
    assert (verdicts[Kind.MX].reason, verdicts[Kind.SPF].reason) == (Reason.ALIAS_CIRCLE, Reason.ALIAS_CIRCLE)
    assert "circle" in sentence(verdicts[Kind.MX].reason, verdicts[Kind.MX].facts)
    fixes = [fix for verdict in verdicts.values() for fix in verdict.fixes]
    dns.everywhere(APEX, lambda zone: zone.publish(fixes))
    assert {verdict.status for verdict in dns.look(shop_case).values()} <= {Status.OK, Status.OFF}


def test_no_fix_takes_away_an_alias_that_only_leads_to_a_circle() -> None:
    zone = blank_zone()
    zone.put(rrset(f"shop.{APEX}", "CNAME", "loop1.other.test."))
    verdict = world(zone).look(case(domain("shop.example.com")))[Kind.MX]
    assert (verdict.status, verdict.reason, verdict.fixes) == (Status.WRONG, Reason.ALIAS_CIRCLE, ())


def test_an_exchanger_in_a_circle_is_an_alias() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "MX", "10 loop1.other.test."))
    assert Problem.MX_IS_CNAME in world(zone).look(case())[Kind.MX].problems
    assert world(zone).look(case(split_domain()))[Kind.MX].problems == (Problem.MX_IS_CNAME,)


def test_a_target_in_a_circle_has_no_address() -> None:
    verdict = world().look(case(split_domain(target="loop1.other.test")))[Kind.TARGET]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, Reason.TARGET_NO_ADDRESS)


def test_a_circle_on_an_own_name_server_that_lags_is_on_its_way_out() -> None:
    name = f"cm1._domainkey.{APEX}"
    dns = world()
    old = circling(name, "TXT")
    dns.servers[NS2].zones[APEX] = old
    dns.zone(APEX).serial = old.serial + 1
    assert dns.look(case(authoritative=True))[Kind.DKIM].status == Status.PROPAGATING


def test_servfail_for_a_record_that_is_right_at_home_stays_unknown() -> None:
    dns = world()
    question = Question(f"cm1._domainkey.{APEX}", "TXT")
    dns.fault = lambda asked: Failure.SERVFAIL if asked == question else None
    assert dns.look(case())[Kind.DKIM].status == Status.UNKNOWN


def test_servfail_for_a_record_that_is_missing_at_home_stays_unknown() -> None:
    zone = green_zone()
    zone.drop(f"cm1._domainkey.{APEX}", "TXT")
    dns = world(zone)
    question = Question(f"cm1._domainkey.{APEX}", "TXT")
    dns.fault = lambda asked: Failure.SERVFAIL if asked == question else None
    assert dns.look(case())[Kind.DKIM].status == Status.UNKNOWN
