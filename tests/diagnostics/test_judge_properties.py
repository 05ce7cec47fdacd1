"""What holds whatever happens: no failure turns anything red, and fixes mend."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diagnostics.judge import CheckInput
from domains.lookup.answers import Failure, Question
from domains.records import DomainFacts, Kind
from domains.rrset import quote_txt
from domains.rules.verdicts import RED, Doubt, Status

from .simdns import (
    HOSTS,
    NS1,
    SimDns,
    Zone,
    blank_zone,
    case,
    domain,
    green_zone,
    public_key,
    required,
    rrset,
    split_domain,
    world,
)
from .test_judge_damage import ADVICE, DAMAGES, Damage, kept

APEX = "example.com."
FAILURES = st.sampled_from(list(Failure))


def plain() -> tuple[SimDns, DomainFacts]:
    return world(), domain()


def split() -> tuple[SimDns, DomainFacts]:
    facts = split_domain()
    zone = green_zone(facts)
    zone.put(rrset(APEX, "MX", "10 mail.other.test.", "20 mx1.platform.test."))
    return world(zone), facts


def intricate() -> tuple[SimDns, DomainFacts]:
    """A key behind aliases, includes of others, a policy of the parent, a zone cut below."""
    facts = domain("mail.example.com")
    zone = blank_zone()
    zone.records |= required(facts)
    zone.put(
        rrset(
            "mail.example.com.",
            "TXT",
            '"v=spf1 a:mail.other.test include:spf.other.test mx include:spf.platform.test -all"',
        ),
        rrset(f"*.{APEX}", "A", "198.51.100.80"),
        rrset("_domainkey.mail.example.com.", "NS", "ns.other.test."),
    )
    for name, type_ in (
        ("cm1._domainkey.mail.example.com.", "TXT"),
        ("_dmarc.mail.example.com.", "TXT"),
        ("autoconfig.mail.example.com.", "CNAME"),
        ("_imaps._tcp.mail.example.com.", "SRV"),
    ):
        zone.drop(name, type_)
    zone.put(rrset(f"_dmarc.{APEX}", "TXT", '"v=DMARC1; p=reject"'))
    dns = world(zone)
    keys = dns.serve(Zone("_domainkey.mail.example.com."), "203.0.113.2")
    keys.put(
        rrset("_domainkey.mail.example.com.", "NS", "ns.other.test."),
        rrset("cm1._domainkey.mail.example.com.", "CNAME", "key.other.test."),
    )
    dns.zone("other.test.").put(rrset("key.other.test.", "TXT", quote_txt(f"v=DKIM1; k=rsa; p={public_key()}")))
    return dns, facts


def on_its_way() -> tuple[SimDns, DomainFacts]:
    """Mended at home, the resolvers remember how it was."""
    dns = world(blank_zone())
    facts = domain()
    dns.remember(*required(facts))
    dns.everywhere(APEX, lambda zone: zone.records.update(green_zone(facts).records))
    return dns, facts


def lagging() -> tuple[SimDns, DomainFacts]:
    """Mended at the primary; the secondary and the resolvers have yet to learn of it."""
    dns = world(blank_zone())
    facts = domain()
    dns.remember(*required(facts))
    dns.zone(APEX, NS1).records.update(green_zone(facts).records)
    dns.zone(APEX, NS1).serial += 1
    return dns, facts


def red_for(dns: SimDns, facts: DomainFacts, **flags: Any) -> set[Kind]:
    verdicts = dns.look(case(facts, **flags))
    return {kind for kind, v in verdicts.items() if v.status in RED and v.level == "required"}


CORPUS = [plain, split, intricate, on_its_way, lagging]


@pytest.mark.parametrize("build", CORPUS)
def test_the_corpus_is_right(build) -> None:
    dns, facts = build()
    for pending in (False, True):
        for authoritative in (False, True):
            assert (
                red_for(dns, DomainFacts(**{**_fields(facts), "verified": not pending}), authoritative=authoritative)
                == set()
            )


def _fields(facts: DomainFacts) -> dict[str, Any]:
    return {name: getattr(facts, name) for name in DomainFacts.__slots__}


class Lottery:
    """The same fate for the same question, whenever it is asked."""

    def __init__(self, seed: int, rate: float, failures: list[Failure]) -> None:
        self.seed = seed
        self.rate = rate
        self.failures = failures

    def __call__(self, question: Question) -> Failure | None:
        chance = random.Random(f"{self.seed} {question}")
        return chance.choice(self.failures) if chance.random() < self.rate else None


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(CORPUS),
    st.integers(0, 10**9),
    st.sampled_from([0.02, 0.1, 0.3, 0.6, 1.0]),
    st.lists(FAILURES, min_size=1, max_size=4, unique=True),
    st.booleans(),
    st.booleans(),
)
def test_no_failure_of_any_questions_turns_anything_red(build, seed, rate, failures, authoritative, verified) -> None:
    dns, facts = build()
    dns.fault = Lottery(seed, rate, failures)
    facts = DomainFacts(**{**_fields(facts), "verified": verified})
    verdicts = dns.look(case(facts, authoritative=authoritative))
    red = {kind: v for kind, v in verdicts.items() if v.status in RED}
    assert {kind for kind, v in red.items() if v.level == "required"} == set()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([plain, split, intricate]), st.integers(0, 10**9), st.sampled_from([0.1, 0.4, 1.0]), FAILURES)
def test_a_second_look_at_a_right_domain_turns_nothing_red_either(build, seed, rate, failure) -> None:
    """Where the resolvers are right, no doubt of any failing look may end red."""
    dns, facts = build()
    dns.fault = Lottery(seed, rate, [failure])
    for verdict in dns.look(case(facts, authoritative=True)).values():
        doubt: Doubt | None = verdict.doubt
        if doubt is not None and failure != Failure.BOGUS:
            assert doubt.then.status not in RED or doubt.then.level == "recommended"


DAMAGE = [(damage, kind) for _, damage, kind, _, _ in [*DAMAGES, *ADVICE]]


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(DAMAGE), min_size=1, max_size=5), st.booleans())
def test_the_fixes_of_any_damages_together_mend_everything_and_touch_nothing_else(damages, authoritative) -> None:
    zone = green_zone()
    for damage, _ in damages:
        _do(damage, zone)
    dns = world(zone)
    before = dns.zone(APEX).copy()
    verdicts = dns.look(case(authoritative=authoritative))
    assert {k for k, v in verdicts.items() if v.status not in (Status.OK, Status.OFF)} <= {kind for _, kind in damages}
    fixes = tuple(fix for verdict in verdicts.values() for fix in verdict.fixes)
    dns.everywhere(APEX, lambda zone: zone.publish(fixes))
    after = dns.look(case(authoritative=authoritative))
    assert {k for k, v in after.items() if v.status not in (Status.OK, Status.OFF)} == set()
    assert kept(before, dns.zone(APEX), fixes)


def _do(damage: Damage, zone: Zone) -> None:
    try:
        damage(zone)
    except KeyError:  # another damage has already taken it away
        return
    aliases = {name for name, type_ in zone.records if type_ == "CNAME"}
    for name, type_ in list(zone.records):
        if name in aliases and type_ != "CNAME":
            zone.drop(name, type_)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(DAMAGE), st.integers(0, 10**9), st.sampled_from([0.1, 0.3, 0.6]), FAILURES)
def test_failures_beside_a_damage_never_turn_another_check_red(damage, seed, rate, failure) -> None:
    zone = green_zone()
    damage[0](zone)
    dns = world(zone)
    dns.fault = Lottery(seed, rate, [failure])
    assert red_for(dns, domain()) <= {damage[1]}


TERMS = [
    "a",
    "mx",
    "ptr",
    "-mx",
    "~all",
    "?all",
    "-all",
    "+all",
    "ip4:198.51.100.0/24",
    "-ip4:192.0.2.0/24",
    "include:spf.other.test",
    "include:gone.other.test",
    "include:spf.platform.test",
    "redirect=spf.other.test",
    "ip4:1.2.3",
    "ip4:1.2.3.4:25",
    "include:",
    "foo",
    "exists:%{i}.other.test",
    "include:open.other.test",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(TERMS),
        max_size=6,
    ),
    st.lists(st.sampled_from(["v=spf1 mx -all", "v=spf1 include:spf.other.test ~all", "V=SPF1 +all"]), max_size=2),
)
def test_an_spf_fix_mends_and_keeps_what_was_authorised(terms, more) -> None:
    records = [" ".join(["v=spf1", *terms]), *more]
    zone = green_zone()
    zone.put(rrset(APEX, "TXT", '"keep me"', *dict.fromkeys(quote_txt(record) for record in records)))
    dns = world(zone)
    verdict = dns.look(case())[Kind.SPF]
    if verdict.status == Status.OK:
        return
    assert verdict.status in RED
    if not verdict.fixes:
        assert verdict.facts.get("beyond") or verdict.facts["ambiguous"]
        return
    dns.everywhere(APEX, lambda zone: zone.publish(verdict.fixes))
    after = dns.look(case())[Kind.SPF]
    assert after.status == Status.OK
    assert '"keep me"' in dns.zone(APEX).records[APEX, "TXT"].values
    text = after.found[0].values[0]
    for term in ("ip4:198.51.100.0/24", "include:spf.other.test"):
        before_all = terms[: next((i for i, t in enumerate(terms) if t.lstrip("+-~?") == "all"), len(terms))]
        if term in before_all:
            assert term in text


def test_the_cases_of_a_look_are_small() -> None:
    dns, facts = intricate()
    flags: CheckInput = case(facts, authoritative=True)
    dns.look(flags)
    assert dns.rounds <= 8
    assert len(dns.asked) <= 120
    assert HOSTS.mx
