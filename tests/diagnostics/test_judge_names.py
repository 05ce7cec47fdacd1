"""Names that are not what they seem: aliases of aliases, wildcards, redirected trees, circles."""

from __future__ import annotations

from domains.lookup.answers import Answer, Failure
from domains.lookup.engine.reading import interpret
from domains.lookup.wire import AA, Message
from domains.records import Kind, Level
from domains.rules.reasons import Reason
from domains.rules.verdicts import RED, Problem, Status

from .simdns import NS2, Fault, blank_zone, case, domain, green_zone, rrset, split_domain, world

APEX = "example.com."
SHOP = f"shop.{APEX}"


def failing(name: str, type_: str, failure: Failure) -> Fault:
    return lambda question: failure if (question.name, question.type) == (name, type_) else None


def test_an_alias_of_an_alias_that_leads_here_is_no_leftover() -> None:
    zone = green_zone()
    zone.put(
        rrset(f"autodiscover.{APEX}", "CNAME", f"mail.{APEX}"),
        rrset(f"autoconfig.{APEX}", "CNAME", f"mail.{APEX}"),
        rrset(f"mail.{APEX}", "CNAME", "autodiscover.platform.test."),
    )
    dns = world(zone)
    for authoritative in (False, True):
        assert dns.look(case(authoritative=authoritative))[Kind.SRV].status == Status.OK


def test_an_alias_of_an_alias_that_leads_elsewhere_is_a_leftover() -> None:
    zone = green_zone()
    zone.put(rrset(f"autodiscover.{APEX}", "CNAME", f"mail.{APEX}"), rrset(f"mail.{APEX}", "CNAME", "mail.other.test."))
    verdict = world(zone).look(case())[Kind.SRV]
    assert (verdict.status, verdict.level) == (Status.WRONG, Level.REQUIRED)


def test_all_fixes_of_a_name_that_lives_by_a_wildcard_mend_it_in_their_order() -> None:
    zone = blank_zone()
    zone.put(
        rrset(f"*.{APEX}", "A", "198.51.100.80"),
        rrset(f"*.{APEX}", "MX", "10 mail.other.test."),
        rrset(f"*.{APEX}", "TXT", '"v=spf1 include:spf.other.test -all"', '"site=1"'),
    )
    dns = world(zone)
    shop = case(domain("shop.example.com"))
    verdicts = dns.look(shop)
    fixes = [fix for verdict in verdicts.values() for fix in verdict.fixes]
    dns.everywhere(APEX, lambda zone: zone.publish(fixes))
    published = dns.zone(APEX).records
    assert {verdict.status for verdict in dns.look(shop).values()} <= {Status.OK, Status.OFF}
    assert published[SHOP, "A"].values == ("198.51.100.80",)
    assert set(published[SHOP, "TXT"].values) == {
        '"v=spf1 include:spf.other.test include:spf.platform.test -all"',
        '"site=1"',
    }


def test_what_stands_below_a_circle_of_aliases_is_judged_all_the_same() -> None:
    zone = blank_zone()
    zone.put(rrset(SHOP, "CNAME", SHOP))
    verdicts = world(zone).look(case(domain("shop.example.com")))
    assert verdicts[Kind.MX].status == Status.WRONG
    assert verdicts[Kind.SRV].status == Status.MISSING


def test_a_redirected_tree_is_named_and_nothing_is_to_be_published_in_it() -> None:
    zone = blank_zone()
    zone.put(rrset(f"tree.{APEX}", "DNAME", "other.test."))
    verdicts = world(zone).look(case(domain("shop.tree.example.com", verified=False)))
    for kind in (Kind.CNAME, Kind.MX, Kind.SPF, Kind.DKIM, Kind.SRV):
        verdict = verdicts[kind]
        assert (verdict.status in RED, verdict.reason, verdict.fixes) == (True, "under-dname", ())
        assert (verdict.facts["name"], verdict.facts["target"]) == (f"tree.{APEX}", "other.test.")


def test_an_alias_that_a_dname_made_up_says_so() -> None:
    name = f"a.tree.{APEX}"
    records = [(f"tree.{APEX}", "DNAME", 60, "other.test."), (name, "CNAME", 60, "a.other.test.")]
    answer = interpret(
        Message(id=0, flags=AA, rcode=0, question=None, answer=records, authority=[], additional=[]),
        name,
        "CNAME",
        authoritative=True,
    )
    assert isinstance(answer, Answer)
    assert (answer.values, answer.dname) == (("a.other.test.",), True)


def test_a_target_may_be_an_address_unless_it_is_one_of_ours() -> None:
    for target, status in (
        ("198.51.100.25", Status.OK),
        ("198.51.100.25:2525", Status.OK),
        ("2001:db8:1::25", Status.OK),
        ("[2001:db8:1::25]:2525", Status.OK),
        ("192.0.2.11", Status.WRONG),
    ):
        facts = split_domain(target=target)
        assert world(green_zone(facts)).look(case(facts))[Kind.TARGET].status == status, target


def test_an_alias_into_a_zone_that_the_resolvers_have_no_part_in_is_a_leftover() -> None:
    zone = green_zone()
    zone.put(rrset(f"autodiscover.{APEX}", "CNAME", "autodiscover.elsewhere.test."))
    for failure, status in ((Failure.REFUSED, Status.WRONG), (Failure.TIMEOUT, Status.UNKNOWN)):
        dns = world(zone)
        dns.fault = failing(f"autodiscover.{APEX}", "A", failure)
        assert dns.look(case())[Kind.SRV].status == status


def test_the_other_systems_hosts_need_not_be_known_to_the_resolvers() -> None:
    facts = split_domain()
    zone = green_zone(facts)
    zone.put(rrset(APEX, "MX", "10 mx.elsewhere.test."))
    for failure, status in ((Failure.REFUSED, Status.OK), (Failure.SERVFAIL, Status.UNKNOWN)):
        dns = world(zone)
        dns.fault = failing("mx.elsewhere.test.", "A", failure)
        assert dns.look(case(facts))[Kind.MX].status == status


def test_a_record_open_to_the_world_is_wrong_whatever_its_includes_say() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 include:spf.elsewhere.test +all"'))
    dns = world(zone)
    dns.fault = failing("spf.elsewhere.test.", "TXT", Failure.REFUSED)
    verdict = dns.look(case())[Kind.SPF]
    assert (verdict.status, verdict.reason) == (Status.WRONG, "spf-plus-all")
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[Kind.SPF].status == Status.OK


def test_name_servers_that_give_addresses_by_place_do_not_disagree() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 a include:spf.platform.test -all"'))
    dns = world(zone)
    dns.zone(APEX, NS2).put(rrset(APEX, "A", "203.0.113.80"))
    verdict = dns.look(case(authoritative=True))[Kind.NS]
    assert (verdict.status, verdict.doubt) == (Status.OK, None)


def test_a_subdomains_record_with_the_zones_name_twice_is_recognised() -> None:
    zone = blank_zone()
    zone.put(rrset(f"_dmarc.{SHOP}{APEX}", "TXT", '"v=DMARC1; p=none"'))
    dns = world(zone)
    verdict = dns.look(case(domain("shop.example.com")))[Kind.DMARC]
    assert verdict.problems == (Problem.NAME_DOUBLED,)
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert (f"_dmarc.{SHOP}{APEX}", "TXT") not in dns.zone(APEX).records


def test_a_name_that_holds_other_records_is_not_asked_to_be_an_alias_too() -> None:
    zone = green_zone()
    for label in ("autodiscover", "autoconfig"):
        zone.drop(f"{label}.{APEX}", "CNAME")
        zone.put(rrset(f"{label}.{APEX}", "TXT", '"note"'))
    verdict = world(zone).look(case())[Kind.SRV]
    assert (verdict.status, verdict.fixes, verdict.advice) == (Status.OK, (), (Problem.CNAME_WITH_OTHER_DATA,))


def test_a_wildcard_that_leads_to_the_verification_host_proves_nothing() -> None:
    zone = green_zone(domain(verified=False))
    zone.drop(f"cm1234-check.{APEX}", "CNAME")
    zone.put(rrset(f"*.{APEX}", "CNAME", "verify.platform.test."))
    dns = world(zone)
    pending = case(domain(verified=False))
    verdict = dns.look(pending)[Kind.CNAME]
    assert (verdict.status, verdict.reason) == (Status.MISSING, Reason.CNAME_BY_WILDCARD)
    assert "proof" not in verdict.facts
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    verdict = dns.look(pending)[Kind.CNAME]
    assert (verdict.status, verdict.facts["proof"]) == (Status.OK, True)


def test_a_token_is_no_proof_while_a_wildcard_may_have_made_it_up() -> None:
    zone = green_zone(domain(verified=False))
    dns = world(zone)
    dns.fault = lambda question: Failure.TIMEOUT if "wildcard-probe" in question.name else None
    verdict = dns.look(case(domain(verified=False)))[Kind.CNAME]
    assert verdict.status == Status.UNKNOWN
    assert not verdict.facts.get("proof")
    dns.fault = lambda question: (
        Failure.SERVFAIL if "wildcard-probe" in question.name and question.server is None else None
    )
    assert dns.look(case(domain(verified=False)))[Kind.CNAME].facts["proof"] is True


def test_once_proven_a_wildcard_in_the_tokens_place_is_nothing_to_worry_about() -> None:
    zone = green_zone()
    zone.drop(f"cm1234-check.{APEX}", "CNAME")
    zone.put(rrset(f"*.{APEX}", "CNAME", "verify.platform.test."))
    assert world(zone).look(case(authoritative=True))[Kind.CNAME].status in (Status.OK, Status.OFF)


def test_service_records_at_the_tokens_name_leave_no_room_for_it_either() -> None:
    facts = domain(verified=False)
    zone = green_zone(facts)
    zone.drop(f"cm1234-check.{APEX}", "CNAME")
    zone.put(rrset(f"cm1234-check.{APEX}", "SRV", "0 0 443 mail.other.test."))
    dns = world(zone)
    verdict = dns.look(case(facts))[Kind.CNAME]
    assert verdict.problems == (Problem.CNAME_WITH_OTHER_DATA,)
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case(facts))[Kind.CNAME].status == Status.OK
