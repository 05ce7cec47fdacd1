"""What becomes of lines, and what each side may know of a message: decision 0394 as a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailflow.trace.lines import Came, Event, Expired, Gone, HandedIn, Named, Queued, Stored, Tried, Turned
from mailflow.trace.story import Record, Stories, newest_of_each

MACHINE = "mx1.pro.test"
OWNERS = {"a.test": (1, 11), "a2.test": (1, 12), "b.test": (2, 22), "c.test": (3, 33)}
START = datetime(2026, 11, 28, 15, 0, tzinfo=UTC)
DOVECOT, AGENT, TARGET = f"{MACHINE}[/run/lmtp]", f"{MACHINE}[/run/inbox]", "mx.away.test[192.0.2.1]:25"
NO = "552 5.2.2 the mailbox is full"


def heard(*events: Event, stories: Stories | None = None, start: datetime = START) -> tuple[Stories, list[Record]]:
    stories = stories or Stories(MACHINE)
    for number, event in enumerate(events):
        stories.hear(start + timedelta(seconds=number), event, f"{start} {number}")
    records, _withdrawn = stories.take(OWNERS.get, start + timedelta(seconds=len(events)))
    return stories, newest_of_each(records)


def tried(
    to: str, written: str = "", *, relay: str = DOVECOT, status: str = "sent", words: str = "250 2.0.0 S Saved"
) -> Tried:
    return Tried("Q1", to, written or to, relay, status, words, discarded=False)


def message(*tries: Tried, sender: str = "x@out.test", login: str = "", passed_on: bool = False) -> list[Event]:
    first: Event = HandedIn("Q1", sender) if passed_on else Came("Q1", "client[192.0.2.9]", login)
    return [first, Named("Q1", "m@x"), Queued("Q1", sender, 700), *tries]


@dataclass
class Case:
    events: list[Event]
    seen: dict[int | None, dict[str, Any]] = field(default_factory=dict)  # by organization: what its row says


JAN, OLA, EVA = "jan@a.test", "ola@b.test", "eva@c.test"
SAVED = "250 2.0.0 S Saved"
CASES = {
    "from outside to a mailbox: all of it": Case(
        message(tried(JAN)),
        {1: {"side": "in", "recipient": JAN, "client": "client[192.0.2.9]", "state": "delivered", "words": SAVED}},
    ),
    "from outside with a forged sender: who is named knows nothing": Case(
        message(tried(OLA), sender=JAN), {2: {"side": "in", "sender": JAN, "login": ""}}
    ),
    "sent outside by somebody signed in: all of it": Case(
        message(tried("y@away.test", relay=TARGET, words="250 ok"), sender=JAN, login=JAN),
        {1: {"side": "out", "state": "relayed", "relay": TARGET, "words": "250 ok", "login": JAN}},
    ),
    "within an organization: one row with all of it": Case(
        message(tried("pal@a2.test"), sender=JAN, login=JAN),
        {1: {"side": "inside", "recipient": "pal@a2.test", "state": "delivered", "words": SAVED, "login": JAN}},
    ),
    "between two: the sender knows that it was taken, the recipient not who signed in from where": Case(
        message(tried(OLA), sender=JAN, login=JAN),
        {
            1: {
                "side": "out",
                "state": "delivered",
                "words": "",
                "relay": "",
                "login": JAN,
                "client": "client[192.0.2.9]",
            },
            2: {"side": "in", "state": "delivered", "words": SAVED, "login": "", "client": ""},
        },
    ),
    "between two, to an alias: what it became is the recipient's": Case(
        message(tried(OLA, "info@b.test"), sender=JAN, login=JAN),
        {
            1: {"recipient": "info@b.test", "became": "", "words": ""},
            2: {"recipient": "info@b.test", "became": OLA, "words": SAVED},
        },
    ),
    "between two, refused later: a bounce tells the words": Case(
        message(tried(OLA, status="bounced", words=NO), sender=JAN, login=JAN),
        {1: {"state": "bounced", "words": NO}, 2: {"state": "bounced", "words": NO}},
    ),
    "between two, an alias's mailbox is full: that it came back, not why": Case(
        message(tried(OLA, "info@b.test", status="bounced", words=NO), sender=JAN, login=JAN),
        {1: {"state": "bounced", "words": ""}, 2: {"state": "bounced", "words": NO}},
    ),
    "between two, to a split domain: not whether it was passed to a target": Case(
        message(tried(OLA, relay=TARGET, words="250 ok"), sender=JAN, login=JAN),
        {
            1: {"state": "delivered", "relay": "", "words": ""},
            2: {"state": "relayed", "relay": TARGET, "words": "250 ok"},
        },
    ),
    "between two, kept for the organization: not that it was": Case(
        message(tried("abuse@b.test", relay=AGENT, words="250 2.0.0 Kept"), sender=JAN, login=JAN),
        {1: {"state": "delivered"}, 2: {"state": "kept"}},
    ),
    "forwarded outside: not that it is": Case(
        message(
            tried(f"mailflow-forward-7@{MACHINE}", OLA, relay=AGENT, words="250 2.0.0 Passed on"), sender=JAN, login=JAN
        ),
        {1: {"state": "delivered", "became": ""}, 2: {"state": "passed_on", "became": "", "recipient": OLA}},
    ),
    "what is passed on is of the address that passes it on": Case(
        message(tried("y@away.test", relay=TARGET, words="250 ok"), sender=OLA, passed_on=True),
        {2: {"side": "out", "state": "relayed", "words": "250 ok", "login": ""}},
    ),
    "forwarded to a third organization: each its own part": Case(
        message(tried(EVA, OLA), sender=JAN, login=JAN),
        {
            1: {"recipient": OLA, "became": "", "words": ""},
            2: {"recipient": OLA, "became": EVA, "words": "", "state": "delivered"},
            3: {"recipient": EVA, "became": "", "words": SAVED},
        },
    ),
    "forwarded back to where it came from": Case(
        message(tried(JAN, OLA), sender=JAN, login=JAN),
        {1: {"side": "inside", "recipient": OLA, "became": "", "words": SAVED}, 2: {"became": JAN, "words": ""}},
    ),
    "a bounce to a mailbox": Case(message(tried(JAN), sender=""), {1: {"sender": "", "side": "in"}}),
    "between strangers: nobody's": Case(message(tried("y@away.test", relay=TARGET)), {}),
    "refused at RCPT, a stranger: the domain's": Case(
        [Turned("", "client[192.0.2.9]", "x@out.test", "no@a.test", "", "550 5.1.1 no such address")],
        {1: {"state": "refused", "words": "550 5.1.1 no such address", "client": "client[192.0.2.9]"}},
    ),
    "refused at RCPT between two: both know the words, one who signed in": Case(
        [Turned("", "client[192.0.2.9]", JAN, "no@b.test", JAN, "550 5.1.1 no such address")],
        {
            1: {"side": "out", "words": "550 5.1.1 no such address", "login": JAN},
            2: {"side": "in", "words": "550 5.1.1 no such address", "login": "", "client": ""},
        },
    ),
    "refused for now": Case(
        [Turned("", "client[192.0.2.9]", "x@out.test", JAN, "", "451 4.3.0 later")], {1: {"state": "deferred"}}
    ),
    "to a domain that is nobody's: staff's": Case(
        [Turned("", "client[192.0.2.9]", "x@out.test", "y@away.test", "", "554 5.7.1 Relay access denied")],
        {None: {"state": "refused", "client": "client[192.0.2.9]"}},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_each_side_knows(name: str) -> None:
    _stories, records = heard(*CASES[name].events)
    said = {record.organization: record for record in records}
    assert said.keys() == CASES[name].seen.keys()
    assert len(records) == len(said)
    for organization, facts in CASES[name].seen.items():
        assert {fact: getattr(said[organization], fact) for fact in facts} == facts


@pytest.mark.parametrize("name", CASES)
def test_no_step_says_more_than_the_row(name: str) -> None:
    for record in heard(*CASES[name].events)[1]:
        assert record.steps[-1][1:] == (record.state, record.words)
        assert all(not words or words == record.words for _at, _state, words in record.steps)


def test_other_recipients_of_a_message_are_in_no_row() -> None:
    _stories, records = heard(
        *message(tried(OLA), tried(EVA), tried("y@away.test", relay=TARGET), sender=JAN, login=JAN)
    )
    mine = sorted(record.recipient for record in records if record.organization == 1)
    assert mine == [EVA, OLA, "y@away.test"]
    assert [record.recipient for record in records if record.organization == 2] == [OLA]


def test_deferred_and_then_delivered_is_one_row() -> None:
    later = tried(JAN, status="deferred", words="451 4.3.0 later")
    stories, before = heard(*message(later))
    _stories, after = heard(
        later, tried(JAN), Gone("Q1", deleted=False), stories=stories, start=START + timedelta(hours=1)
    )
    assert [record.state for record in before + after] == ["deferred", "delivered"]
    assert before[0].key == after[0].key
    assert [state for _at, state, _words in after[0].steps] == ["accepted", "deferred", "deferred", "delivered"]
    assert (after[0].at, after[0].changed_at) == (START, START + timedelta(hours=1, seconds=1))


def test_expired_and_deleted() -> None:
    later = tried(JAN, status="deferred", words="451 4.3.0 later")
    stories, _records = heard(*message(later))
    assert heard(Expired("Q1"), stories=stories)[1][0].state == "bounced"
    stories, _records = heard(*message(later))
    assert heard(Gone("Q1", deleted=True), stories=stories)[1][0].state == "deleted"


def test_one_that_waits_untried_is_accepted_until_it_is_tried() -> None:
    stories, records = heard(*message(sender=JAN, login=JAN))
    assert records == []
    [accepted], withdrawn = stories.take(OWNERS.get, START + timedelta(minutes=1))
    assert (accepted.state, accepted.recipient, withdrawn) == ("accepted", "", [])
    assert stories.take(OWNERS.get, START + timedelta(minutes=2)) == ([], [])
    stories.hear(START + timedelta(minutes=3), tried(OLA), "")
    records, withdrawn = stories.take(OWNERS.get, START + timedelta(minutes=3))
    assert withdrawn == [accepted.key]
    assert {record.state for record in records} == {"delivered"}


def test_where_dovecot_put_it() -> None:
    """Whichever of the two is heard first."""
    before = heard(Stored("S", "Junk"), *message(tried(JAN)))[1]
    stories, without = heard(*message(tried(JAN)), Gone("Q1", deleted=False))
    after = heard(Stored("S", "Junk"), stories=stories)[1]
    assert [record.words for record in before + without + after] == [f"{SAVED} → Junk", SAVED, f"{SAVED} → Junk"]
    assert [step[2] for step in after[0].steps] == ["", f"{SAVED} → Junk"]


def test_a_story_goes_on_after_it_was_saved_and_read_again() -> None:
    later = tried(JAN, status="deferred", words="451 4.3.0 later")
    whole, _records = heard(*message(later))
    again = Stories(MACHINE)
    again.restore(json.loads(json.dumps(whole.saved())))
    rest = (tried(JAN), Gone("Q1", deleted=False))
    assert heard(*rest, stories=again)[1] == heard(*rest, stories=whole)[1]
    assert again.saved()["messages"] == []


def test_what_is_heard_twice_makes_the_same_rows() -> None:
    events = message(tried(JAN, "info@a.test"), tried(OLA), sender=JAN, login=JAN)
    assert heard(*events)[1] == heard(*events)[1]


def test_a_message_of_a_group_with_thousands_is_bounded_in_its_steps() -> None:
    later = [tried(JAN, status="deferred", words=f"451 {number}") for number in range(100)]
    [record] = heard(*message(*later))[1]
    assert len(record.steps) == 31
    assert record.steps[-1][2] == "451 99"


def test_what_is_never_over_is_forgotten() -> None:
    stories, _records = heard(Came("Q2", "client[192.0.2.9]", ""), *message(tried(JAN, status="deferred")))
    stories.tidy(START + timedelta(hours=2))
    assert [saved["queue_id"] for saved in stories.saved()["messages"]] == ["Q1"]
    stories.tidy(START + timedelta(days=31))
    assert stories.saved()["messages"] == []
