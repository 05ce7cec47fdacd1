"""The list of changes and the records that should be there, laid out for people."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from diagnostics.plain import fields
from diagnostics.show.changes import snippet, wanted_records
from diagnostics.show.hosts import Writing, parts, written
from diagnostics.show.records import RecordRow, Standing, progress, table, table_of_check
from domains.records import DomainFacts, Hosts, Kind, Level, Mode, PlatformFacts, required_records
from domains.rrset import RRset
from domains.rules.beside import Beside
from domains.rules.verdicts import Status, Verdict
from domains.rules.why import SpfPlusAll

PLATFORM = PlatformFacts(
    "pro7",
    Hosts(
        mx=("mx1.mail.example", "mx2.mail.example"),
        autodiscover="auto.mail.example",
        imap="imap.mail.example",
        smtp="smtp.mail.example",
        spf_include="spf.mail.example",
        verification="verify.mail.example",
    ),
    ("192.0.2.1",),
)


@dataclass
class Check:
    kind: str
    status: str = "ok"
    intended: bool = False
    found: list[dict[str, Any]] = field(default_factory=list)
    fixes: list[dict[str, Any]] = field(default_factory=list)
    expected: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    witnesses: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    level: str = "required"


def rrset(name: str, type_: str, *values: str) -> dict[str, Any]:
    return {"name": name, "type": type_, "ttl": 300, "values": list(values)}


def wanted(*checks: Check, target: str = "") -> dict[tuple[str, str], tuple[str, ...]]:
    mode = Mode.NON_AUTHORITATIVE if target else Mode.AUTHORITATIVE
    required = required_records(DomainFacts("shop.example", mode, target, token="t-check"), PLATFORM)
    records = wanted_records(required, checks, ttl=3600)
    return {(record.name, record.type): record.values for record in records}


def test_without_any_look_the_textbook_says_what_should_be_there_and_the_mx_comes_last() -> None:
    records = wanted()
    assert list(records)[-1] == ("shop.example.", "MX")
    assert records["t-check.shop.example.", "CNAME"] == ("verify.mail.example.",)


def test_the_proof_is_left_out_once_it_is_not_needed() -> None:
    assert ("t-check.shop.example.", "CNAME") not in wanted(Check("CNAME", "off"))


def test_our_spf_is_merged_into_the_domains_own() -> None:
    fixes = [
        {"action": "remove", **rrset("shop.example.", "TXT", '"v=spf1 mx -all"')},
        {"action": "add", **rrset("shop.example.", "TXT", '"v=spf1 mx include:spf.mail.example -all"')},
    ]
    assert wanted(Check("SPF", "wrong", fixes=fixes))["shop.example.", "TXT"] == (fixes[1]["values"][0],)
    right = Check("SPF", found=[rrset("shop.example.", "TXT", '"site=1"', '"v=spf1 include:spf.mail.example -all"')])
    assert wanted(right)["shop.example.", "TXT"] == ('"v=spf1 include:spf.mail.example -all"',)


def test_the_other_systems_mx_of_a_split_domain_stays() -> None:
    there = Check("MX", found=[rrset("shop.example.", "MX", "5 mx.other.example.")])
    assert wanted(there, target="mx.other.example")["shop.example.", "MX"] == ("5 mx.other.example.",)


def test_what_is_meant_so_stays_as_it_is_even_where_it_is_nothing() -> None:
    fix = {"action": "add", **rrset("shop.example.", "TXT", '"v=spf1 mx include:spf.mail.example -all"')}
    own = rrset("shop.example.", "TXT", '"v=spf1 mx -all"')
    records = wanted(
        Check("SPF", intended=True, found=[own], fixes=[fix]),
        Check("SRV", intended=True),
        Check("MX", intended=True, found=[rrset("shop.example.", "MX", "5 mx.filter.example.")]),
    )
    assert records["shop.example.", "TXT"] == ('"v=spf1 mx -all"',)
    assert records["shop.example.", "MX"] == ("5 mx.filter.example.",)
    assert not [name for name, type_ in records if type_ == "SRV"]


def test_a_policy_of_the_domain_above_needs_none_of_its_own() -> None:
    assert ("_dmarc.shop.example.", "TXT") not in wanted(
        Check("DMARC", found=[rrset("_dmarc.example.", "TXT", '"v=DMARC1; p=reject"')])
    )


def test_nothing_new_is_listed_beside_what_is_right_in_another_way() -> None:
    alias = rrset("_dmarc.shop.example.", "CNAME", "p.example.")
    behind = rrset("_dmarc.shop.example.", "TXT", '"v=DMARC1; p=reject"')
    records = wanted(
        Check("DMARC", found=[alias, behind]),
        Check("SRV", found=[rrset("_submissions._tcp.shop.example.", "SRV", "0 0 465 imap.mail.example.")]),
        Check("SPF", "wrong"),
    )
    assert records["_dmarc.shop.example.", "CNAME"] == ("p.example.",)
    assert ("_dmarc.shop.example.", "TXT") not in records
    assert ("_submission._tcp.shop.example.", "SRV") not in records
    assert ("shop.example.", "TXT") not in records


def test_the_other_half_of_a_split_domain_gets_nothing_of_ours_beside_its_own() -> None:
    there = Check("SRV", "wrong", found=[rrset("autodiscover.shop.example.", "CNAME", "auto.other.example.")])
    assert not [key for key in wanted(there, target="mx.other.example") if key[0].startswith("autodiscover")]
    ours = [rrset("autodiscover.shop.example.", "CNAME", "auto.mail.example.")]
    there.expected, there.facts, there.level = ours, {"others": True}, "recommended"
    assert standings(there, split=True) == [("auto.other.example.", Standing.OK)]


def test_of_a_split_domain_what_leads_mail_programs_here_is_optional_and_not_counted() -> None:
    missing = rrset("_imaps._tcp.shop.example.", "SRV", "0 0 993 imap.mail.example.")
    check = Check("SRV", "missing", expected=[missing], fixes=[{"action": "add", **missing}], level="recommended")
    assert standings(check, split=True) == [("0 0 993 imap.mail.example.", Standing.OPTIONAL)]
    assert standings(check) == [("0 0 993 imap.mail.example.", Standing.MISSING)]
    required = required_records(DomainFacts("shop.example", Mode.NON_AUTHORITATIVE, "mx.other.example"), PLATFORM)
    rows = table(required, [check], zone="shop.example", host=None, split=True)
    assert {row.standing for row in rows if row.kind == "SRV"} == {Standing.OPTIONAL}
    assert not [row for row in rows if row.kind == "MX"], "nobody knows yet where its mail enters"
    assert progress(rows).of == len([row for row in rows if row.kind != "SRV"])


def rows(check: Check, *, split: bool = False) -> list[RecordRow]:
    return table_of_check(check, zone="shop.example", host=None, split=split)


def standings(check: Check, *, split: bool = False) -> list[tuple[str, Standing]]:
    return [(row.value, row.standing) for row in rows(check, split=split)]


def test_what_should_be_is_what_the_authoritative_servers_say_while_resolvers_keep_an_old_copy() -> None:
    old, right = rrset("shop.example.", "MX", "5 mx.old.example."), rrset("shop.example.", "MX", "10 mx1.mail.example.")
    facts = {"about": "shop.example. MX"}
    witnesses = [
        {"who": "ns1 (192.0.2.1)", "says": right["values"], "failure": None, "serial": 2},
        {"who": "resolvers", "says": old["values"], "failure": None, "serial": None},
    ]
    check = Check("MX", "propagating", found=[old], expected=[right], facts=facts, witnesses=witnesses)
    (row,) = rows(check)
    assert (row.value, row.standing, row.now) == (right["values"][0], Standing.PROPAGATING, ("mx.old.example.",))


def test_addresses_in_place_of_an_alias_are_not_what_should_be() -> None:
    found = [rrset("autodiscover.a.example.", "A", "192.0.2.10"), rrset("www.a.example.", "A", "192.0.2.11")]
    expected = [rrset("autodiscover.a.example.", "CNAME", "autodiscover.mail.example.")]
    fixes = [{"action": "add", **rrset("_imaps._tcp.a.example.", "SRV", "0 0 993 pro.mail.example.")}]
    assert standings(Check("SRV", "missing", found=found, expected=expected, fixes=fixes, problems=["flattened"])) == [
        ("192.0.2.10", Standing.REMOVE),
        ("192.0.2.11", Standing.OK),
        ("0 0 993 pro.mail.example.", Standing.MISSING),
        ("autodiscover.mail.example.", Standing.MISSING),
    ]


def test_what_only_its_owner_can_mend_is_no_pattern_for_what_should_be() -> None:
    found = [rrset("a.example.", "TXT", '"v=spf1 ip4:mail.a.example ~all"')]
    expected = [rrset("a.example.", "TXT", '"v=spf1 include:spf.mail.example ~all"')]
    check = Check("SPF", "wrong", found=found, expected=expected)
    assert standings(check) == [(found[0]["values"][0], Standing.UNDECIDED)]
    assert standings(Check("SPF", "wrong", expected=expected)) == [(expected[0]["values"][0], Standing.MISSING)]


def test_what_goes_and_what_comes_stands_in_its_row_and_the_rest_stays() -> None:
    found = [rrset("shop.example.", "MX", "10 mx1.mail.example.", "5 mx.old.example.")]
    fixes = [
        {"action": "remove", **rrset("shop.example.", "MX", "5 mx.old.example.")},
        {"action": "add", **rrset("shop.example.", "MX", "20 mx2.mail.example.")},
    ]
    kept, new = rows(Check("MX", "wrong", found=found, fixes=fixes))
    assert (kept.priority, kept.text, kept.standing) == ("10", "mx1.mail.example.", Standing.OK)
    assert (new.priority, new.text, new.now, new.look) == ("20", "mx2.mail.example.", ("mx.old.example.",), "red")
    assert snippet(fixes).splitlines() == [
        "; remove:",
        "; shop.example. IN MX 5 mx.old.example.",
        "shop.example. 300 IN MX 20 mx2.mail.example.",
    ]
    (gone,) = rows(Check("MX", "wrong", found=[rrset("shop.example.", "MX", "5 mx.old.example.")], fixes=fixes[:1]))
    assert gone.standing == Standing.REMOVE


def test_a_row_has_the_fields_of_the_providers_form_and_folds_a_long_value() -> None:
    fix = {"action": "add", **rrset("_autodiscover._tcp.shop.example.", "SRV", "0 0 443 auto.mail.example.")}
    (row,) = rows(Check("SRV", "missing", fixes=[fix]))
    assert row.short == "_autodiscover._tcp"
    assert row.labels == ["_autodiscover.", "_tcp"]
    assert [(part.key, part.text) for part in row.others] == [("priority", "0"), ("weight", "0"), ("port", "443")]
    assert (row.field, row.text, row.start) == ("auto.mail.example.", "0 443 auto.mail.example.", "")
    long = {
        "action": "add",
        **rrset("s._domainkey.shop.example.", "TXT", '"v=DKIM1; p=' + "A" * 240 + '" "' + "B" * 99 + '"'),
    }
    (row,) = rows(Check("DKIM", "missing", fixes=[long]))
    assert row.field == "v=DKIM1; p=" + "A" * 240 + "B" * 99
    assert row.field.startswith(row.start)
    assert len(row.start) < 60


def test_names_are_written_as_the_form_wants_them() -> None:
    assert written("shop.example.", "shop.example") == "@"
    assert written("shop.example.", "shop.example", Writing.EMPTY) == ""
    assert written("_dmarc.shop.example.", "shop.example", Writing.EMPTY) == "_dmarc"
    assert written("_dmarc.shop.example.", "shop.example", Writing.FULL) == "_dmarc.shop.example"
    assert written("_dmarc.shop.example.", "shop.example", Writing.ABSOLUTE) == "_dmarc.shop.example."
    assert written("other.example.", "shop.example") == "other.example."
    assert [part.text for part in parts("MX", "10 mx.example.", apart=False)] == ["10 mx.example."]


def test_what_no_database_keeps_does_not_reach_one() -> None:
    found = (RRset("shop.example.", "TXT", 60, ('"a\x00b"',)),)
    verdict = Verdict(
        kind=Kind.SPF,
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=SpfPlusAll(owner="shop.example.", term="a\x00\ud800"),
        beside=Beside(costs=["b\x00"]),
        found=found,
    )
    kept = fields(verdict)
    assert kept["facts"] == {"owner": "shop.example.", "term": "a\ufffd?", "costs": ["b\ufffd"]}
    assert kept["found"][0]["values"] == ['"a\ufffdb"']
    json.dumps(kept["facts"]).encode()
