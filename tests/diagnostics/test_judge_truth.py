"""The truth table: resolvers and own name servers weighed against each other."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from diagnostics.judge import CheckInput, PreparedInput, judge_prepared
from diagnostics.show.sentences import notes
from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.records import Kind
from domains.rules.verdicts import RED, Problem, Status, Verdict

from .simdns import (
    NEGATIVE_TTL,
    NOW,
    NS1,
    NS2,
    OTHERS,
    REGISTRY,
    TTL,
    SimDns,
    Zone,
    blank_zone,
    case,
    domain,
    green_zone,
    records,
    rrset,
    split_domain,
    world,
)

APEX = "example.com."
FOREIGN = rrset(APEX, "MX", "10 mail.other.test.")
OURS = green_zone().records[APEX, "MX"]


def mx(dns: SimDns, facts: CheckInput | None = None) -> Verdict:
    return dns.look(facts or case())[Kind.MX]


def own_servers_fail(*addresses: str, failure: Failure = Failure.TIMEOUT):
    return lambda question: failure if question.server in addresses else None


# -- right at home, old at the resolvers


def test_a_mended_record_is_propagating_until_the_old_ttl_ends() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.remember((APEX, "MX"), ttl=1200)
    dns.everywhere(APEX, lambda zone: zone.put(OURS))
    verdict = mx(dns)
    assert verdict.status == Status.PROPAGATING
    assert verdict.clears_at == NOW + timedelta(seconds=1200)
    assert verdict.facts["then"] == "mx-foreign"
    assert verdict.found[0].values == FOREIGN.values
    assert verdict.fixes == ()
    assert {witness.who for witness in verdict.witnesses} == {
        f"ns1.example.com ({NS1})",
        f"ns2.example.com ({NS2})",
        "resolvers",
    }


def test_a_record_that_was_not_there_is_propagating_until_the_negative_ttl_ends() -> None:
    dns = world(blank_zone())
    dns.remember((f"_autodiscover._tcp.{APEX}", "SRV"), (APEX, "MX"))
    dns.everywhere(APEX, lambda zone: zone.records.update(green_zone().records))
    verdict = mx(dns)
    assert verdict.status == Status.PROPAGATING
    assert verdict.clears_at == NOW + timedelta(seconds=NEGATIVE_TTL)
    assert dns.look(case())[Kind.SRV].status == Status.PROPAGATING


def test_a_record_that_is_gone_at_home_will_break() -> None:
    dns = world()
    dns.remember((APEX, "MX"), ttl=900)
    dns.everywhere(APEX, lambda zone: zone.drop(APEX, "MX"))
    assert mx(dns).status == Status.OK  # green costs one pass
    verdict = mx(dns, case(authoritative=True))
    assert verdict.status == Status.MISSING
    assert verdict.breaks_at == NOW + timedelta(seconds=900)
    assert verdict.fixes


# -- own name servers that differ


def differing(*, newest: str) -> SimDns:
    """`newest` is right, the other one still has the foreign MX."""
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.zone(APEX, newest).put(OURS)
    dns.zone(APEX, newest).serial += 1
    return dns


@pytest.mark.parametrize("newest", [NS1, NS2])
def test_a_lagging_secondary_is_propagating_and_named(newest: str) -> None:
    verdict = mx(differing(newest=newest), case(authoritative=True))
    assert verdict.status == Status.PROPAGATING
    assert verdict.reason == "lagging"
    lagging = f"ns2.example.com ({NS2})" if newest == NS1 else f"ns1.example.com ({NS1})"
    assert verdict.facts["servers"] == [lagging]
    assert verdict.clears_at is not None
    assert verdict.clears_at > NOW


def test_serials_wrap_around() -> None:
    dns = differing(newest=NS1)
    dns.zone(APEX, NS1).serial = 1
    dns.zone(APEX, NS2).serial = 2**32 - 1
    assert mx(dns, case(authoritative=True)).status == Status.PROPAGATING


def test_the_newest_own_server_that_is_wrong_is_wrong() -> None:
    dns = world()
    dns.zone(APEX, NS1).put(FOREIGN)
    dns.zone(APEX, NS1).serial += 1
    assert mx(dns).status == Status.WRONG
    dns = world()
    dns.zone(APEX, NS2).put(FOREIGN)
    dns.zone(APEX, NS2).serial += 1
    assert mx(dns).status == Status.OK  # the resolvers happen to ask the other one
    assert mx(dns, case(authoritative=True)).status == Status.WRONG


def test_own_servers_that_differ_under_one_serial_are_unknown() -> None:
    dns = world()
    dns.zone(APEX, NS1).put(FOREIGN)
    verdict = mx(dns)
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "servers-differ")


def test_name_servers_that_disagree_for_long_turn_ns_red() -> None:
    dns = differing(newest=NS1)
    verdict = dns.look(case(authoritative=True))[Kind.NS]
    assert verdict.status == Status.PROPAGATING
    assert verdict.doubt is not None
    assert verdict.doubt.wait == 7200 + 900
    assert verdict.doubt.then.status == Status.WRONG
    assert verdict.doubt.then.problems == (Problem.NS_DISAGREE,)
    assert verdict.doubt.then.fixes == ()
    dns.zone(APEX, NS2).serial += 1  # it moves on: another doubt
    other = dns.look(case(authoritative=True))[Kind.NS].doubt
    assert other is None or other.key != verdict.doubt.key


def test_serials_alone_are_no_disagreement() -> None:
    dns = world()
    dns.zone(APEX, NS2).serial = 77
    assert dns.look(case(authoritative=True))[Kind.NS].status == Status.OK


# -- own name servers that cannot be reached


def test_red_at_the_resolvers_alone_is_unknown_until_a_second_look_after_the_ttl() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.fault = own_servers_fail(NS1, NS2)
    verdict = mx(dns)
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "home-unreachable")
    assert verdict.doubt is not None
    assert verdict.doubt.wait >= TTL
    then = verdict.doubt.then
    assert (then.status, then.facts["confirmed"]) == (Status.WRONG, False)
    assert then.fixes
    again = mx(dns).doubt
    assert again is not None
    assert again.key == verdict.doubt.key


def test_missing_at_the_resolvers_alone_waits_for_the_negative_ttl() -> None:
    dns = world(blank_zone())
    dns.fault = own_servers_fail(NS1, NS2, failure=Failure.FORBIDDEN)
    doubt = mx(dns).doubt
    assert doubt is not None
    assert doubt.wait == NEGATIVE_TTL
    assert doubt.then.status == Status.MISSING


def test_own_servers_that_cannot_be_reached_leave_green_green() -> None:
    dns = world()
    dns.fault = own_servers_fail(NS1, NS2)
    verdicts = dns.look(case(authoritative=True))
    assert {kind for kind, v in verdicts.items() if v.status not in (Status.OK, Status.OFF)} == set()


@pytest.mark.parametrize("dead", [Failure.TIMEOUT, Failure.LAME, Failure.REFUSED, Failure.UNREACHABLE])
def test_a_dead_secondary_does_not_hide_what_the_primary_says(dead: Failure) -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.servers[NS2].failure = dead
    verdicts = dns.look(case())
    assert verdicts[Kind.MX].status == Status.WRONG
    lame = dead in (Failure.LAME, Failure.REFUSED)
    assert verdicts[Kind.NS].status == Status.OK
    assert verdicts[Kind.NS].advice == ((Problem.NS_LAME,) if lame else ())


def test_while_the_primary_is_silent_secondaries_confirm_nothing_at_once() -> None:
    zone = green_zone()
    zone.put(FOREIGN)
    dns = world(zone)
    dns.servers[NS1].failure = Failure.TIMEOUT
    verdict = mx(dns)
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "not-settled")
    assert verdict.doubt is not None
    assert verdict.doubt.then.status == Status.WRONG


def test_a_secondary_that_lags_behind_a_silent_primary_does_not_turn_green_red() -> None:
    dns = world()
    dns.remember((APEX, "MX"))
    dns.zone(APEX, NS2).put(FOREIGN)
    dns.servers[NS1].failure = Failure.TIMEOUT
    assert mx(dns, case(authoritative=True)).status == Status.OK


# -- failures


@pytest.mark.parametrize("failure", list(Failure))
def test_no_failure_of_the_resolvers_is_a_verdict(failure: Failure) -> None:
    dns = world(blank_zone())
    dns.fault = lambda question: failure
    verdicts = dns.look(case())
    assert {v.status for kind, v in verdicts.items() if kind != Kind.TARGET} == {Status.UNKNOWN}
    mine = verdicts[Kind.MX]
    assert (mine.reason, mine.facts["failure"], mine.facts["name"]) == ("failure", str(failure), APEX)


def test_one_question_that_fails_is_unknown_beside_others_that_are_judged() -> None:
    dns = world()
    dns.fault = lambda question: Failure.SERVFAIL if question.type == "MX" else None
    verdicts = dns.look(case())
    assert verdicts[Kind.MX].status == Status.UNKNOWN
    assert verdicts[Kind.SPF].status == Status.OK


# -- the zone


def test_a_name_that_nobody_has_is_red_at_ns_and_unknown_elsewhere() -> None:
    dns = world()
    verdicts = dns.look(case(domain("nobody-has-this.com")))
    ns = verdicts[Kind.NS]
    assert (ns.status, ns.problems, ns.fixes) == (Status.MISSING, (Problem.NS_NOT_DELEGATED,), ())
    assert ns.facts["zone"] == "com"
    assert {v.status for kind, v in verdicts.items() if kind not in (Kind.NS, Kind.TARGET)} == {Status.UNKNOWN}
    assert verdicts[Kind.MX].reason == "see-ns"


def test_a_name_that_was_just_delegated_is_propagating() -> None:
    dns = world()
    for type_ in ("NS", "MX", "TXT"):
        dns.cached[APEX, type_] = Answer(nxdomain=True, zone="com.", negative_ttl=600)
    verdicts = dns.look(case())
    assert verdicts[Kind.NS].status == Status.PROPAGATING
    assert verdicts[Kind.NS].clears_at == NOW + timedelta(seconds=600)
    assert verdicts[Kind.MX].status == Status.PROPAGATING


def test_no_such_name_from_resolvers_alone_is_unknown_at_first() -> None:
    dns = world()
    dns.fault = own_servers_fail(REGISTRY)
    verdict = dns.look(case(domain("nobody-has-this.com")))[Kind.NS]
    assert verdict.status == Status.UNKNOWN
    assert verdict.doubt is not None
    assert verdict.doubt.then.problems == (Problem.NS_NOT_DELEGATED,)


def test_a_name_without_records_in_somebodys_zone_is_not_undelegated() -> None:
    dns = world(blank_zone())
    verdicts = dns.look(case(domain("shop.example.com")))
    assert verdicts[Kind.NS].status == Status.OK
    assert verdicts[Kind.MX].status == Status.MISSING
    dns.everywhere(APEX, lambda zone: zone.publish(fix for v in verdicts.values() for fix in v.fixes))
    after = dns.look(case(domain("shop.example.com")))
    assert {v.status for v in after.values()} <= {Status.OK, Status.OFF}


def test_bogus_signatures_are_red_at_two_looks_where_the_answer_is_there_without_checking() -> None:
    dns = world()
    dns.fault = lambda question: Failure.BOGUS if question.server is None and not question.unchecked else None
    verdict = dns.look(case())[Kind.NS]
    assert (verdict.status, verdict.facts["failure"]) == (Status.UNKNOWN, "bogus")
    assert verdict.doubt is not None
    assert verdict.doubt.then.problems == (Problem.NS_DNSSEC_BOGUS,)
    dns.fault = lambda question: Failure.BOGUS if question.server is None else None
    assert dns.look(case())[Kind.NS].doubt is None


def test_a_parent_that_cannot_be_asked_leaves_ns_ok() -> None:
    dns = world(blank_zone())
    dns.fault = own_servers_fail(REGISTRY)
    verdicts = dns.look(case())
    assert verdicts[Kind.NS].status == Status.OK
    assert verdicts[Kind.MX].status == Status.MISSING


def test_the_parents_word_on_who_is_delegated_counts() -> None:
    zone = blank_zone()
    dns = world(zone)
    dns.zone("com.").put(rrset(APEX, "NS", "ns2.example.com."))
    verdict = mx(dns)
    assert [witness.who for witness in verdict.witnesses] == [f"ns2.example.com ({NS2})", "resolvers"]


def test_a_zone_cut_below_the_domain_is_followed() -> None:
    zone = green_zone()
    selector = ("cm1._domainkey.example.com.", "TXT")
    key = zone.records.pop(selector)
    zone.put(rrset("_domainkey.example.com.", "NS", "ns.other.test."))
    dns = world(zone)
    child = dns.serve(Zone("_domainkey.example.com."), OTHERS)
    child.put(rrset("_domainkey.example.com.", "NS", "ns.other.test."))
    verdict = dns.look(case())[Kind.DKIM]
    assert verdict.status == Status.MISSING
    assert verdict.facts["zone_below"] == "_domainkey.example.com."
    assert verdict.facts["zone_below_servers"] == ["ns.other.test."]
    assert "Publish its records there" in notes("DKIM", verdict.reason, verdict.facts)[0]
    dns.remember(selector)
    child.put(key)
    verdict = dns.look(case())[Kind.DKIM]
    assert verdict.status == Status.PROPAGATING
    dns.cached.clear()
    assert dns.look(case(authoritative=True))[Kind.DKIM].status == Status.OK


def test_a_stub_zone_is_its_own_home() -> None:
    dns = world(blank_zone())
    dns.fault = lambda question: Failure.REFUSED if question.server is not None else None
    pending = case(domain(verified=False), stub=True)
    verdicts = dns.look(pending)
    assert verdicts[Kind.MX].status == Status.MISSING
    dns.everywhere(APEX, lambda zone: zone.publish(fix for v in verdicts.values() for fix in v.fixes))
    verdicts = dns.look(pending)
    assert {v.status for v in verdicts.values()} <= {Status.OK, Status.OFF}
    assert verdicts[Kind.CNAME].facts["proof"] is True
    assert all(question.server is None for question in dns.asked)


# -- proof


def test_the_token_proves_only_where_the_own_name_servers_show_it() -> None:
    pending = case(domain(verified=False))
    dns = world()
    assert dns.look(pending)[Kind.CNAME].facts["proof"] is True
    dns.fault = own_servers_fail(NS1, NS2)
    verdict = dns.look(pending)[Kind.CNAME]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "proof-not-at-home")
    assert "proof" not in verdict.facts
    dns.fault = lambda question: None
    dns.remember(("cm1234-check.example.com.", "CNAME"))
    dns.everywhere(APEX, lambda zone: zone.drop("cm1234-check.example.com.", "CNAME"))
    verdict = dns.look(pending)[Kind.CNAME]
    assert verdict.status == Status.MISSING
    assert not verdict.facts.get("proof")


def test_a_token_that_resolvers_do_not_see_yet_is_proof_all_the_same() -> None:
    pending = case(domain(verified=False))
    token = ("cm1234-check.example.com.", "CNAME")
    dns = world()
    dns.cached[token] = Answer(nxdomain=True, zone=APEX, negative_ttl=60)
    verdict = dns.look(pending)[Kind.CNAME]
    assert verdict.status == Status.PROPAGATING
    assert verdict.facts["proof"] is True


def test_a_resolver_that_fails_does_not_hide_the_proof() -> None:
    pending = case(domain(verified=False))
    dns = world()
    dns.fault = lambda question: Failure.SERVFAIL if question.type == "CNAME" and question.server is None else None
    verdict = dns.look(pending)[Kind.CNAME]
    assert (verdict.status, verdict.reason, verdict.facts["proof"]) == (Status.UNKNOWN, "failure", True)
    dns.everywhere(APEX, lambda zone: zone.drop("cm1234-check.example.com.", "CNAME"))
    verdict = dns.look(pending)[Kind.CNAME]
    assert (verdict.status, verdict.facts["proof"]) == (Status.UNKNOWN, False)


def test_one_dead_address_of_a_server_is_no_dead_server() -> None:
    zone = green_zone()
    zone.put(FOREIGN, rrset(f"ns1.{APEX}", "A", NS1, "192.0.2.54"))
    assert mx(world(zone)).status == Status.WRONG


# -- unusual zones


def test_wildcards_are_not_leftovers() -> None:
    zone = green_zone()
    for name, type_ in ((f"autodiscover.{APEX}", "CNAME"), (f"autoconfig.{APEX}", "CNAME")):
        zone.drop(name, type_)
    zone.put(rrset(f"*.{APEX}", "CNAME", "www.other.test."))
    dns = world(zone)
    verdict = dns.look(case())[Kind.SRV]
    assert (verdict.status, verdict.level) == (Status.MISSING, "recommended")
    assert {fix.action for fix in verdict.fixes} == {"add"}
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[Kind.SRV].status == Status.OK


def test_a_record_of_its_own_is_a_leftover_though_a_wildcard_says_the_same() -> None:
    zone = green_zone()
    zone.put(rrset(f"autodiscover.{APEX}", "CNAME", "www.other.test."), rrset(f"*.{APEX}", "CNAME", "www.other.test."))
    dns = world(zone)
    verdict = dns.look(case())[Kind.SRV]
    assert verdict.problems == (Problem.SRV_LEFTOVER,)
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[Kind.SRV].status == Status.OK


def test_a_wildcard_of_texts_is_no_dkim_key() -> None:
    zone = green_zone()
    zone.drop(f"cm1._domainkey.{APEX}", "TXT")
    zone.put(rrset(f"*._domainkey.{APEX}", "TXT", '"v=DKIM1; p="'))
    verdict = world(zone).look(case())[Kind.DKIM]
    assert verdict.status == Status.MISSING
    assert [fix.action for fix in verdict.fixes] == ["add"]


def test_a_name_that_lives_by_a_wildcard_keeps_its_web_site() -> None:
    zone = blank_zone()
    zone.put(rrset(f"*.{APEX}", "A", "198.51.100.80"), rrset(f"*.{APEX}", "MX", "10 mail.other.test."))
    dns = world(zone)
    shop = case(domain("shop.example.com"))
    for kind in (Kind.DMARC, Kind.DKIM, Kind.SPF, Kind.MX):
        fixes = dns.look(shop)[kind].fixes
        for address in dns.authoritative[APEX]:
            dns.zone(APEX, address).publish(fixes)
        assert dns.ask(Question("shop.example.com.", "A")).values == ("198.51.100.80",)
        assert dns.look(shop)[kind].status == Status.OK


def test_a_name_that_lives_by_a_wildcard_keeps_its_web_site_though_no_own_server_answers() -> None:
    """What two looks at the resolvers alone confirm is made whole as well: copies first, and what is made up marked."""
    zone = blank_zone()
    zone.put(rrset(f"*.{APEX}", "A", "198.51.100.80"), rrset(f"*.{APEX}", "MX", "10 mail.other.test."))
    dns = world(zone)
    dns.fault = own_servers_fail(NS1, NS2)
    shop = case(domain("shop.example.com"))
    doubt = mx(dns, shop).doubt
    assert doubt is not None
    assert doubt.then.facts["made_up"] == ["shop.example.com. MX"]
    for kind in (Kind.DMARC, Kind.DKIM, Kind.SPF, Kind.MX):
        doubt = dns.look(shop)[kind].doubt
        assert doubt is not None
        assert doubt.then.status in RED
        for address in dns.authoritative[APEX]:
            dns.zone(APEX, address).publish(doubt.then.fixes)
        assert dns.ask(Question("shop.example.com.", "A")).values == ("198.51.100.80",)
        assert dns.look(shop)[kind].status == Status.OK


def test_a_doubled_name_is_a_slip_though_no_own_server_answers() -> None:
    zone = green_zone()
    (dmarc,) = zone.records[f"_dmarc.{APEX}", "TXT"].values
    zone.drop(f"_dmarc.{APEX}", "TXT")
    zone.put(rrset(f"_dmarc.{APEX}{APEX}", "TXT", dmarc))
    dns = world(zone)
    dns.fault = own_servers_fail(NS1, NS2)
    doubt = dns.look(case())[Kind.DMARC].doubt
    assert doubt is not None
    assert Problem.NAME_DOUBLED in doubt.then.problems
    assert doubt.key == dns.look(case())[Kind.DMARC].doubt.key  # type: ignore[union-attr]


def test_a_domain_that_is_an_alias_gets_no_fix_that_takes_its_web_site_away() -> None:
    zone = blank_zone()
    zone.put(rrset(f"shop.{APEX}", "CNAME", "www.other.test."))
    verdicts = world(zone).look(case(domain("shop.example.com")))
    for kind in (Kind.MX, Kind.SPF):
        assert verdicts[kind].status == Status.WRONG
        assert verdicts[kind].problems == (Problem.CNAME_WITH_OTHER_DATA,)
        assert verdicts[kind].reason == "name-is-alias"
        assert verdicts[kind].fixes == ()


def test_a_domain_that_is_an_alias_of_a_right_one_is_right() -> None:
    zone = green_zone()
    zone.put(rrset(f"shop.{APEX}", "CNAME", APEX))
    verdicts = world(zone).look(case(domain("shop.example.com")))
    assert verdicts[Kind.MX].status == Status.OK
    assert verdicts[Kind.SPF].status == Status.OK


def test_a_key_behind_aliases_into_another_zone_is_found_at_home_too() -> None:
    zone = green_zone()
    key = zone.records.pop((f"cm1._domainkey.{APEX}", "TXT"))
    zone.put(rrset(f"cm1._domainkey.{APEX}", "CNAME", "one.other.test."))
    dns = world(zone)
    dns.zone("other.test.").put(
        rrset("one.other.test.", "CNAME", "two.other.test."), replace(key, name="two.other.test.")
    )
    assert dns.look(case())[Kind.DKIM].status == Status.OK
    assert dns.look(case(authoritative=True))[Kind.DKIM].status == Status.OK


def test_names_below_a_dname_are_followed_and_get_no_impossible_fix() -> None:
    zone = green_zone()
    key = zone.records.pop((f"cm1._domainkey.{APEX}", "TXT"))
    zone.put(rrset(f"_domainkey.{APEX}", "DNAME", "keys.other.test."))
    dns = world(zone)
    verdict = dns.look(case())[Kind.DKIM]
    assert verdict.status in RED
    assert verdict.fixes == ()
    dns.zone("other.test.").put(replace(key, name="cm1.keys.other.test."))
    assert dns.look(case(authoritative=True))[Kind.DKIM].status == Status.OK


def test_an_empty_non_terminal_is_as_missing_as_no_such_name() -> None:
    zone = green_zone()
    zone.drop(f"_autodiscover._tcp.{APEX}", "SRV")
    zone.put(rrset(f"below._autodiscover._tcp.{APEX}", "TXT", '"x"'))
    assert world(zone).look(case())[Kind.SRV].status == Status.MISSING


@pytest.mark.parametrize(
    ("name", "type_", "kind"),
    [(f"_dmarc.{APEX}", "TXT", Kind.DMARC), (f"cm1._domainkey.{APEX}", "TXT", Kind.DKIM), (APEX, "MX", Kind.MX)],
)
def test_a_record_under_a_doubled_name_is_recognised(name: str, type_: str, kind: Kind) -> None:
    zone = green_zone()
    rr = zone.records.pop((name, type_))
    zone.put(replace(rr, name=name + APEX))
    dns = world(zone)
    verdict = dns.look(case())[kind]
    assert verdict.status == Status.MISSING
    assert Problem.NAME_DOUBLED in verdict.problems
    assert verdict.facts["doubled"] == [name + APEX]
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.look(case())[kind].status == Status.OK
    assert (name + APEX, type_) not in dns.zone(APEX).records


def test_a_name_of_255_octets_is_judged_without_the_names_that_cannot_be() -> None:
    name = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 57, "com"])
    zone = Zone(name + ".", records(rrset(name, "NS", "ns.other.test.")))
    dns = world(zone)
    dns.serve(zone, OTHERS)
    verdicts = dns.look(case(domain(name, verified=False)))
    assert all(len(question.name) <= 254 for question in dns.asked)
    assert verdicts[Kind.MX].status == Status.MISSING
    assert verdicts[Kind.SRV].status == Status.OK
    assert {verdicts[kind].status for kind in (Kind.CNAME, Kind.DKIM, Kind.DMARC)} == {Status.OFF}


# -- TARGET


@pytest.mark.parametrize(
    ("target", "status", "problem"),
    [
        ("mail.other.test", Status.OK, None),
        ("mail.other.test:2525", Status.OK, None),
        ("alias.other.test", Status.OK, None),
        ("gone.other.test", Status.WRONG, Problem.TARGET_UNRESOLVED),
        ("mx1.platform.test", Status.WRONG, Problem.TARGET_LOOPS),
        ("in.platform.test", Status.WRONG, Problem.TARGET_LOOPS),
        ("back.other.test", Status.WRONG, Problem.TARGET_LOOPS),
        ("same.other.test", Status.WRONG, Problem.TARGET_LOOPS),
    ],
)
def test_target(target: str, status: Status, problem: Problem | None) -> None:
    facts = split_domain(target=target)
    dns = world(green_zone(facts))
    dns.zone("other.test.").put(
        rrset("back.other.test.", "CNAME", "mx2.platform.test."), rrset("same.other.test.", "A", "192.0.2.12")
    )
    verdict = dns.look(case(facts, own_hosts=frozenset({"in.platform.test"})))[Kind.TARGET]
    assert (verdict.status, verdict.problems) == (status, (problem,) if problem else ())
    assert verdict.fixes == ()


def test_a_target_without_address_is_unknown() -> None:
    facts = split_domain(target="other.test")
    verdict = world(green_zone(facts)).look(case(facts))[Kind.TARGET]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "target-no-address")


def test_hostile_includes_do_not_explode() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 ' + " ".join(f"include:i{n}.other.test" for n in range(10)) + ' -all"'))
    dns = world(zone)
    other = dns.zone("other.test.")
    for n in range(10):
        inner = " ".join(f"include:i{n}x{m}.other.test" for m in range(20))
        other.put(rrset(f"i{n}.other.test.", "TXT", f'"v=spf1 {inner} -all"'))
    dns.look(case())
    assert len(dns.asked) < 600


def test_a_judge_that_is_told_nothing_says_unknown() -> None:
    verdicts = judge_prepared(PreparedInput(case(), NOW), Answers())
    assert [verdict.kind for verdict in verdicts] == list(Kind)
    assert {verdict.status for verdict in verdicts} <= {Status.UNKNOWN, Status.OFF}
