"""Whatever looks follow one another: what is red was seen red, what is stale says since when, a flap tells nobody."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from diagnostics.judge.history import SECOND_LOOK, STALE_FOR, Settled, Stored, settle, settle_all
from domains.records import Kind, Level
from domains.rules.fingerprints import fingerprint
from domains.rules.reasons import Reason
from domains.rules.verdicts import RED, Status, Verdict
from domains.rules.why import NsNotDelegated, Propagating, SeeNs

from .verdicts import DOUBTED, FOREIGN, MISSING, NOW, OK, UNKNOWN, WAIT, WRONG

PROPAGATING = Verdict(kind=Kind.MX, status=Status.PROPAGATING, level=Level.REQUIRED, why=Propagating(then="mx-foreign"))
SEE_NS = replace(UNKNOWN, why=SeeNs())
VERDICTS = (OK, WRONG, MISSING, UNKNOWN, PROPAGATING, DOUBTED, SEE_NS)


@dataclass
class Kept:
    """What a store keeps of a check and its domain, and what it told."""

    stored: Stored | None = None
    changes: int = 0

    def look(self, verdict: Verdict, now: datetime) -> Settled:
        before = self.stored
        settled = settle(verdict, before, now)
        self.changes += settled.recoloured and before is not None
        intent = before.intent if before is not None and not settled.intent_lapsed else None
        self.stored = Stored(
            status=settled.status,
            level=settled.level,
            checked_at=now,
            stale_since=settled.stale_since,
            doubt_key=settled.doubt_key,
            doubt_since=settled.doubt_since,
            intended=settled.intended,
            intent=intent,
        )
        return settled


# Steps of the clock between two looks; some go back.
STEPS = st.sampled_from([1, 5, 29, 30, 31, 60, 599, 600, 3600, 7 * 3600, 90_000, -1, -60, -7200, -90_000])
LOOKS = st.lists(st.tuples(st.sampled_from(VERDICTS), STEPS), min_size=1, max_size=25)
FORWARD = st.lists(st.tuples(st.sampled_from(VERDICTS), STEPS.filter(lambda step: step > 0)), min_size=1, max_size=25)


@settings(max_examples=1500, deadline=None)
@given(LOOKS)
def test_a_check_turns_red_only_by_a_look_that_says_so(looks: list[tuple[Verdict, int]]) -> None:
    kept, now = Kept(), NOW
    for verdict, step in looks:
        now += timedelta(seconds=step)
        before = kept.stored
        settled = kept.look(verdict, now)
        if settled.red and (before is None or before.status not in RED):
            assert verdict.status in RED or verdict.doubt is not None
        if verdict.status == Status.UNKNOWN and verdict.doubt is None and before is not None:
            assert settled.status in (before.status, Status.UNKNOWN)


@settings(max_examples=1500, deadline=None)
@given(FORWARD)
def test_green_turns_red_for_what_is_missing_only_when_two_looks_apart_said_so(
    looks: list[tuple[Verdict, int]],
) -> None:
    kept, now = Kept(), NOW
    missed: datetime | None = None  # first look of an unbroken row that called it missing, or could not tell
    for verdict, step in looks:
        now += timedelta(seconds=step)
        before = kept.stored
        if verdict is MISSING:
            missed = missed or now
        elif verdict.status != Status.UNKNOWN or verdict.doubt is not None:
            missed = None
        settled = kept.look(verdict, now)
        if before is not None and before.status == Status.OK and settled.status == Status.MISSING:
            assert missed is not None
            assert now - missed >= timedelta(seconds=SECOND_LOOK)


@settings(max_examples=1500, deadline=None)
@given(FORWARD)
def test_a_doubt_turns_red_only_after_its_wait(looks: list[tuple[Verdict, int]]) -> None:
    kept, now = Kept(), NOW
    doubted: datetime | None = None
    for verdict, step in looks:
        now += timedelta(seconds=step)
        before = kept.stored
        if verdict is DOUBTED:
            doubted = doubted or now
        settled = kept.look(verdict, now)
        if verdict is DOUBTED and settled.red and (before is None or before.status not in RED):
            assert doubted is not None
            assert now - doubted >= timedelta(seconds=WAIT)


@settings(max_examples=1500, deadline=None)
@given(LOOKS)
def test_a_verdict_that_no_look_renewed_says_since_when_and_no_longer_than_a_day(
    looks: list[tuple[Verdict, int]],
) -> None:
    kept, now = Kept(), NOW
    for verdict, step in looks:
        now += timedelta(seconds=step)
        before = kept.stored
        settled = kept.look(verdict, now)
        blind = verdict.status == Status.UNKNOWN and verdict.reason != Reason.SEE_NS
        if settled.stale_since is not None and verdict is not MISSING:  # which waits for its second look
            assert settled.status != Status.UNKNOWN
            assert timedelta(0) <= now - settled.stale_since < STALE_FOR
        if blind and settled.status != Status.UNKNOWN and not settled.red:
            assert settled.stale_since is not None
        if not blind and settled.verdict is not None:
            assert settled.stale_since is None
        assert before is None or settled.verdict is not None or settled.status == before.status


@settings(max_examples=800, deadline=None)
@given(st.lists(st.sampled_from([MISSING, UNKNOWN, OK]), max_size=12), st.integers(1, SECOND_LOOK - 1))
def test_what_is_gone_for_less_than_the_second_look_is_a_flap_that_changes_nothing(
    flaps: list[Verdict], step: int
) -> None:
    kept, now = Kept(), NOW
    kept.look(OK, now)
    for verdict in flaps:
        kept.look(verdict, now + timedelta(seconds=step))
        kept.look(OK, now + timedelta(seconds=step))
        now += timedelta(hours=6)
    assert kept.changes == 0


@settings(max_examples=500, deadline=None)
@given(LOOKS, st.sampled_from([WRONG, MISSING]))
@example([(OK, 1), (MISSING, 3600), (UNKNOWN, -3000)], MISSING)
def test_a_clock_that_was_set_back_delays_red_by_no_more_than_one_wait(
    looks: list[tuple[Verdict, int]], last: Verdict
) -> None:
    kept, now = Kept(), NOW
    for verdict, step in looks:
        now += timedelta(seconds=step)
        kept.look(verdict, now)
    kept.look(last, now)
    settled = kept.look(last, now + timedelta(seconds=SECOND_LOOK))
    assert settled.red


@settings(max_examples=1000, deadline=None)
@given(LOOKS)
def test_as_intended_is_green_only_for_what_was_marked(looks: list[tuple[Verdict, int]]) -> None:
    mark = fingerprint(FOREIGN)
    kept, now = Kept(Stored(Status.OK, Level.REQUIRED, NOW, intended=True, intent=mark)), NOW
    for verdict, step in looks:
        now += timedelta(seconds=step)
        before = kept.stored
        settled = kept.look(verdict, now)
        assert before is not None
        if settled.intended and settled.verdict is not None:
            assert settled.status == Status.OK
            assert fingerprint(settled.verdict.found) == mark
            assert before.intent == mark
        if settled.red and verdict is WRONG:
            assert before.intent is None, "the mark spoke for these very records"


def test_while_ns_waits_for_its_second_look_what_the_others_said_stands() -> None:
    """A zone whose registry seems not to know it any more, for one look."""
    stored = {
        Kind.NS: Stored(Status.OK, Level.REQUIRED, NOW - timedelta(hours=6)),
        Kind.MX: Stored(Status.OK, Level.REQUIRED, NOW - timedelta(hours=6), intended=True, intent="x"),
        Kind.SPF: Stored(Status.UNKNOWN, Level.REQUIRED, NOW - timedelta(hours=6)),
    }
    gone = Verdict(kind=Kind.NS, status=Status.MISSING, level=Level.REQUIRED, why=NsNotDelegated(zone="com"))
    others = [SEE_NS, replace(SEE_NS, kind=Kind.SPF)]
    first = settle_all([gone, *others], stored, NOW)
    assert {kind: (s.verdict, s.status, s.recoloured) for kind, s in first.items()} == {
        Kind.NS: (None, Status.OK, False),
        Kind.MX: (None, Status.OK, False),
        Kind.SPF: (None, Status.UNKNOWN, False),
    }
    assert first[Kind.MX].intended
    stored[Kind.NS] = replace(stored[Kind.NS], doubt_key="vanished", doubt_since=NOW)
    second = settle_all([gone, *others], stored, NOW + timedelta(seconds=SECOND_LOOK))
    assert second[Kind.NS].red
    assert second[Kind.MX].status == Status.UNKNOWN
