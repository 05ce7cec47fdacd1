"""For any zone: green is left alone, what is applied helps or is said to be left, and nothing that worked fails.

Zones are put together at random from what is found in the field. `EXAMPLES=5000 pytest tests/cases/test_any_zone.py`
tries more of them.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diagnostics.show.records import Standing
from domains.lookup.answers import Answers
from domains.records import Kind
from domains.rrset import Action
from domains.rules.deciding import Left
from domains.rules.fingerprints import fingerprint
from domains.rules.intents import can_be_intended
from domains.rules.policy import discover_policy
from domains.rules.verdicts import RED, Status
from domains.spf import Result, check_host

from .paper import WORLD, PaperWorld, comparable
from .shown import in_effect, page_of_check, zone_file

EXAMPLES = int(os.environ.get("EXAMPLES", "120"))
ASIDE = (Kind.NS, Kind.TARGET)
KEY = WORLD["key"]
OUTBOUND = WORLD["platform"]["outbound"]
SENDERS = (*OUTBOUND, "203.0.113.25", "203.0.113.200", "203.0.113.80", "198.51.100.9", "2001:db8:1::25")

MX = [
    "{n} MX 10 mx1.mail.example.\n{n} MX 20 mx2.mail.example.",
    "{n} MX 20 mx1.mail.example.\n{n} MX 10 mx2.mail.example.",
    "{n} MX 10 mx1.other.example.",
    "{n} MX 10 mx1.mail.example.\n{n} MX 30 mx1.other.example.",
    "{n} MX 0 .",
    "{n} MX 10 toours.other.example.",
    "{n} MX 10 alias.other.example.",
    "{n} MX 10 gone.other.example.",
    "{n} MX 10 192.0.2.10.",
    "",
]
SPF = [
    '{n} TXT "v=spf1 include:spf.mail.example ~all"',
    '{n} TXT "v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"',
    '{n} TXT "v=spf1 include:spf.other.example -all"',
    '{n} TXT "v=spf1 include:gone.other.example include:spf.mail.example ~all"',
    '{n} TXT "v=spf1 include:{d} include:spf.mail.example ~all"',
    '{n} TXT "v=spf1 -ip4:192.0.2.25 include:spf.mail.example a:web.other.example -all"',
    '{n} TXT "v=spf1 mx +all"',
    '{n} TXT "v=spf1 a mx ~all"\n{n} TXT "v=spf1 include:spf.mail.example -all"',
    '{n} TXT "v=spf1 redirect=spf.other.example"',
    '{n} TXT "v=spf1 ip4:203.0.113.0/24 include:spf.mail.example ~alll"',
    '{n} TXT "v=spf1 ip4:mail.other.example ~all"',
    '{n} TXT "v=spf1include:spf.other.example -all"',
    '{n} TXT "site-verification=1"',
    '{d} TXT "v=spf1 include:spf.other.example ~all"',
    "",
]
DKIM = [
    f'sel._domainkey.{{n}} TXT "v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"',
    f'sel._domainkey.{{n}} TXT "v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"\nsel._domainkey.{{n}} TXT "hello"',
    'sel._domainkey.{n} TXT "v=DKIM1; p="',
    'sel._domainkey.{n} TXT "nothing of a key"',
    "sel._domainkey.{n} CNAME key.signer.example.",
    "sel._domainkey.{n} CNAME gone.other.example.",
    "",
]
SRV = [
    "_autodiscover._tcp.{n} SRV 0 0 443 autodiscover.mail.example.",
    "_autodiscover._tcp.{n} SRV 5 7 443 autodiscover.mail.example.",
    "_autodiscover._tcp.{n} SRV 0 443 0 autodiscover.mail.example.",
    "_autodiscover._tcp.{n} SRV 0 0 443 autodiscover.other.example.",
    "_autodiscover._tcp.{n} SRV 0 0 443 autodiscover.mail.example.\n"
    "_autodiscover._tcp.{n} SRV 0 0 443 autodiscover.other.example.",
    "_autodiscover._tcp.{n} CNAME autodiscover.other.example.",
    "",
]
SUBMISSION = [
    "_submission._tcp.{n} SRV 0 0 587 pro1.mail.example.",
    "_submissions._tcp.{n} SRV 0 0 465 pro1.mail.example.",
    "_submission._tcp.{n} SRV 0 0 0 .",
    "",
]
ALIASES = [
    "autodiscover.{n} CNAME autodiscover.mail.example.",
    "autodiscover.{n} CNAME autoalias.other.example.",
    "autodiscover.{n} CNAME autodiscover.other.example.",
    "autodiscover.{n} A 192.0.2.10",
    "autodiscover.{n} A 203.0.113.81",
    'autodiscover.{n} TXT "x"',
    "",
]
DMARC = [
    '_dmarc.{n} TXT "v=DMARC1; p=none"',
    '_dmarc.{n} TXT "v=DMARC1; p=reject; sp=quarantine; rua=mailto:a@{z}"',
    "_dmarc.{n} CNAME dm.other.example.",
    "_dmarc.{n} CNAME gone.other.example.",
    '_dmarc.{n} TXT "v=DMARC1; p=reject; rua=mailto:a@{z}"\n_dmarc.{n} TXT "v=DMARC1; p=quarantine"',
    '_dmarc.{n} TXT "v=dmarc1; p=quarantine; ruf=mailto:f@{z}"',
    '_dmarc.{d} TXT "v=DMARC1; p=reject; rua=mailto:a@{z}"',
    "",
]
ABOVE = ["", '_dmarc.{z}. TXT "v=DMARC1; p=reject; sp=reject; np=reject"']
WILD = [
    *[""] * 3,
    "*.{z}. A 198.51.100.80",
    '*.{z}. TXT "v=spf1 include:spf.other.example -all"',
    '*.{z}. TXT "v=DMARC1; p=reject"',
    "*.{z}. CNAME web.other.example.",
    "*.{z}. MX 5 mx1.other.example.",
]
PARTS = (MX, SPF, DKIM, SRV, SUBMISSION, ALIASES, DMARC, ABOVE, WILD)


@st.composite
def zones(draw: st.DrawFn) -> dict[str, Any]:
    zone = "any.test"
    name = draw(st.sampled_from([zone, f"sub.{zone}"]))
    lines = [draw(st.sampled_from(part)).format(n=f"{name}.", z=zone, d=f"{name}.{name}.") for part in PARTS]
    if name == zone:
        lines[PARTS.index(ABOVE)] = ""
    text = "\n".join(dict.fromkeys(line for part in lines for line in part.splitlines() if line))
    split = draw(st.booleans())
    return {
        "name": name,
        "zone": zone,
        "text": text + "\n",
        "mode": "non_authoritative" if split else "authoritative",
        "target": "mx1.other.example" if split else "",
        "dkim": {"sel": "@key"},
        "zones": {"signer.example": f'key TXT "v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"\n'},
    }


def passing(world: PaperWorld) -> set[str]:
    """The senders that pass, but for those whom only `+all` lets pass."""
    name = f"{world.case['name']}."
    found = set()
    for sender in SENDERS:
        answers = Answers()
        while (result := check_host(sender, name, answers)) is None:
            world.dns.answers(answers)
        if result.result == Result.PASS:
            found.add(sender)
    return found


def policy(world: PaperWorld) -> Any:
    """Who asks for what, where a policy is in effect."""
    answers = Answers()
    while (found := discover_policy(f"{world.case['name']}.", answers)) is None:
        world.dns.answers(answers)
    record = found.record
    if record is None or not record.applies:
        return None
    return found.name, record.p, record.sp, record.np, set(record.rua), set(record.ruf)


@given(case=zones(), later=st.booleans())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_green_is_left_alone_applied_helps_or_is_said_and_nothing_that_worked_fails(
    case: dict[str, Any], later: bool
) -> None:
    world = PaperWorld(case)
    before = world.judged()
    planned = world.planned()
    for decision in planned.decisions:
        seen = before[decision.kind]
        assert (seen.status, comparable(seen.fixes)) == (decision.verdict.status, comparable(decision.verdict.fixes))
        if seen.status == Status.OK:
            assert not decision.fixes_anything
    senders, asked = passing(world), policy(world)
    kinds = [d.kind for d in planned.decisions if not (later and d.kind == Kind.MX)]
    opened = "+all" in case["text"]
    world.publish(planned.writable(kinds))
    after = world.judged()
    not_green = {kind for kind, v in after.items() if v.status in (*RED, Status.UNKNOWN) and kind not in ASIDE}
    assert not_green == set(planned.left(kinds))
    green = {kind for kind, v in before.items() if v.status == Status.OK}
    assert not green & not_green
    if not opened:
        assert senders <= passing(world)
    if asked is not None:
        assert policy(world) == asked
    if case["mode"] == "non_authoritative":
        theirs = {line for line in case["text"].splitlines() if "SRV" in line and "other.example" in line}
        there = world.dns.zone("any.test.").records
        for line in theirs:
            owner, type_, value = line.split(" ", 2)
            assert value in there[owner, type_].values


@given(case=zones())
@settings(max_examples=EXAMPLES // 2, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_intended_is_left_as_it_is_by_all_fixes(case: dict[str, Any]) -> None:
    world = PaperWorld(case)
    red = [v for v in world.judged().values() if can_be_intended(v.kind, v.status, v.problems) and v.kind not in ASIDE]
    intents = {v.kind: fingerprint(v.found) for v in red[:2]}
    planned = world.planned(intents)
    assert all(planned.left()[kind] == Left.INTENDED for kind in intents)
    world.publish(planned.writable())
    after = world.judged()
    for kind, intent in intents.items():
        assert fingerprint(after[kind].found) == intent


@given(case=zones())
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_green_adds_no_line_to_the_zone_file_and_what_is_red_only_what_its_fixes_publish(
    case: dict[str, Any],
) -> None:
    world = PaperWorld(case)
    verdicts = world.judged()
    records = zone_file(world, verdicts)
    for record in records:
        verdict = verdicts[Kind(record.kind)]
        there = in_effect(world, record.name, record.type)
        new = set(record.values) - set(there)
        if verdict.status == Status.OK:
            assert not new, record
        elif verdict.status in RED:
            published = {value for fix in verdict.fixes if fix.action != Action.REMOVE for value in fix.values}
            assert new <= published, record
    aliases = {record.name for record in records if record.type == "CNAME"}
    assert not [record for record in records if record.type != "CNAME" and record.name in aliases]
    for verdict in verdicts.values():
        if verdict.status == Status.OK and verdict.kind not in ASIDE:
            for row in page_of_check(world, verdict):
                assert row.standing == Standing.OK
                assert row.value in in_effect(world, row.name, row.type)
