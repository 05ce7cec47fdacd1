from __future__ import annotations

from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts, required_records
from domains.rrset import Action, Fix, RRset
from domains.zones.diff import Line, cards, lines_of, lines_of_write, takes_mail_from
from domains.zones.plan import Plan, plan

HOSTS = Hosts(
    mx=("mx1.mail.example", "mx2.mail.example"),
    autodiscover="autodiscover.mail.example",
    imap="mail.example",
    smtp="mail.example",
    spf_include="spf.mail.example",
    verification="verify.mail.example",
)
DOMAIN = DomainFacts("example.com", Mode.AUTHORITATIVE, token="token")
MX = ("example.com.", "MX")


def planned(*values: str) -> Plan:
    zone = {MX: RRset(*MX, 300, values)} if values else {}
    required = required_records(DOMAIN, PlatformFacts("pro7", HOSTS, ()))
    return plan(required, zone, authoritative=True, spf_include=HOSTS.spf_include)


def signs(*values: str) -> list[tuple[str, str]]:
    [card] = cards(planned(*values), [Kind.MX])
    return [(line.sign, line.value) for line in card.lines]


def test_what_stays_what_goes_and_what_comes_are_told_apart() -> None:
    assert signs("10 mx1.mail.example.", "5 mx.old-host.example.") == [
        ("", "10 mx1.mail.example."),
        ("-", "5 mx.old-host.example."),
        ("+", "20 mx2.mail.example."),
    ]


def test_who_takes_the_mail_now_is_named_only_where_it_is_taken_away() -> None:
    assert takes_mail_from(planned("5 mx.old-host.example.", "10 mx1.mail.example.")) == ("mx.old-host.example",)
    assert takes_mail_from(planned()) == ()
    assert takes_mail_from(planned("0 .")) == ()
    assert takes_mail_from(planned("10 mx1.mail.example.", "20 mx2.mail.example.")) == ()


def test_fixes_at_two_names_do_not_mix() -> None:
    before = [("a.", "TXT", '"one"', 60), ("b.", "TXT", '"one"', 60)]
    lines = lines_of([Fix(Action.REMOVE, "a.", "TXT", 60, ('"one"',))], before)
    assert lines == (Line("", "b.", "TXT", '"one"', 60), Line("-", "a.", "TXT", '"one"', 60))


def test_a_write_shows_both_sides() -> None:
    before, after = RRset(*MX, 60, ("1 a.", "2 b.")), RRset(*MX, 90, ("1 a.", "3 c."))
    assert [(line.sign, line.value) for line in lines_of_write(before, after)] == [
        ("", "1 a."),
        ("-", "2 b."),
        ("+", "3 c."),
    ]
    assert [line.sign for line in lines_of_write(None, after)] == ["+", "+"]
    assert [line.sign for line in lines_of_write(before, None)] == ["-", "-"]
