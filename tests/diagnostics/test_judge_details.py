"""Details of verdicts: levels, codes, several records under one check, SMTP evidence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from diagnostics.judge import SmtpEvidence, SmtpOutcome
from diagnostics.show.sentences import notes, whole
from domains.lookup.answers import Failure
from domains.records import DomainFacts, Kind, Level
from domains.rrset import quote_txt
from domains.rules.reasons import Reason
from domains.rules.verdicts import Problem, Status, Verdict

from .simdns import (
    PLATFORM,
    blank_zone,
    case,
    domain,
    green_zone,
    other_key,
    public_key,
    required,
    rrset,
    split_domain,
    world,
)

APEX = "example.com."


def test_of_two_selectors_only_the_missing_one_is_mended() -> None:
    facts = domain(dkim={"cm1": public_key(), "cm2": other_key()})
    zone = green_zone(facts)
    zone.drop(f"cm2._domainkey.{APEX}", "TXT")
    verdict = world(zone).look(case(facts))[Kind.DKIM]
    assert (verdict.status, verdict.facts["selectors"]) == (Status.MISSING, ["cm2"])
    assert [fix.name for fix in verdict.fixes] == [f"cm2._domainkey.{APEX}"]
    assert len(verdict.expected) == 2


def test_the_worst_selector_decides_and_all_are_mended() -> None:
    facts = domain(dkim={"cm1": public_key(), "cm2": other_key()})
    zone = green_zone(facts)
    zone.drop(f"cm1._domainkey.{APEX}", "TXT")
    zone.put(rrset(f"cm2._domainkey.{APEX}", "TXT", quote_txt(f"v=DKIM1; k=rsa; p={public_key()}")))
    verdict = world(zone).look(case(facts))[Kind.DKIM]
    assert (verdict.status, verdict.problems) == (Status.WRONG, (Problem.DKIM_OTHER_KEY,))
    assert {fix.name for fix in verdict.fixes} == {f"cm1._domainkey.{APEX}", f"cm2._domainkey.{APEX}"}


def test_codes_that_do_not_decide_the_colour_are_advice() -> None:
    zone = green_zone()
    zone.drop(f"_autodiscover._tcp.{APEX}", "SRV")
    zone.put(rrset(f"_imaps._tcp.{APEX}", "SRV", "0 0 993 imap.other.test."))
    verdict = world(zone).look(case())[Kind.SRV]
    assert (verdict.status, verdict.level) == (Status.MISSING, Level.REQUIRED)
    assert verdict.problems == ()
    assert verdict.advice == (Problem.SRV_OTHER_TARGET,)
    assert len(verdict.fixes) == 2


def test_a_required_record_that_nobody_could_ask_for_outweighs_recommended_ones() -> None:
    zone = green_zone()
    zone.drop(f"_imaps._tcp.{APEX}", "SRV")
    dns = world(zone)
    dns.fault = lambda question: Failure.TIMEOUT if question.name.startswith("_autodiscover.") else None
    verdict = dns.look(case())[Kind.SRV]
    assert (verdict.status, verdict.level, verdict.fixes) == (Status.UNKNOWN, Level.REQUIRED, ())


def test_a_policy_of_the_organization_covers_its_subdomains() -> None:
    facts = domain("mail.example.com")
    zone = blank_zone()
    zone.records |= required(facts)
    zone.drop("_dmarc.mail.example.com.", "TXT")
    dns = world(zone)
    assert dns.look(case(facts))[Kind.DMARC].status == Status.MISSING
    dns.everywhere(APEX, lambda zone: zone.put(rrset(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject"')))
    verdict = dns.look(case(facts))[Kind.DMARC]
    assert (verdict.status, verdict.facts["policy_name"]) == (Status.OK, f"_dmarc.{APEX}")


@pytest.mark.parametrize(("failure", "status"), [(Failure.REFUSED, Status.MISSING), (Failure.SERVFAIL, Status.UNKNOWN)])
def test_a_policy_of_the_registry_that_cannot_be_asked(failure: Failure, status: Status) -> None:
    zone = green_zone()
    zone.drop(f"_dmarc.{APEX}", "TXT")
    dns = world(zone)
    dns.fault = lambda question: failure if question.name == "_dmarc.com." else None
    assert dns.look(case())[Kind.DMARC].status == status


def test_of_several_policies_the_mildest_stays() -> None:
    zone = green_zone()
    policies = ('"v=DMARC1; p=reject"', '"v=DMARC1; p=quarantine"', '"v=DMARC1; p=reject; pct=5"')
    zone.put(rrset(f"_dmarc.{APEX}", "TXT", *policies))
    dns = world(zone)
    verdict = dns.look(case())[Kind.DMARC]
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert dns.zone(APEX).records[f"_dmarc.{APEX}", "TXT"].values == (policies[1],)


def test_the_ttl_of_what_is_there_goes_into_the_fix() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "MX", "10 mail.other.test.", ttl=120))
    verdict = world(zone).look(case())[Kind.MX]
    assert verdict.fixes[0].ttl == 120


def test_old_includes_are_accepted_while_a_platform_moves() -> None:
    old = replace(PLATFORM.hosts, spf_include="spf.other.test")
    platform = replace(PLATFORM, previous=old, previous_until="2027-01-01")
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 include:spf.other.test -all"'))
    verdict = world(zone).look(case(platform=platform))[Kind.SPF]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.PREVIOUS_HOSTS,))


def test_a_platform_without_outbound_addresses_wants_its_include() -> None:
    platform = replace(PLATFORM, outbound=())
    assert world().look(case(platform=platform))[Kind.SPF].status == Status.OK
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 mx -all"'))
    assert world(zone).look(case(platform=platform))[Kind.SPF].problems == (Problem.SPF_PLATFORM_FAILS,)


def test_plus_all_in_an_include_of_others_is_advice() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 include:spf.platform.test include:open.other.test -all"'))
    verdict = world(zone).look(case())[Kind.SPF]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.SPF_PLUS_ALL,))


def test_plus_all_behind_a_redirect_is_red() -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"v=spf1 include:spf.platform.test redirect=open.other.test"'))
    verdict = world(zone).look(case())[Kind.SPF]
    assert (verdict.status, verdict.problems) == (Status.WRONG, (Problem.SPF_PLUS_ALL,))


@pytest.mark.parametrize(
    ("evidence", "status", "then"),
    [
        (None, Status.OK, None),
        (SmtpEvidence(SmtpOutcome.ACCEPTED, 250, "2.1.5"), Status.OK, None),
        (SmtpEvidence(SmtpOutcome.REFUSED, 550, "5.1.2"), Status.UNKNOWN, Status.WRONG),
        (SmtpEvidence(SmtpOutcome.REFUSED, 550, "5.4.4"), Status.UNKNOWN, Status.WRONG),
        (SmtpEvidence(SmtpOutcome.REFUSED, 550, "5.7.1"), Status.UNKNOWN, Status.WRONG),
        (SmtpEvidence(SmtpOutcome.REFUSED, 550, "5.1.1"), Status.UNKNOWN, None),
        (SmtpEvidence(SmtpOutcome.DEFERRED, 451, "4.7.1"), Status.UNKNOWN, None),
        (SmtpEvidence(SmtpOutcome.SILENT), Status.UNKNOWN, None),
    ],
)
def test_what_the_target_says_by_smtp(evidence: SmtpEvidence | None, status: Status, then: Status | None) -> None:
    facts = split_domain()
    verdict = world(green_zone(facts)).look(case(facts, smtp=evidence))[Kind.TARGET]
    assert verdict.status == status
    assert (verdict.doubt.then.status if verdict.doubt else None) == then


def test_a_verdict_of_an_earlier_look_is_not_changed_by_a_later_one() -> None:
    dns = world(blank_zone())
    mine = case()
    first = dns.look(mine)
    kept = {kind: (verdict.status, dict(verdict.facts), verdict.fixes) for kind, verdict in first.items()}
    dns.everywhere(APEX, lambda zone: zone.records.update(green_zone().records))
    dns.look(mine)
    assert kept == {kind: (verdict.status, dict(verdict.facts), verdict.fixes) for kind, verdict in first.items()}


def mx_of(*values: str, facts: DomainFacts | None = None, **hosts: tuple[str, str]) -> Verdict:
    """What is said of these MX values; `hosts` are made in the domain's zone."""
    zone = green_zone()
    zone.put(rrset(APEX, "MX", *values), *(rrset(f"{label}.{APEX}", *record) for label, record in hosts.items()))
    return world(zone).look(case(facts))[Kind.MX]


def test_an_alias_of_our_own_host_is_not_called_another_system() -> None:
    verdict = mx_of(f"10 m.{APEX}", m=("CNAME", "mx1.platform.test."))
    assert (verdict.reason, verdict.problems) == (Reason.MX_IS_CNAME, (Problem.MX_IS_CNAME,))
    assert verdict.facts["moves_mail"] is False
    assert verdict.facts["targets"] == ["mx1.platform.test"]
    assert [fix.action for fix in verdict.fixes] == ["replace"]


def test_our_own_server_under_another_name_is_not_called_another_system() -> None:
    verdict = mx_of(f"10 m.{APEX}", m=("A", "192.0.2.11"))
    assert (verdict.reason, verdict.facts["moves_mail"]) == (Reason.MX_OTHER_NAME, False)


def test_one_foreign_exchanger_beside_our_own_is_another_system() -> None:
    verdict = mx_of(f"10 m.{APEX}", "20 mail.other.test.", m=("A", "192.0.2.11"))
    assert (verdict.reason, verdict.facts["moves_mail"]) == (Reason.MX_FOREIGN, True)


def test_an_exchanger_without_its_final_dot_is_told_so() -> None:
    verdict = mx_of(f"10 mx1.platform.test.{APEX}", f"20 mx2.platform.test.{APEX}")
    assert verdict.reason == Reason.MX_TARGET_MISSING
    assert "end the host name with a dot" in notes("MX", verdict.reason, verdict.facts)[0]


def test_a_token_without_its_final_dot_is_told_so() -> None:
    facts = domain(verified=False)
    zone = green_zone(facts)
    zone.put(rrset(f"cm1234-check.{APEX}", "CNAME", f"verify.platform.test.{APEX}"))
    verdict = world(zone).look(case(facts))[Kind.CNAME]
    assert verdict.status == Status.WRONG
    assert "end the host name with a dot" in notes("CNAME", verdict.reason, verdict.facts)[0]


def test_an_alias_of_the_other_system_is_named_with_the_host_to_put_in_its_place() -> None:
    verdict = mx_of("10 alias.other.test.", facts=split_domain())
    assert (verdict.status, verdict.fixes) == (Status.WRONG, ())
    assert "(mail.other.test)" in whole(verdict)


def test_a_key_that_is_only_being_tested_is_advice() -> None:
    zone = green_zone()
    name = f"cm1._domainkey.{APEX}"
    for flags in ("t=y", "t=s:y"):
        zone.put(rrset(name, "TXT", quote_txt(f"v=DKIM1; {flags}; p={public_key()}")))
        verdict = world(zone).look(case())[Kind.DKIM]
        assert (verdict.status, verdict.advice) == (Status.OK, (Problem.DKIM_TESTING,))


def test_tags_that_dmarc_has_no_more_are_advice() -> None:
    zone = green_zone()
    zone.put(rrset(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject; np=reject; psd=n; t=y; pct=50; ri=86400"'))
    verdict = world(zone).look(case())[Kind.DMARC]
    assert (verdict.status, verdict.problems, verdict.advice) == (Status.OK, (), (Problem.DMARC_REMOVED,))
    assert "pct, ri" in notes("DMARC", verdict.reason, verdict.facts)[0]


def test_faults_in_an_spf_tree_are_told_with_their_places() -> None:
    zone = green_zone()
    zone.put(
        rrset(APEX, "TXT", f'"v=spf1 include:spf.platform.test include:i.{APEX} ~all"'),
        rrset(f"i.{APEX}", "TXT", '"v=spf1 ip4:192.0.2.0/33 -all"'),
    )
    verdict = world(zone).look(case())[Kind.SPF]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.SPF_SYNTAX,))
    said = notes("SPF", verdict.reason, verdict.facts)
    assert said == [
        "ip4:192.0.2.0/33, at character 21 of the record of i.example.com: an SPF record is not well formed."
    ]


def test_what_an_spf_record_costs_is_told_where_it_costs_too_much() -> None:
    zone = green_zone()
    includes = " ".join(f"include:i{number}.{APEX}" for number in range(8))
    zone.put(
        rrset(APEX, "TXT", f'"v=spf1 include:spf.platform.test {includes} mx a:www.{APEX} a:shop.{APEX} ~all"'),
        *(rrset(f"i{number}.{APEX}", "TXT", '"v=spf1 ip4:198.51.100.1 -all"') for number in range(1, 8)),
        rrset(f"i0.{APEX}", "TXT", f'"v=spf1 a:www.{APEX} mx:{APEX} -all"'),
        rrset(f"shop.{APEX}", "A", "198.51.100.80"),
    )
    verdict = world(zone).look(case())[Kind.SPF]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.SPF_LOOKUPS,))
    assert verdict.facts["lookups"] == 14
    assert notes("SPF", verdict.reason, verdict.facts)[0].startswith(
        "DNS queries needed in the worst case: 14. What costs most: include:i0.example.com. (3)"
    )


def test_a_misspelt_own_policy_under_one_of_the_organization_is_advice() -> None:
    zone = green_zone()
    zone.put(rrset(f"_dmarc.shop.{APEX}", "TXT", '"v=DMARC1 p=none"'))
    verdict = world(zone).look(case(domain("shop.example.com")))[Kind.DMARC]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.DMARC_SYNTAX,))


def test_a_policy_without_its_request_is_advice() -> None:
    zone = green_zone()
    zone.put(rrset(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; rua=mailto:dmarc@example.com"'))
    verdict = world(zone).look(case())[Kind.DMARC]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.DMARC_SYNTAX,))


def test_several_records_behind_an_include_are_told_where_the_include_stands() -> None:
    zone = green_zone()
    zone.put(
        rrset(APEX, "TXT", f'"v=spf1 include:two.{APEX} include:spf.platform.test -all"'),
        rrset(f"two.{APEX}", "TXT", '"v=spf1 a -all"', '"v=spf1 mx -all"'),
    )
    verdict = world(zone).look(case())[Kind.SPF]
    assert (verdict.facts["owner"], verdict.facts["term"]) == (APEX, f"include:two.{APEX}")


def test_a_delegation_to_a_host_that_does_not_exist_is_lame() -> None:
    dns = world()
    hosts = dns.zone("com.").records[APEX, "NS"].values
    dns.zone("com.").put(rrset(APEX, "NS", *hosts, "gone.other.test."))
    verdict = dns.look(case(authoritative=True))[Kind.NS]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.NS_LAME,))
    assert verdict.facts["lame"] == ["gone.other.test"]


def test_parent_and_zone_that_name_different_servers_are_told_as_advice() -> None:
    dns = world()
    dns.zone("com.").put(rrset(APEX, "NS", f"ns1.{APEX}"))
    verdict = dns.look(case(authoritative=True))[Kind.NS]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.NS_SETS_DIFFER,))
    assert (verdict.facts["ns_above"], verdict.facts["ns_here"]) == ([], [f"ns2.{APEX}".rstrip(".")])


@pytest.mark.parametrize(
    "text",
    ["spf1 include:spf.other.test -all", "v=spf1; include:spf.other.test -all", "v=spf include:spf.other.test; -all"],
)
def test_a_text_that_was_meant_as_spf_keeps_what_it_meant_to_allow(text: str) -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", f'"{text}"', '"hello"'))
    dns = world(zone)
    verdict = dns.look(case())[Kind.SPF]
    assert (verdict.status, verdict.reason) == (Status.MISSING, Reason.SPF_MISSING)
    assert text in notes("SPF", verdict.reason, verdict.facts)[0]
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    merged = '"v=spf1 include:spf.other.test include:spf.platform.test -all"'
    assert set(dns.zone(APEX).records[APEX, "TXT"].values) == {'"hello"', merged}
    assert dns.look(case())[Kind.SPF].status == Status.OK


@pytest.mark.parametrize("text", ["spf2.0/pra include:spf.other.test -all", "we have no spf yet"])
def test_a_text_that_has_nothing_to_do_with_spf_stays(text: str) -> None:
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", f'"{text}"'))
    verdict = world(zone).look(case())[Kind.SPF]
    assert [fix.action for fix in verdict.fixes] == ["add"]


def test_a_service_that_is_said_not_to_exist_is_not_called_another_server() -> None:
    zone = green_zone()
    zone.put(rrset(f"_autodiscover._tcp.{APEX}", "SRV", "0 0 0 ."))
    verdict = world(zone).look(case())[Kind.SRV]
    assert (verdict.status, verdict.reason) == (Status.WRONG, Reason.SRV_DENIED)
    assert [fix.action for fix in verdict.fixes] == ["replace"]


def test_an_alias_of_our_own_host_is_replaced_in_a_split_domain_too_and_others_stay() -> None:
    zone = green_zone()
    zone.put(
        rrset(APEX, "MX", f"10 m.{APEX}", "20 mail.other.test."), rrset(f"m.{APEX}", "CNAME", "mx1.platform.test.")
    )
    dns = world(zone)
    split = case(split_domain())
    verdict = dns.look(split)[Kind.MX]
    assert verdict.problems == (Problem.MX_IS_CNAME,)
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    assert set(dns.zone(APEX).records[APEX, "MX"].values) == {"10 mx1.platform.test.", "20 mail.other.test."}
    assert dns.look(split)[Kind.MX].status == Status.OK


def test_what_the_changes_of_a_split_domain_do_not_mend_is_said() -> None:
    zone = green_zone(split_domain())
    zone.put(rrset(APEX, "MX", "5 192.0.2.7.", "10 alias.other.test.", "20 mx1.platform.test."))
    dns = world(zone)
    split = case(split_domain())
    verdict = dns.look(split)[Kind.MX]
    assert [fix.values for fix in verdict.fixes] == [("5 192.0.2.7.",)]
    (note,) = (note for note in notes("MX", verdict.reason, verdict.facts) if "do not fix" in note)
    assert "alias.other.test" in note
    assert "(mail.other.test)" in note
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    after = dns.look(split)[Kind.MX]
    assert (after.status, after.reason, after.fixes) == (Status.WRONG, "mx-is-cname", ())
    assert not [note for note in notes("MX", after.reason, after.facts) if "do not fix" in note]
