"""Each damage to a green domain turns its own check alone, with a fix that mends it; harmless differences turn none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from domains.lookup.answers import Failure
from domains.records import Kind, Level
from domains.rrset import Fix, quote_txt
from domains.rules.verdicts import RED, Problem, Status, Verdict

from .simdns import (
    HOSTS,
    OTHERS,
    PLATFORM,
    SimDns,
    Zone,
    blank_zone,
    case,
    domain,
    green_zone,
    other_key,
    public_key,
    rrset,
    split_domain,
    world,
)

APEX = "example.com."
DKIM = f"cm1._domainkey.{APEX}"
AUTODISCOVER = f"_autodiscover._tcp.{APEX}"
OURS_MX = ("10 mx1.platform.test.", "20 mx2.platform.test.")
SPF = '"v=spf1 include:spf.platform.test ~all"'

type Damage = Callable[[Zone], None]


def put(name: str, type_: str, *values: str) -> Damage:
    return lambda zone: zone.put(rrset(name, type_, *values))


def drop(name: str, type_: str) -> Damage:
    return lambda zone: zone.drop(name, type_)


def spf(*texts: str) -> Damage:
    return put(APEX, "TXT", '"site-verification=abc"', *(quote_txt(text) for text in texts))


def instead(name: str, type_: str, by: str, *values: str) -> Damage:
    def damage(zone: Zone) -> None:
        zone.drop(name, type_)
        zone.put(rrset(name, by, *values))

    return damage


def submissions(zone: Zone) -> None:
    zone.drop(f"_submission._tcp.{APEX}", "SRV")
    zone.put(rrset(f"_submissions._tcp.{APEX}", "SRV", "0 0 465 smtp.platform.test."))


DAMAGES: list[tuple[str, Damage, Kind, Status, set[Problem]]] = [
    ("mx gone", drop(APEX, "MX"), Kind.MX, Status.MISSING, set()),
    ("mx foreign", put(APEX, "MX", "10 mail.other.test."), Kind.MX, Status.WRONG, {Problem.MX_FOREIGN}),
    ("mx beside", put(APEX, "MX", *OURS_MX, "30 mail.other.test."), Kind.MX, Status.WRONG, {Problem.MX_FOREIGN}),
    ("mx null", put(APEX, "MX", "0 ."), Kind.MX, Status.WRONG, {Problem.MX_NULL}),
    ("mx address", put(APEX, "MX", "10 192.0.2.11."), Kind.MX, Status.WRONG, {Problem.MX_IS_ADDRESS}),
    (
        "mx alias",
        put(APEX, "MX", "10 alias.other.test."),
        Kind.MX,
        Status.WRONG,
        {Problem.MX_FOREIGN, Problem.MX_IS_CNAME},
    ),
    (
        "mx to nothing",
        put(APEX, "MX", "10 gone.other.test."),
        Kind.MX,
        Status.WRONG,
        {Problem.MX_FOREIGN, Problem.MX_TARGET_MISSING},
    ),
    ("mx one of two", put(APEX, "MX", OURS_MX[0]), Kind.MX, Status.MISSING, set()),
    (
        "mx order",
        put(APEX, "MX", "20 mx1.platform.test.", "10 mx2.platform.test."),
        Kind.MX,
        Status.WRONG,
        {Problem.MX_ORDER},
    ),
    ("spf gone", spf(), Kind.SPF, Status.MISSING, set()),
    ("all txt gone", drop(APEX, "TXT"), Kind.SPF, Status.MISSING, set()),
    ("spf without us", spf("v=spf1 mx -all"), Kind.SPF, Status.WRONG, {Problem.SPF_PLATFORM_FAILS}),
    (
        "two spf",
        spf("v=spf1 include:spf.platform.test ~all", "v=spf1 include:spf.other.test -all"),
        Kind.SPF,
        Status.WRONG,
        {Problem.SPF_SEVERAL},
    ),
    (
        "spf syntax",
        spf("v=spf1 ip4:192.0.2/24 include:spf.platform.test ~all"),
        Kind.SPF,
        Status.WRONG,
        {Problem.SPF_SYNTAX},
    ),
    (
        "spf include to nothing",
        spf("v=spf1 include:gone.other.test include:spf.platform.test ~all"),
        Kind.SPF,
        Status.WRONG,
        {Problem.SPF_INCLUDE_NONE},
    ),
    ("spf +all", spf("v=spf1 include:spf.platform.test +all"), Kind.SPF, Status.WRONG, {Problem.SPF_PLUS_ALL}),
    (
        "spf refuses first",
        spf("v=spf1 -ip4:192.0.2.0/24 -ip6:2001:db8::/32 include:spf.platform.test ~all"),
        Kind.SPF,
        Status.WRONG,
        {Problem.SPF_PLATFORM_FAILS},
    ),
    ("dkim gone", drop(DKIM, "TXT"), Kind.DKIM, Status.MISSING, set()),
    (
        "dkim other key",
        lambda zone: zone.put(rrset(DKIM, "TXT", quote_txt(f"v=DKIM1; k=rsa; p={other_key()}"))),
        Kind.DKIM,
        Status.WRONG,
        {Problem.DKIM_OTHER_KEY},
    ),
    (
        "dkim two keys",
        lambda zone: zone.put(
            rrset(DKIM, "TXT", *(quote_txt(f"v=DKIM1; k=rsa; p={key}") for key in (public_key(), other_key())))
        ),
        Kind.DKIM,
        Status.WRONG,
        {Problem.DKIM_OTHER_KEY},
    ),
    ("dkim revoked", put(DKIM, "TXT", '"v=DKIM1; p="'), Kind.DKIM, Status.WRONG, {Problem.DKIM_REVOKED}),
    ("dkim broken", put(DKIM, "TXT", '"v=DKIM1; p=!!!"'), Kind.DKIM, Status.WRONG, {Problem.DKIM_SYNTAX}),
    (
        "dkim for chat only",
        lambda zone: zone.put(rrset(DKIM, "TXT", quote_txt(f"v=DKIM1; s=chat; p={public_key()}"))),
        Kind.DKIM,
        Status.WRONG,
        {Problem.DKIM_SYNTAX},
    ),
    (
        "dkim behind an alias to nothing",
        instead(DKIM, "TXT", "CNAME", "gone.other.test."),
        Kind.DKIM,
        Status.MISSING,
        {Problem.CNAME_WITH_OTHER_DATA},
    ),
    ("srv gone", drop(AUTODISCOVER, "SRV"), Kind.SRV, Status.MISSING, set()),
    (
        "srv foreign",
        put(AUTODISCOVER, "SRV", "0 0 443 autodiscover.other.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_OTHER_TARGET},
    ),
    (
        "srv port",
        put(AUTODISCOVER, "SRV", "0 0 80 autodiscover.platform.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_OTHER_TARGET},
    ),
    (
        "srv foreign beside",
        put(AUTODISCOVER, "SRV", "0 0 443 autodiscover.platform.test.", "0 0 443 autodiscover.other.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_LEFTOVER},
    ),
    (
        "autodiscover of before",
        put(f"autodiscover.{APEX}", "CNAME", "autodiscover.other.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_LEFTOVER},
    ),
    (
        "srv behind an alias",
        instead(AUTODISCOVER, "SRV", "CNAME", "gone.other.test."),
        Kind.SRV,
        Status.MISSING,
        {Problem.CNAME_WITH_OTHER_DATA},
    ),
]

ADVICE: list[tuple[str, Damage, Kind, Status, set[Problem]]] = [
    ("dmarc gone", drop(f"_dmarc.{APEX}", "TXT"), Kind.DMARC, Status.MISSING, set()),
    (
        "two dmarc",
        put(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'),
        Kind.DMARC,
        Status.WRONG,
        {Problem.DMARC_SEVERAL},
    ),
    (
        "dmarc misspelt",
        put(f"_dmarc.{APEX}", "TXT", '"v=dmarc1; p=none"'),
        Kind.DMARC,
        Status.WRONG,
        {Problem.DMARC_SYNTAX},
    ),
    (
        "dmarc without policy",
        put(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=perhaps"'),
        Kind.DMARC,
        Status.WRONG,
        {Problem.DMARC_SYNTAX},
    ),
    (
        "dmarc behind an alias to nothing",
        instead(f"_dmarc.{APEX}", "TXT", "CNAME", "gone.other.test."),
        Kind.DMARC,
        Status.MISSING,
        {Problem.CNAME_WITH_OTHER_DATA},
    ),
    ("imaps gone", drop(f"_imaps._tcp.{APEX}", "SRV"), Kind.SRV, Status.MISSING, set()),
    (
        "imaps foreign",
        put(f"_imaps._tcp.{APEX}", "SRV", "0 0 993 imap.other.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_OTHER_TARGET},
    ),
    ("no imap said", put(f"_imaps._tcp.{APEX}", "SRV", "0 0 0 ."), Kind.SRV, Status.WRONG, {Problem.SRV_OTHER_TARGET}),
    ("autoconfig gone", drop(f"autoconfig.{APEX}", "CNAME"), Kind.SRV, Status.MISSING, set()),
    (
        "autoconfig foreign",
        put(f"autoconfig.{APEX}", "CNAME", "autoconfig.other.test."),
        Kind.SRV,
        Status.WRONG,
        {Problem.SRV_LEFTOVER},
    ),
]

PENDING: list[tuple[str, Damage, Kind, Status, set[Problem]]] = [
    ("token gone", drop(f"cm1234-check.{APEX}", "CNAME"), Kind.CNAME, Status.MISSING, set()),
    (
        "token elsewhere",
        put(f"cm1234-check.{APEX}", "CNAME", "verify.other.test."),
        Kind.CNAME,
        Status.WRONG,
        {Problem.CNAME_OTHER_TARGET},
    ),
    (
        "token as text",
        instead(f"cm1234-check.{APEX}", "CNAME", "TXT", '"verify.platform.test"'),
        Kind.CNAME,
        Status.WRONG,
        {Problem.CNAME_WITH_OTHER_DATA},
    ),
]


def turned(verdicts: dict[Kind, Verdict]) -> set[Kind]:
    return {kind for kind, verdict in verdicts.items() if verdict.status not in (Status.OK, Status.OFF)}


def damaged(damage: Damage, zone: Zone | None = None) -> SimDns:
    zone = zone or green_zone()
    damage(zone)
    return world(zone)


def mend(dns: SimDns, fixes: tuple[Fix, ...]) -> None:
    dns.everywhere(APEX, lambda zone: zone.publish(fixes))


def kept(before: Zone, after: Zone, fixes: tuple[Fix, ...]) -> bool:
    """Whether every record that no fix names is still there."""
    for key, rr in before.records.items():
        named = [fix for fix in fixes if (fix.name, fix.type) == key]
        if any(fix.action == "replace" for fix in named):
            continue
        removed = {value for fix in named if fix.action == "remove" for value in fix.values}
        there = after.records.get(key)
        if set(rr.values) - removed - set(there.values if there else ()):
            return False
    return True


@pytest.mark.parametrize(
    ("damage", "kind", "status", "problems"), [d[1:] for d in DAMAGES], ids=[d[0] for d in DAMAGES]
)
def test_damage_turns_its_own_check_red_and_the_fix_mends_it(
    damage: Damage, kind: Kind, status: Status, problems: set[Problem]
) -> None:
    dns = damaged(damage)
    before = dns.zone(APEX).copy()
    verdicts = dns.look(case())
    assert turned(verdicts) == {kind}
    verdict = verdicts[kind]
    assert (verdict.status, verdict.level, set(verdict.problems)) == (status, Level.REQUIRED, problems)
    assert verdict.reason
    assert verdict.facts["confirmed"] is True
    assert verdict.fixes
    mend(dns, verdict.fixes)
    assert turned(dns.look(case())) == set()
    assert kept(before, dns.zone(APEX), verdict.fixes)


@pytest.mark.parametrize(("damage", "kind", "status", "problems"), [d[1:] for d in ADVICE], ids=[d[0] for d in ADVICE])
def test_damage_to_a_recommended_record_is_advice(
    damage: Damage, kind: Kind, status: Status, problems: set[Problem]
) -> None:
    dns = damaged(damage)
    verdicts = dns.look(case())
    assert turned(verdicts) == {kind}
    verdict = verdicts[kind]
    assert (verdict.status, verdict.level, set(verdict.problems)) == (status, Level.RECOMMENDED, problems)
    mend(dns, verdict.fixes)
    assert turned(dns.look(case())) == set()


@pytest.mark.parametrize(
    ("damage", "kind", "status", "problems"), [d[1:] for d in PENDING], ids=[d[0] for d in PENDING]
)
def test_damage_to_the_token_of_a_pending_domain_is_red(
    damage: Damage, kind: Kind, status: Status, problems: set[Problem]
) -> None:
    pending = case(domain(verified=False))
    dns = damaged(damage)
    verdict = dns.look(pending)[kind]
    assert (verdict.status, verdict.level, set(verdict.problems)) == (status, Level.REQUIRED, problems)
    mend(dns, verdict.fixes)
    assert dns.look(pending)[kind].status == Status.OK


@pytest.mark.parametrize("damage", [d[1] for d in PENDING], ids=[d[0] for d in PENDING])
def test_the_token_of_a_verified_domain_is_off_unless_it_is_there(damage: Damage) -> None:
    assert damaged(damage).look(case())[Kind.CNAME].status == Status.OFF


HARMLESS: list[tuple[str, Damage]] = [
    ("mx priorities", put(APEX, "MX", "1 mx1.platform.test.", "50 mx2.platform.test.")),
    ("mx equal priorities", put(APEX, "MX", "10 mx2.platform.test.", "10 mx1.platform.test.")),
    ("mx listed otherwise", put(APEX, "MX", OURS_MX[1], OURS_MX[0])),
    ("mx twice", put(APEX, "MX", *OURS_MX, "40 mx1.platform.test.")),
    ("other txt records", put(APEX, "TXT", SPF, '"google-site-verification=x"', '"v=verify"', '""', '"v=spf10 x"')),
    ("spf case", spf("V=SPF1 INCLUDE:SPF.Platform.Test ~ALL")),
    ("spf split", put(APEX, "TXT", '"v=spf1 include:spf." "platform.test ~all"')),
    ("spf by addresses", spf("v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all")),
    ("spf with others", spf("v=spf1 mx include:spf.other.test include:spf.platform.test -all")),
    ("spf by redirect", spf("v=spf1 redirect=spf.platform.test")),
    (
        "dkim split otherwise",
        lambda zone: zone.put(rrset(DKIM, "TXT", f'"v=DKIM1; k=rsa; p={public_key()[:50]}" "{public_key()[50:]}"')),
    ),
    (
        "dkim tags in another order",
        lambda zone: zone.put(rrset(DKIM, "TXT", quote_txt(f"p={public_key()} ; k=rsa ; n=ours"))),
    ),
    (
        "dkim testing",
        lambda zone: zone.put(rrset(DKIM, "TXT", quote_txt(f"v=DKIM1; k=rsa; t=y; p={public_key()}"))),
    ),
    ("srv weight", put(AUTODISCOVER, "SRV", "10 5 443 autodiscover.platform.test.")),
    ("submissions instead", submissions),
    ("dmarc strict", put(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject; rua=mailto:d@example.com"')),
    ("a mere address", instead(f"autodiscover.{APEX}", "CNAME", "A", "198.51.100.9")),
    ("more in the zone", put(f"shop.{APEX}", "A", "198.51.100.9")),
]


@pytest.mark.parametrize("damage", [d[1] for d in HARMLESS], ids=[d[0] for d in HARMLESS])
@pytest.mark.parametrize("authoritative", [False, True])
def test_harmless_differences_turn_nothing(damage: Damage, authoritative: bool) -> None:
    verdicts = damaged(damage).look(case(authoritative=authoritative))
    assert turned(verdicts) == set()


def test_a_mere_address_at_autodiscover_is_advice() -> None:
    verdict = damaged(instead(f"autodiscover.{APEX}", "CNAME", "A", "198.51.100.9")).look(case())[Kind.SRV]
    assert verdict.status == Status.OK
    assert verdict.advice == (Problem.SRV_LEFTOVER,)
    assert verdict.fixes == ()


def test_a_green_domain_costs_one_round_of_a_dozen_questions() -> None:
    dns = world()
    assert turned(dns.look(case())) == set()
    assert dns.rounds == 1
    assert len(dns.asked) <= 12


def test_a_blank_domain_becomes_green_by_its_fixes_alone() -> None:
    pending = case(domain(verified=False))
    dns = world(blank_zone())
    before = dns.zone(APEX).copy()
    verdicts = dns.look(pending)
    red = {kind for kind, verdict in verdicts.items() if verdict.status in RED}
    assert red == {Kind.CNAME, Kind.MX, Kind.SPF, Kind.DKIM, Kind.SRV, Kind.DMARC}
    fixes = tuple(fix for verdict in verdicts.values() for fix in verdict.fixes)
    mend(dns, fixes)
    assert kept(before, dns.zone(APEX), fixes)
    after = dns.look(pending)
    assert turned(after) == set()
    assert after[Kind.CNAME].facts["proof"] is True


def test_an_mx_fix_says_what_it_does_to_the_accounts() -> None:
    dns = damaged(put(APEX, "MX", "10 mail.other.test."))
    verdict = dns.look(case(accounts=7))[Kind.MX]
    assert verdict.facts["accounts"] == 7
    assert verdict.facts["moves_mail"] is True
    assert verdict.facts["hosts"] == ["mail.other.test"]


def test_thousands_of_texts_at_the_apex_hide_nothing() -> None:
    texts = tuple(f'"verification-{number}=x"' for number in range(3000))
    dns = damaged(put(APEX, "TXT", *texts, SPF))
    verdict = dns.look(case())[Kind.SPF]
    assert verdict.status == Status.OK
    assert verdict.found[0].values == (SPF,)
    dns = damaged(put(APEX, "TXT", *texts, '"v=spf1 -all"'))
    verdict = dns.look(case())[Kind.SPF]
    assert sum(len(fix.values) for fix in verdict.fixes) == 2


def test_an_spf_record_that_would_pass_the_limit_gets_no_fix() -> None:
    zone = green_zone()
    spf("v=spf1 " + " ".join(f"a:www.{n}.other.test" for n in range(2)) + " " + " ".join(["mx"] * 8) + " -all")(zone)
    verdict = world(zone).look(case())[Kind.SPF]
    assert verdict.status == Status.WRONG
    assert verdict.fixes == ()
    assert verdict.facts["beyond"] == Problem.SPF_LOOKUPS


def test_spf_faults_that_no_evaluation_reaches_are_advice() -> None:
    many = "v=spf1 include:spf.platform.test " + "mx " * 10 + "~all"
    verdict = damaged(spf(many)).look(case())[Kind.SPF]
    assert verdict.status == Status.OK
    assert verdict.advice == (Problem.SPF_LOOKUPS,)


def test_our_own_include_that_does_not_resolve_is_nobodys_wrong_record() -> None:
    dns = world()
    dns.zone("platform.test.").drop("spf.platform.test.", "TXT")
    verdict = dns.look(case())[Kind.SPF]
    assert (verdict.status, verdict.reason) == (Status.UNKNOWN, "platform-at-fault")
    dns = damaged(spf())
    dns.zone("platform.test.").drop("spf.platform.test.", "TXT")
    verdict = dns.look(case())[Kind.SPF]
    assert verdict.status == Status.MISSING
    assert verdict.fixes[0].values == (SPF,)


def test_hosts_of_before_a_move_are_accepted_until_the_date() -> None:
    old = replace(HOSTS, mx=("old1.platform.test",), autodiscover="oldauto.platform.test", imap="oldimap.platform.test")
    before = replace(PLATFORM, hosts=old)
    zone = green_zone(platform=before)
    for until, status in (("2026-11-24", Status.OK), ("2026-11-23", Status.WRONG)):
        verdicts = world(zone.copy()).look(case(platform=replace(PLATFORM, previous=old, previous_until=until)))
        assert verdicts[Kind.MX].status == status
        assert verdicts[Kind.SRV].status == status
        if status == Status.OK:
            assert verdicts[Kind.MX].advice == (Problem.PREVIOUS_HOSTS,)
            assert verdicts[Kind.MX].facts["until"] == until


def test_without_keys_token_and_target_those_checks_are_off() -> None:
    verdicts = world().look(case(domain(token=None, dkim={})))
    assert {kind for kind, verdict in verdicts.items() if verdict.status == Status.OFF} == {
        Kind.CNAME,
        Kind.DKIM,
        Kind.TARGET,
    }


# -- split domains


SPLIT: list[tuple[str, Damage, Status, set[Problem], bool]] = [
    ("ours", lambda zone: None, Status.OK, set(), False),
    ("theirs", put(APEX, "MX", "10 mail.other.test."), Status.OK, set(), False),
    ("both", put(APEX, "MX", "5 mail.other.test.", *OURS_MX), Status.OK, set(), False),
    ("gone", drop(APEX, "MX"), Status.MISSING, set(), True),
    ("null", put(APEX, "MX", "0 ."), Status.WRONG, {Problem.MX_NULL}, True),
    ("address", put(APEX, "MX", "10 192.0.2.3."), Status.WRONG, {Problem.MX_IS_ADDRESS}, True),
    (
        "address beside theirs",
        put(APEX, "MX", "10 mail.other.test.", "10 192.0.2.3."),
        Status.WRONG,
        {Problem.MX_IS_ADDRESS},
        True,
    ),
    ("alias", put(APEX, "MX", "10 alias.other.test."), Status.WRONG, {Problem.MX_IS_CNAME}, False),
    ("to nothing", put(APEX, "MX", "10 gone.other.test."), Status.WRONG, {Problem.MX_TARGET_MISSING}, False),
]


@pytest.mark.parametrize(("damage", "status", "problems", "fixed"), [s[1:] for s in SPLIT], ids=[s[0] for s in SPLIT])
def test_mx_of_a_split_domain(damage: Damage, status: Status, problems: set[Problem], fixed: bool) -> None:
    facts = split_domain()
    dns = damaged(damage, green_zone(facts))
    verdicts = dns.look(case(facts))
    verdict = verdicts[Kind.MX]
    assert (verdict.status, set(verdict.problems), bool(verdict.fixes)) == (status, problems, fixed)
    assert turned(verdicts) == ({Kind.MX} if status in RED else set())
    if fixed:
        foreign = {value for value in _mx(dns) if "other.test" in value}
        mend(dns, verdict.fixes)
        assert dns.look(case(facts))[Kind.MX].status == Status.OK
        assert foreign <= set(_mx(dns))


def _mx(dns: SimDns) -> tuple[str, ...]:
    rr = dns.zone(APEX).records.get((APEX, "MX"))
    return rr.values if rr is not None else ()


def test_mail_of_a_split_domain_that_enters_elsewhere_is_said() -> None:
    facts = split_domain()
    dns = damaged(put(APEX, "MX", "10 mail.other.test."), green_zone(facts))
    assert dns.look(case(facts))[Kind.MX].facts["enters_elsewhere"] is True


def test_an_exchanger_to_nothing_beside_others_in_a_split_domain_is_advice() -> None:
    facts = split_domain()
    dns = damaged(put(APEX, "MX", "10 gone.other.test.", "20 mail.other.test."), green_zone(facts))
    verdict = dns.look(case(facts))[Kind.MX]
    assert (verdict.status, verdict.advice) == (Status.OK, (Problem.MX_TARGET_MISSING,))


def test_dead_exchangers_of_a_split_domain_are_red_only_where_their_zone_says_so() -> None:
    facts = split_domain()
    dns = damaged(put(APEX, "MX", "10 gone.other.test."), green_zone(facts))
    dns.remember(("gone.other.test.", "A"), ("other.test.", "NS"))
    dns.servers[OTHERS].failure = Failure.TIMEOUT
    assert dns.look(case(facts))[Kind.MX].status not in RED


@pytest.mark.parametrize("damage", [d[1] for d in DAMAGES if d[2] == Kind.SRV])
def test_services_of_a_split_domain_are_advice_without_replace_or_remove(damage: Damage) -> None:
    facts = split_domain()
    verdict = damaged(damage, green_zone(facts)).look(case(facts))[Kind.SRV]
    assert verdict.level == Level.RECOMMENDED
    assert {fix.action for fix in verdict.fixes} <= {"add"}
