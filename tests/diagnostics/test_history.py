"""New verdicts beside stored ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from diagnostics.judge.history import Settled, Stored, mass_red, settle, settle_all
from domains.records import Kind, Level
from domains.rrset import RRset
from domains.rules.fingerprints import fingerprint
from domains.rules.intents import can_be_intended, with_intent
from domains.rules.reasons import Reason
from domains.rules.verdicts import RED, Doubt, Problem, Status, Verdict
from domains.rules.why import NsDisagree

from .verdicts import DOUBTED, FOREIGN, MISSING, NOW, OK, UNKNOWN, WRONG

GREEN = Stored(Status.OK, Level.REQUIRED, checked_at=NOW - timedelta(hours=6))
RED_STORED = Stored(Status.WRONG, Level.REQUIRED, checked_at=NOW - timedelta(hours=1))


def after(settled: Settled, stored: Stored, now: datetime) -> Stored:
    """What a store keeps, as its next look reads it."""
    return replace(
        stored,
        status=settled.status,
        level=settled.level,
        checked_at=now if settled.verdict is not None and settled.status != Status.UNKNOWN else stored.checked_at,
        stale_since=settled.stale_since,
        doubt_key=settled.doubt_key,
        doubt_since=settled.doubt_since,
        intended=settled.intended,
    )


def seconds(number: float) -> datetime:
    return NOW + timedelta(seconds=number)


@pytest.mark.parametrize("verdict", [OK, WRONG, MISSING, UNKNOWN])
def test_a_first_verdict_stands(verdict: Verdict) -> None:
    settled = settle(verdict, None, NOW)
    assert settled.verdict == verdict
    assert settled.recoloured


def test_the_same_again_is_no_change() -> None:
    assert not settle(OK, GREEN, NOW).recoloured
    assert not settle(WRONG, RED_STORED, NOW).recoloured


def test_green_that_meets_a_wrong_record_turns_red_at_once() -> None:
    settled = settle(WRONG, GREEN, NOW)
    assert settled.red
    assert settled.recoloured


def test_green_that_meets_a_missing_record_turns_red_at_a_second_look_only() -> None:
    first = settle(MISSING, GREEN, NOW)
    assert (first.verdict, first.status, first.check_again, first.recoloured) == (None, Status.OK, 30, False)
    stored = after(first, GREEN, NOW)
    early = settle(MISSING, stored, seconds(12))
    assert (early.status, early.check_again) == (Status.OK, 18)
    assert settle(MISSING, stored, seconds(30)).status == Status.MISSING


def test_a_record_that_comes_back_was_a_flap_that_nobody_sees() -> None:
    stored = after(settle(MISSING, GREEN, NOW), GREEN, NOW)
    back = settle(OK, stored, seconds(30))
    assert (back.status, back.recoloured, back.doubt_key) == (Status.OK, False, None)
    # and the next time it starts anew
    stored = after(back, stored, seconds(30))
    assert settle(MISSING, stored, seconds(90)).status == Status.OK


def test_a_second_look_that_cannot_tell_is_none() -> None:
    stored = after(settle(MISSING, GREEN, NOW), GREEN, NOW)
    blind = settle(UNKNOWN, stored, seconds(30))
    assert blind.status == Status.OK
    assert settle(MISSING, after(blind, stored, seconds(30)), seconds(61)).status == Status.MISSING


def test_a_missing_record_that_was_never_green_is_red_at_once() -> None:
    assert settle(MISSING, None, NOW).red
    assert settle(MISSING, RED_STORED, NOW).status == Status.MISSING


def test_a_look_that_cannot_tell_erases_nothing_for_a_day() -> None:
    settled = settle(UNKNOWN, RED_STORED, NOW)
    assert (settled.verdict, settled.status, settled.recoloured) == (None, Status.WRONG, False)
    assert settled.stale_since == RED_STORED.checked_at
    stored = after(settled, RED_STORED, NOW)
    assert settle(UNKNOWN, stored, NOW + timedelta(hours=22)).status == Status.WRONG
    grey = settle(UNKNOWN, stored, NOW + timedelta(hours=23))
    assert (grey.status, grey.recoloured) == (Status.UNKNOWN, True)
    assert settle(WRONG, stored, NOW + timedelta(hours=2)).stale_since is None


def test_a_doubt_that_holds_turns_red_after_its_wait() -> None:
    first = settle(DOUBTED, None, NOW)
    assert (first.status, first.check_again) == (Status.UNKNOWN, 600)
    stored = after(first, Stored(Status.UNKNOWN, Level.REQUIRED), NOW)
    assert settle(DOUBTED, stored, seconds(599)).status == Status.UNKNOWN
    red = settle(DOUBTED, stored, seconds(600))
    assert (red.status, red.verdict) == (Status.WRONG, WRONG)
    assert settle(DOUBTED, after(red, stored, seconds(600)), seconds(700)).status == Status.WRONG


def test_another_doubt_starts_anew() -> None:
    stored = after(settle(DOUBTED, None, NOW), Stored(Status.UNKNOWN, Level.REQUIRED), NOW)
    other = replace(DOUBTED, doubt=Doubt("MX other", 600, WRONG))
    assert settle(other, stored, seconds(900)).status == Status.UNKNOWN


def test_a_doubt_keeps_green_green_until_then() -> None:
    settled = settle(DOUBTED, GREEN, NOW)
    assert settled.status == Status.OK
    assert settle(DOUBTED, after(settled, GREEN, NOW), seconds(600)).status == Status.WRONG


# -- as intended


def intent(verdict: Verdict) -> Stored:
    return Stored(verdict.status, verdict.level, checked_at=NOW, intent=fingerprint(verdict.found))


def test_what_is_marked_as_intended_is_ok_and_said_so() -> None:
    settled = settle(WRONG, intent(WRONG), NOW)
    assert (settled.status, settled.intended, settled.recoloured) == (Status.OK, True, True)
    assert settled.verdict is not None
    assert settled.verdict.found == FOREIGN


def test_a_mark_lapses_when_what_is_there_changes() -> None:
    other = replace(WRONG, found=(replace(FOREIGN[0], values=("10 mail.third.test.",)),))
    settled = settle(other, intent(WRONG), NOW)
    assert (settled.status, settled.intended, settled.intent_lapsed) == (Status.WRONG, False, True)
    assert settle(OK, intent(WRONG), NOW).intent_lapsed
    assert not settle(UNKNOWN, intent(WRONG), NOW).intent_lapsed


def test_what_was_intended_and_vanishes_wants_a_second_look_too() -> None:
    stored = replace(intent(WRONG), status=Status.OK, intended=True)
    first = settle(MISSING, stored, NOW)
    assert (first.status, first.intended, first.intent_lapsed, first.check_again) == (Status.OK, True, False, 30)
    gone = settle(MISSING, after(first, stored, NOW), seconds(31))
    assert (gone.status, gone.intent_lapsed) == (Status.MISSING, True)


def test_that_nothing_is_there_may_be_intended() -> None:
    stored = replace(intent(MISSING), status=Status.OK, intended=True)
    assert settle(MISSING, stored, NOW).intended


def test_ttl_and_order_do_not_count_as_change() -> None:
    both = (RRset("example.com.", "MX", 300, ("10 a.test.", "20 b.test.")),)
    same = (RRset("example.com.", "MX", 60, ("20 b.test.", "10 a.test.")),)
    assert fingerprint(both) == fingerprint(same)


@pytest.mark.parametrize(
    "verdict",
    [
        replace(WRONG, kind=Kind.CNAME, problems=(Problem.CNAME_OTHER_TARGET,)),
        replace(WRONG, kind=Kind.NS, problems=(Problem.NS_DISAGREE,)),
        replace(WRONG, kind=Kind.SPF, problems=(Problem.SPF_LOOKUPS,)),
        replace(WRONG, kind=Kind.SPF, problems=(Problem.SPF_SEVERAL,)),
        replace(WRONG, kind=Kind.SPF, problems=(Problem.SPF_PLUS_ALL,)),
    ],
)
def test_a_mark_never_covers_the_token_the_zone_itself_permanent_errors_or_plus_all(verdict: Verdict) -> None:
    assert not can_be_intended(verdict.kind, verdict.status, verdict.problems)
    assert with_intent(verdict, fingerprint(verdict.found)) == (verdict, False)
    assert settle(verdict, intent(verdict), NOW).status == Status.WRONG


def test_a_mark_covers_an_spf_that_sends_elsewhere() -> None:
    verdict = replace(WRONG, kind=Kind.SPF, problems=(Problem.SPF_PLATFORM_FAILS,))
    assert settle(verdict, intent(verdict), NOW).intended


# -- all checks of a domain


def test_while_ns_is_red_nothing_else_is_said() -> None:
    doubt = Doubt(
        "ns-disagree",
        600,
        Verdict(kind=Kind.NS, status=Status.WRONG, level=Level.REQUIRED, why=NsDisagree(servers=[], questions=[])),
    )
    ns = Verdict(Kind.NS, Status.PROPAGATING, Level.REQUIRED, doubt=doubt)
    target = Verdict(Kind.TARGET, Status.OFF, Level.REQUIRED)
    stored = {
        Kind.NS: Stored(Status.PROPAGATING, Level.REQUIRED, doubt_key="ns-disagree", doubt_since=seconds(-600)),
        Kind.MX: GREEN,
    }
    settled = settle_all([ns, OK, target], stored, NOW)
    assert settled[Kind.NS].red
    mine = settled[Kind.MX]
    assert mine.verdict is not None
    assert (mine.status, mine.verdict.reason) == (Status.UNKNOWN, Reason.SEE_NS)
    assert settled[Kind.TARGET].status == Status.OFF


def test_no_two_looks_in_a_row_that_cannot_tell_ever_turn_red() -> None:
    for stored in (GREEN, None, Stored(Status.UNKNOWN, Level.REQUIRED)):
        assert settle(UNKNOWN, stored, NOW).status not in RED


# -- the brake


@pytest.mark.parametrize(
    ("green", "turning", "held"),
    [(100, 19, False), (100, 20, True), (400, 20, False), (400, 21, True), (10_000, 400, False), (10_000, 501, True)],
)
def test_the_brake_holds_when_more_than_a_twentieth_and_at_least_twenty_turn(
    green: int, turning: int, held: bool
) -> None:
    assert mass_red(green, turning) is held
