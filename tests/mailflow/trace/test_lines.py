"""Log lines as the servers write them, and as strangers would have them read."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailflow.trace import lines
from mailflow.trace.lines import Came, Expired, Gone, HandedIn, Named, Queued, Stored, Tried, Turned, clean, moment
from tests.linear import is_linear

NOW = datetime(2026, 11, 28, 16, 0, tzinfo=UTC)
ZONE = ZoneInfo("UTC")
POSTFIX = "Nov 28 15:03:35 mx1 postfix/"
REFUSED = POSTFIX + "smtpd[7]: NOQUEUE: reject: RCPT from unknown[127.0.0.1]: "

REAL: list[tuple[str, Any]] = [
    (POSTFIX + "smtpd[71]: 4dKjZ85Fq3zDr: client=unknown[127.0.0.1]", Came("4dKjZ85Fq3zDr", "unknown[127.0.0.1]", "")),
    (
        POSTFIX + "submission/smtpd[71]: 4dKjZ85Fq3zDr: client=localhost[::1], sasl_method=PLAIN, "
        "sasl_username=jan@aurora.test",
        Came("4dKjZ85Fq3zDr", "localhost[::1]", "jan@aurora.test"),
    ),
    (POSTFIX + "pickup[9]: 7F2A01234: uid=0 from=<jan@aurora.test>", HandedIn("7F2A01234", "jan@aurora.test")),
    (POSTFIX + "cleanup-inbound/cleanup[9]: 7F2A01234: message-id=<a@b>", Named("7F2A01234", "a@b")),
    (POSTFIX + "cleanup[9]: 7F2A01234: message-id=<a b>, status=sent>", Named("7F2A01234", "a b>, status=sent")),
    (POSTFIX + "qmgr[9]: 7F2A01234: from=<>, size=12, nrcpt=2 (queue active)", Queued("7F2A01234", "", 12)),
    (
        POSTFIX + 'qmgr[9]: 7F2A01234: from=<"a>, size=1"@b.test>, size=12, nrcpt=1 (queue active)',
        Queued("7F2A01234", '"a>, size=1"@b.test', 12),
    ),
    (POSTFIX + "qmgr[9]: 7F2A01234: removed", Gone("7F2A01234", deleted=False)),
    (POSTFIX + "postsuper[9]: 7F2A01234: removed", Gone("7F2A01234", deleted=True)),
    (POSTFIX + "qmgr[9]: 7F2A01234: from=<a@b>, status=expired, returned to sender", Expired("7F2A01234")),
    (POSTFIX + "qmgr[9]: 7F2A01234: from=<a@b>, status=force-expired, returned to sender", Expired("7F2A01234")),
    (
        POSTFIX + "lmtp[9]: 7F2A01234: to=<jan@aurora.test>, orig_to=<info@aurora.test>, "
        "relay=mx1.pro.test[/tmp/m/run/lmtp], delay=0.13, delays=0.06/0.01/0/0.06, dsn=2.0.0, "
        "status=sent (250 2.0.0 <jan@aurora.test> 3lYm:T Saved)",
        Tried(
            "7F2A01234",
            "jan@aurora.test",
            "info@aurora.test",
            "mx1.pro.test[/tmp/m/run/lmtp]",
            "sent",
            "250 2.0.0 <jan@aurora.test> 3lYm:T Saved",
            discarded=False,
        ),
    ),
    (
        POSTFIX
        + "relay/smtp[9]: 7F2A01234: to=<x@split.test>, relay=127.0.0.1[127.0.0.1]:4025, conn_use=2, delay=0.1, "
        "delays=0.06/0.01/0/0.06, dsn=4.3.0, status=deferred (host 127.0.0.1[127.0.0.1] said: 451 4.3.0 no (in reply))",
        Tried(
            "7F2A01234",
            "x@split.test",
            "x@split.test",
            "127.0.0.1[127.0.0.1]:4025",
            "deferred",
            "host 127.0.0.1[127.0.0.1] said: 451 4.3.0 no (in reply)",
            discarded=False,
        ),
    ),
    (
        POSTFIX + "error[9]: 7F2A01234: to=<x@split.test>, relay=none, delay=0.1, delays=0.06/0.01/0/0.06, dsn=4.4.1, "
        "status=deferred (delivery temporarily suspended: connect: Connection refused)",
        Tried(
            "7F2A01234",
            "x@split.test",
            "x@split.test",
            "none",
            "deferred",
            "delivery temporarily suspended: connect: Connection refused",
            discarded=False,
        ),
    ),
    (
        POSTFIX + 'smtp[9]: 7F2A01234: to=<"x>, orig_to=<y@z>, relay=none"@a.test>, relay=mx.a.test[192.0.2.1]:25, '
        "delay=0.1, delays=0.06/0.01/0/0.06, dsn=5.1.1, status=bounced (no)",
        Tried(
            "7F2A01234",
            '"x>, orig_to=<y@z>, relay=none"@a.test',
            '"x>, orig_to=<y@z>, relay=none"@a.test',
            "mx.a.test[192.0.2.1]:25",
            "bounced",
            "no",
            discarded=False,
        ),
    ),
    (
        REFUSED + "550 5.1.1 <no@aurora.test>: Recipient address rejected: <no@aurora.test>: there is no such address; "
        "from=<a@b.test> to=<no@aurora.test> proto=ESMTP helo=<client.test>",
        Turned(
            "",
            "unknown[127.0.0.1]",
            "a@b.test",
            "no@aurora.test",
            "",
            "550 5.1.1 <no@aurora.test>: there is no such address",
        ),
    ),
    (
        "Nov 28 15:03:35 mx1 postfix/submission/smtpd[7]: 4dKjZ85Fq3zDr: reject: RCPT from unknown[127.0.0.1]: 450 "
        "4.7.1 <x@b.test>: Recipient address rejected: too many; from=<jan@aurora.test> to=<x@b.test> proto=ESMTP "
        "helo=<client.test> sasl_method=PLAIN sasl_username=jan@aurora.test",
        Turned(
            "4dKjZ85Fq3zDr",
            "unknown[127.0.0.1]",
            "jan@aurora.test",
            "x@b.test",
            "jan@aurora.test",
            "450 4.7.1 too many",
        ),
    ),
    (
        # the words hold the end of a line
        REFUSED + "550 5.1.1 <no@split.test>: Recipient address rejected: <no@split.test>: t said: 550 x; from=<> "
        "to=<victim@other.test> proto=ESMTP helo=<h>; from=<a@b.test> to=<no@split.test> proto=ESMTP helo=<c>",
        Turned(
            "",
            "unknown[127.0.0.1]",
            "a@b.test",
            "no@split.test",
            "",
            "550 5.1.1 <no@split.test>: t said: 550 x; from=<> to=<victim@other.test> proto=ESMTP helo=<h>",
        ),
    ),
    (
        # the sender does
        REFUSED + "550 5.1.1 <no@split.test>: Recipient address rejected: no; "
        'from=<"; from=<a@b> to=<victim@other.test> proto=SMTP helo=<h>"@b.test> to=<no@split.test> proto=ESMTP',
        Turned(
            "",
            "unknown[127.0.0.1]",
            '"; from=<a@b> to=<victim@other.test> proto=SMTP helo=<h>"@b.test',
            "no@split.test",
            "",
            "550 5.1.1 no",
        ),
    ),
    (
        POSTFIX
        + "cleanup[9]: 4dKjZ85Fq3zDr: milter-reject: END-OF-MESSAGE from localhost[127.0.0.1]: 5.7.1 From is not "
        "yours; from=<jan@aurora.test> to=<x@b.test> proto=ESMTP helo=<c>",
        Turned("4dKjZ85Fq3zDr", "localhost[127.0.0.1]", "jan@aurora.test", "x@b.test", "", "5.7.1 From is not yours"),
    ),
    (
        "Nov 28 15:03:35 lmtp(jan@aurora.test)<91><3lYmBQ:T>: Info: msgid=<a@b>: saved mail to INBOX",
        Stored("3lYmBQ:T", "INBOX"),
    ),
    (
        "Nov 28 15:03:35 lmtp(jan@aurora.test)<91><3lYmBQ>: Info: sieve: msgid=<a@b>: stored mail into mailbox 'Junk'",
        Stored("3lYmBQ", "Junk"),
    ),
]


@pytest.mark.parametrize(("line", "event"), REAL)
def test_what_a_line_says(line: str, event: Any) -> None:
    assert lines.read(line, NOW, ZONE) == (datetime(2026, 11, 28, 15, 3, 35, tzinfo=UTC), event)


@pytest.mark.parametrize(
    ("words", "login"),
    [
        ("550 5.1.1 <x@b.test>: Recipient address rejected: <x@b.test>: there is no such address", "jan@aurora.test"),
        (
            "550 5.7.1 <x@b.test>: Recipient address rejected: <x@b.test>: you may not write to this group",
            "jan@aurora.test",
        ),
        (
            "553 5.7.1 <x@b.test>: Recipient address rejected: <jan@aurora.test> is not an address of eva@c.test",
            "eva@c.test",
        ),
        ("554 5.7.1 <x@b.test>: Recipient address rejected: Relay access denied", ""),
        ("421 4.7.0 <x@b.test>: Recipient address rejected: This account cannot send mail now", ""),
        ("504 5.5.2 <x>: Recipient address rejected: need fully-qualified address", ""),
    ],
)
@pytest.mark.parametrize("service", ["submission/", ""])
def test_who_was_refused_on_submission(words: str, login: str, service: str) -> None:
    """Nobody is believed to be whom the envelope names, before the policy server has held it against a login."""
    to = re.findall("<([^>]+)>", words)[0]
    line = f"Nov 28 15:03:35 mx1 postfix/{service}smtpd[7]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: {words}; "
    found = lines.read(f"{line}from=<jan@aurora.test> to=<{to}> proto=ESMTP helo=<c>", NOW, ZONE)
    assert found is not None
    assert isinstance(found[1], Turned)
    assert found[1].login == (login if service else "")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Nov 28 15:03:35 mx1 postfix/smtpd[7]: connect from unknown[127.0.0.1]",
        "Nov 28 15:03:35 mx1 postfix/smtpd[7]: warning: 4dKjZ85Fq3zDr: client=unknown[127.0.0.1]",
        "Nov 28 15:03:35 mx1 postfix/bounce[7]: 4dKjZ85Fq3zDr: sender non-delivery notification: 4dKjZ85Fq3zDs",
        "Nov 28 15:03:35 mx1 evil/smtpd[7]: 4dKjZ85Fq3zDr: client=unknown[127.0.0.1]",
        "Nov 28 15:03:35 imap(jan@aurora.test)<91><3lYmBQ:T>: Info: msgid=<a@b>: saved mail to INBOX",
        "Nov 28 15:03:35 lmtp(jan@aurora.test)<91><3lYmBQ:T>: Info: sieve: msgid=a: saved mail to INBOX: "
        "marked message to be discarded if not explicitly delivered (discard action)",
        "Nov 28 15:03:35 lmtp(jan@aurora.test)<91><3lYmBQ:T>: Info: sieve: msgid=a: stored mail into mailbox 'INBOX': "
        "forwarded to <ola@outside.test>",
        "Nov 31 15:03:35 mx1 postfix/qmgr[9]: 7F2A01234: removed",
        REFUSED
        + "550 5.1.1 <no@split.test>: Recipient address rejected: no; from=<a@b> to=<victim@other.test> proto=SMTP",
    ],
)
def test_a_line_that_says_nothing_of_a_message(line: str) -> None:
    assert lines.read(line, NOW, ZONE) is None


@pytest.mark.parametrize(
    ("text", "now", "zone", "at"),
    [
        ("Nov 28 15:03:35", "2026-11-28T16:00Z", "UTC", "2026-11-28T15:03:35Z"),
        ("Dec 31 23:59:59", "2027-01-01T00:00:01Z", "UTC", "2026-12-31T23:59:59Z"),
        ("Jan  1 00:00:01", "2026-12-31T23:59:59Z", "UTC", "2027-01-01T00:00:01Z"),  # its clock is ahead
        ("Feb 29 12:00:00", "2029-01-01T00:00Z", "UTC", "2028-02-29T12:00:00Z"),
        ("Nov 28 15:03:35", "2026-11-28T16:00Z", "Europe/Warsaw", "2026-11-28T14:03:35Z"),
        ("Oct 25 02:30:00", "2026-10-25T00:31Z", "Europe/Warsaw", "2026-10-25T00:30:00Z"),
        ("Oct 25 02:30:00", "2026-10-25T01:31Z", "Europe/Warsaw", "2026-10-25T01:30:00Z"),
        ("2026-11-28T15:03:35.123456+01:00", "2026-11-28T16:00Z", "UTC", "2026-11-28T14:03:35.123456Z"),
    ],
)
def test_times_are_the_latest_that_is_not_to_come(text: str, now: str, zone: str, at: str) -> None:
    assert moment(text, datetime.fromisoformat(now), ZoneInfo(zone)) == datetime.fromisoformat(at)


def test_texts_are_printable_and_bounded() -> None:
    assert clean("a\x1b[31m\u202eb\nc\0\u200f\ue000", 99) == "a?[31m?b?c???"
    assert clean("ż" * 600, 500) == "ż" * 499 + "…"
    long = POSTFIX + "cleanup[9]: 7F2A01234: message-id=<" + "x" * 5000 + ">"
    found = lines.read(long, NOW, ZONE)
    assert found is not None
    assert isinstance(found[1], Named)
    assert len(found[1].message_id) == 250


def test_no_line_breaks_the_parser() -> None:
    chance = random.Random(7)
    whole = [line for line, _event in REAL]
    pieces = [*re.findall(r"[\w.]+|\W", " ".join(whole)), '"', "\\", "<", ">", "\x00", "\u202e", "; from=<", "to=<"]
    for _number in range(20_000):
        line = chance.choice(whole)
        for _change in range(chance.randrange(1, 4)):
            at = chance.randrange(len(line))
            line = line[:at] + chance.choice(pieces) * chance.randrange(3) + line[at + chance.randrange(4) :]
        found = lines.read(line, NOW, ZONE)
        if found is None:
            continue
        for name in found[1].__slots__:
            value = getattr(found[1], name)
            assert not isinstance(value, str) or (len(value) <= 500 and value == clean(value, 501))


@pytest.mark.parametrize(
    "piece", ['"', "\\", "<", "; from=<", '; from=<"', "; from=<> to=<a> proto=SMTP ", " to=<", ", a=1"]
)
@pytest.mark.parametrize("head", [REFUSED + "550 5.1.1 <", REFUSED + "550 x", POSTFIX + "smtp[9]: 7F2A01234: to=<", ""])
def test_a_line_takes_linear_time(piece: str, head: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST", 1 << 20)
    linear, said = is_linear(lambda size: lambda: lines.read(head + piece * size, NOW, ZONE), 64, 4096)
    assert linear, said
