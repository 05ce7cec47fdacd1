"""What a message means: sound answers, aliases, referrals, failures."""

from __future__ import annotations

from collections.abc import Sequence

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from domains.lookup import wire
from domains.lookup.answers import Answer, Delegation, Failure
from domains.lookup.engine.reading import Onward, interpret

SOA = ("example.test.", "SOA", "ns1.example.test. hostmaster.example.test. 7 3600 600 1209600 90")
Records = Sequence[tuple[str, ...]]


def meaning(
    name: str,
    type_: str,
    answer: Records = (),
    authority: Records = (),
    additional: Records = (),
    *,
    rcode: str = "NOERROR",
    flags: str = "RA",
    authoritative: bool = False,
    errors: tuple[int, ...] = (),
) -> Answer | Onward:
    message = dns.message.make_response(dns.message.make_query(name, type_, use_edns=0))
    message.flags |= dns.flags.from_text(flags)
    message.use_edns(0, 0, 1232, options=[dns.edns.EDEOption(dns.edns.EDECode.make(code)) for code in errors])
    message.set_rcode(dns.rcode.from_text(rcode))
    for section, records in (
        (message.answer, answer),
        (message.authority, authority),
        (message.additional, additional),
    ):
        for owner, kind, *values in records:
            section.append(dns.rrset.from_text(owner, 300, "IN", kind, *values))
    return interpret(wire.read(message.to_wire()), name, type_, authoritative=authoritative)


def test_records_are_an_answer() -> None:
    records = [("example.test.", "MX", "10 a.example.test.", "20 b.example.test.")]
    answer = meaning("example.test.", "MX", records)
    assert isinstance(answer, Answer)
    assert answer == Answer(values=answer.values, ttl=300)
    assert set(answer.values) == {"10 a.example.test.", "20 b.example.test."}  # dnspython shuffles what it writes


def test_no_such_name_carries_what_the_soa_says() -> None:
    answer = meaning("www.example.test.", "A", authority=[SOA], rcode="NXDOMAIN")
    assert answer == Answer(nxdomain=True, zone="example.test.", serial=7, negative_ttl=90)


def test_no_such_record_is_not_no_such_name() -> None:
    assert meaning("example.test.", "A", authority=[SOA]) == Answer(zone="example.test.", serial=7, negative_ttl=90)


def test_an_authoritative_server_may_stand_in_for_a_resolver() -> None:
    answer = meaning("example.test.", "A", [("example.test.", "A", "192.0.2.1")], flags="AA")
    assert answer == Answer(values=("192.0.2.1",), ttl=300)


def test_an_answer_from_nobody_in_charge_is_lame() -> None:
    answer = meaning("example.test.", "A", [("example.test.", "A", "192.0.2.1")], flags="QR")
    assert answer == Answer(failure=Failure.LAME)


def test_a_name_server_without_authority_is_lame_even_if_it_resolves() -> None:
    answer = meaning("example.test.", "A", [("example.test.", "A", "192.0.2.1")], flags="RA", authoritative=True)
    assert answer == Answer(failure=Failure.LAME)


@pytest.mark.parametrize(("flags", "authoritative"), [("QR", True), ("QR", False), ("RA", False), ("AA", True)])
def test_a_referral_is_lame_and_says_whereto(flags: str, authoritative: bool) -> None:
    answer = meaning(
        "www.example.test.",
        "A",
        authority=[("example.test.", "NS", "ns1.example.test.", "ns2.other.test.")],
        additional=[("ns1.example.test.", "A", "192.0.2.53"), ("stray.test.", "A", "192.0.2.66")],
        flags=flags,
        authoritative=authoritative,
    )
    assert isinstance(answer, Answer)
    assert answer.failure == Failure.LAME
    assert answer.delegation == Delegation(
        "example.test.", ("ns1.example.test.", "ns2.other.test."), (("ns1.example.test.", "192.0.2.53"),)
    )


def test_aliases_are_followed_to_the_records() -> None:
    chain = [("www.example.test.", "CNAME", "a.example.test."), ("a.example.test.", "CNAME", "b.other.test.")]
    answer = meaning("www.example.test.", "A", [*chain, ("b.other.test.", "A", "192.0.2.1")])
    assert answer == Answer(
        values=("192.0.2.1",),
        ttl=300,
        chain=(("www.example.test.", "a.example.test."), ("a.example.test.", "b.other.test.")),
    )


def test_the_alias_itself_is_not_followed_where_it_was_asked_for() -> None:
    answer = meaning("www.example.test.", "CNAME", [("www.example.test.", "CNAME", "a.example.test.")])
    assert answer == Answer(values=("a.example.test.",), ttl=300)


def test_an_alias_to_a_name_that_does_not_exist() -> None:
    alias = [("www.example.test.", "CNAME", "gone.example.test.")]
    answer = meaning("www.example.test.", "A", alias, [SOA], rcode="NXDOMAIN")
    assert answer == Answer(
        nxdomain=True,
        chain=(("www.example.test.", "gone.example.test."),),
        zone="example.test.",
        serial=7,
        negative_ttl=90,
    )


def test_where_the_server_stops_at_an_alias_its_target_is_asked_for() -> None:
    alias = [("www.example.test.", "CNAME", "host.other.test.")]
    chain = (("www.example.test.", "host.other.test."),)
    assert meaning("www.example.test.", "A", alias, flags="AA") == Onward("host.other.test.", chain, 300, False)
    assert meaning("www.example.test.", "A", alias, [SOA], flags="AA") == Onward("host.other.test.", chain, 300, False)


def test_a_name_server_is_not_followed_out_of_its_zones() -> None:
    alias = [("www.example.test.", "CNAME", "host.other.test.")]
    answer = meaning("www.example.test.", "A", alias, flags="AA", authoritative=True)
    assert answer == Answer(ttl=300, chain=(("www.example.test.", "host.other.test."),))


def test_aliases_that_lead_back_are_a_failure() -> None:
    loop = [("a.test.", "CNAME", "b.test."), ("b.test.", "CNAME", "a.test.")]
    answer = meaning("a.test.", "A", loop)
    assert isinstance(answer, Answer)
    assert answer.failure == Failure.CHAIN


def test_a_chain_without_end_is_a_failure() -> None:
    long = [(f"a{number}.test.", "CNAME", f"a{number + 1}.test.") for number in range(40)]
    answer = meaning("a0.test.", "A", long)
    assert isinstance(answer, Answer)
    assert answer.failure == Failure.CHAIN


@pytest.mark.parametrize("synthesized", [True, False])
def test_a_dname_is_noted(synthesized: bool) -> None:
    records = [("old.test.", "DNAME", "new.test."), ("www.new.test.", "A", "192.0.2.1")]
    if synthesized:
        records.insert(1, ("www.old.test.", "CNAME", "www.new.test."))
    answer = meaning("www.old.test.", "A", records)
    assert answer == Answer(values=("192.0.2.1",), ttl=300, chain=(("www.old.test.", "www.new.test."),), dname=True)


@pytest.mark.parametrize(
    ("rcode", "errors", "failure"),
    [
        ("SERVFAIL", (), Failure.SERVFAIL),
        ("SERVFAIL", (22,), Failure.SERVFAIL),
        ("SERVFAIL", (6,), Failure.BOGUS),
        ("SERVFAIL", (22, 12), Failure.BOGUS),
        ("REFUSED", (), Failure.REFUSED),
        ("FORMERR", (), Failure.OTHER),
        ("YXDOMAIN", (), Failure.OTHER),
    ],
)
def test_what_a_server_cannot_answer_is_a_failure(rcode: str, errors: tuple[int, ...], failure: Failure) -> None:
    answer = meaning("example.test.", "A", rcode=rcode, errors=errors)
    assert isinstance(answer, Answer)
    assert (answer.failure, answer.errors) == (failure, errors)


def test_records_about_other_names_are_not_taken() -> None:
    answer = meaning("example.test.", "A", [("other.test.", "A", "192.0.2.66")])
    assert answer == Answer()


def test_a_record_that_a_server_gives_twice_counts_once() -> None:
    twice = [("x.test.", "TXT", 300, '"v=spf1 -all"')] * 2
    asked = ("x.test.", "TXT")
    message = wire.Message(
        id=1, flags=wire.AA, rcode=wire.NOERROR, question=asked, answer=twice, authority=[], additional=[]
    )
    answer = interpret(message, "x.test.", "TXT", authoritative=True)
    assert isinstance(answer, Answer)
    assert answer.values == ('"v=spf1 -all"',)
