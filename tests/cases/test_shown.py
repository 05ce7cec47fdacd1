"""Pages and zone files show what is there where that is right, and never what cannot stand beside it."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.show.records import THERE, Standing
from domains.records import Kind
from domains.rrset import txt_text
from domains.rules.verdicts import RED, Status

from .paper import WORLD, PaperWorld
from .shown import in_effect, page_of_check, page_of_domain, zone_file

KEY = WORLD["key"]
OURS = f'"v=DKIM1; k=rsa; p={KEY[:200]}" "{KEY[200:]}"'

SERVICES = """
_autodiscover._tcp SRV 0 0 443 autodiscover.mail.example.
_imaps._tcp SRV 0 0 993 pro1.mail.example.
autoconfig CNAME autodiscover.mail.example.
"""
USUAL = {
    "MX": "@ MX 10 mx1.mail.example.\n@ MX 20 mx2.mail.example.",
    "SPF": '@ TXT "v=spf1 include:spf.mail.example ~all"',
    "DKIM": f"sel._domainkey TXT {OURS}",
    "SRV": f"{SERVICES}_submission._tcp SRV 0 0 587 pro1.mail.example.\nautodiscover CNAME autodiscover.mail.example.",
    "DMARC": '_dmarc TXT "v=DMARC1; p=none"',
}
BY_ANOTHER_WAY = {
    "SPF by addresses": ("SPF", '@ TXT "v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"'),
    "SPF by redirection": ("SPF", '@ TXT "v=spf1 redirect=spf.mail.example"'),
    "SPF through another include": ("SPF", '@ TXT "v=spf1 include:all.signer.example -all"\n@ TXT "site=1"'),
    "MX with other numbers": ("MX", "@ MX 1 mx1.mail.example.\n@ MX 5 mx2.mail.example."),
    "DKIM through an alias": ("DKIM", "sel._domainkey CNAME key.signer.example."),
    "DKIM split elsewhere": (
        "DKIM",
        f'sel._domainkey TXT "v=DKIM1; k=rsa;" "p={KEY[:99]}" "{KEY[99:250]}" "{KEY[250:]}"',
    ),
    "submission by implicit TLS": (
        "SRV",
        f"{SERVICES}_submissions._tcp SRV 0 0 465 pro1.mail.example.\nautodiscover CNAME autodiscover.mail.example.",
    ),
    "autodiscover through a second alias": (
        "SRV",
        f"{SERVICES}_submission._tcp SRV 9 9 587 pro1.mail.example.\nautodiscover CNAME autoalias.other.example.",
    ),
    "DMARC at a host": ("DMARC", "_dmarc CNAME dm.other.example."),
    "DMARC with a stricter policy": ("DMARC", '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:a@way.test"'),
}


def case_of(**parts: str) -> dict[str, Any]:
    return {
        "name": "way.test",
        "zone": "way.test",
        "text": "\n".join((USUAL | parts).values()) + "\n",
        "dkim": {"sel": "@key"},
        "zones": {
            "signer.example": f'key TXT {OURS}\nall TXT "v=spf1 include:spf.mail.example -all"\n',
        },
    }


@pytest.mark.parametrize("way", BY_ANOTHER_WAY)
def test_a_green_check_shows_what_is_there_and_nothing_as_missing(way: str) -> None:
    kind, text = BY_ANOTHER_WAY[way]
    world = PaperWorld(case_of(**{kind: text}))
    verdicts = world.judged()
    check = verdicts[Kind(kind)]
    assert check.status == Status.OK
    for rows in (page_of_check(world, check), [row for row in page_of_domain(world, verdicts) if row.kind == kind]):
        assert rows
        assert {row.standing for row in rows} == {Standing.OK}
        for row in rows:
            assert row.value in in_effect(world, row.name, row.type)


def test_a_policy_from_above_is_in_effect_and_none_is_missing_below() -> None:
    world = PaperWorld(case_of(DMARC='_dmarc TXT "v=DMARC1; p=reject"') | {"name": "sub.way.test"})
    verdicts = world.judged()
    assert verdicts[Kind.DMARC].status == Status.OK
    assert not page_of_check(world, verdicts[Kind.DMARC])
    assert not [row for row in page_of_domain(world, verdicts) if row.kind == Kind.DMARC]
    assert not [record for record in zone_file(world, verdicts) if record.kind == Kind.DMARC]


@pytest.mark.parametrize("way", BY_ANOTHER_WAY)
def test_what_is_on_its_way_shows_what_the_authoritative_servers_have(way: str) -> None:
    """The resolvers still keep the time before; whatever way it is right, that is how it should be."""
    kind, text = BY_ANOTHER_WAY[way]
    world = PaperWorld(case_of(**{kind: ""}))
    assert world.judged()[Kind(kind)].status in RED
    world.dns.remember(*{(q.name, q.type) for q in world.dns.asked if q.server is None})
    right = PaperWorld(case_of(**{kind: text}))
    there = right.dns.zone("way.test.").records
    zone = world.dns.zone("way.test.")
    zone.records, zone.serial = dict(there), 2
    verdicts = world.judged()
    check = verdicts[Kind(kind)]
    assert check.status == Status.PROPAGATING
    for rows in (page_of_check(world, check), [row for row in page_of_domain(world, verdicts) if row.kind == kind]):
        assert rows
        for row in rows:
            assert row.value in in_effect(right, row.name, row.type)
        assert Standing.PROPAGATING in {row.standing for row in rows}
        assert {row.standing for row in rows} <= THERE


WILD = {
    "a text": '*.wild.test. TXT "hello"',
    "a policy of SPF": '*.wild.test. TXT "v=spf1 include:spf.other.example -all"',
    "an alias": "*.wild.test. CNAME web.other.example.",
    "addresses and a text": '*.wild.test. A 203.0.113.80\n*.wild.test. TXT "hello"',
    "a mail exchanger": "*.wild.test. MX 5 mx1.other.example.",
}


@pytest.mark.parametrize("wild", WILD)
@pytest.mark.parametrize("name", ["wild.test", "sub.wild.test"])
@pytest.mark.parametrize("mode", ["authoritative", "non_authoritative"])
def test_what_a_wildcard_made_up_is_listed_beside_nothing_of_ours(wild: str, name: str, mode: str) -> None:
    case: dict[str, Any] = {
        "name": name,
        "zone": "wild.test",
        "text": f"{WILD[wild]}\n",
        "dkim": {"sel": "@key"},
        "token": "_abc-check",
        "verified": False,
        "mode": mode,
        "target": "mx1.other.example" if mode == "non_authoritative" else "",
    }
    world = PaperWorld(case)
    verdicts = world.judged()
    records = zone_file(world, verdicts)
    key, token = f"sel._domainkey.{name}.", f"_abc-check.{name}."
    ((type_, value),) = {(r.type, value) for r in records if r.name == key for value in r.values}
    assert (type_, txt_text(value)) == ("TXT", f"v=DKIM1; k=rsa; p={KEY}")
    assert {(r.type, r.values) for r in records if r.name == token} == {("CNAME", ("verify.mail.example.",))}
    for record in records:
        if record.type == "TXT":
            assert sum("v=spf1" in value for value in record.values) <= 1
    for kind, place in ((Kind.DKIM, key), (Kind.CNAME, token)):
        for rows in (page_of_check(world, verdicts[kind]), page_of_domain(world, verdicts)):
            (row,) = [row for row in rows if row.name == place]
            assert (row.standing, row.now, row.action) == (Standing.MISSING, (), "add")
    planned = world.planned()
    world.publish(planned.writable())
    for record in records:
        if record.kind != Kind.MX or mode == "authoritative":
            assert set(record.values) <= set(in_effect(world, record.name, record.type)), record
    after = world.judged()
    shown = [row for row in page_of_domain(world, after) if after[Kind(row.kind)].status == Status.OK]
    assert {row.standing for row in shown} <= THERE
