"""Zones of public reports, judged as a postmaster would: what was right stays, what was wrong is mended; one rule says
so to the buttons and to the plan. On paper; on servers in `test_on_servers`."""

from __future__ import annotations

from typing import Any

import pytest

from domains.records import Kind
from domains.rules.deciding import Left
from domains.rules.fingerprints import fingerprint
from domains.rules.intents import can_be_intended
from domains.rules.verdicts import RED, Status

from .paper import PaperWorld, cases, comparable

RIGHT, WRONG = cases("right"), cases("wrong")
ASIDE = (Kind.NS, Kind.TARGET)
KEY_AND_MORE = {"K05", "K05b", "K37", "K39", "K40", "K42"}
NO_KEY_BUT_TEXTS = {"K19", "K21"}


def by_id(cases: tuple[dict[str, Any], ...]) -> Any:
    return pytest.mark.parametrize("case", cases, ids=[case["id"] for case in cases])


def wrong(case_id: str) -> PaperWorld:
    return PaperWorld(next(case for case in WRONG if case["id"] == case_id))


@by_id(RIGHT)
def test_what_was_judged_right_stays(case: dict[str, Any]) -> None:
    verdict = PaperWorld(case).judged()[Kind(case["kind"])]
    assert (str(verdict.status), comparable(verdict.fixes)) == (case["status"], comparable(case.get("fixes", [])))


@by_id(RIGHT + WRONG)
def test_the_plan_names_what_the_buttons_name_and_mends_it_or_says_why_not(case: dict[str, Any]) -> None:
    world = PaperWorld(case)
    verdicts = world.judged()
    planned = world.planned()
    for decision in planned.decisions:
        seen = verdicts[decision.kind]
        assert (seen.status, comparable(seen.fixes)) == (decision.verdict.status, comparable(decision.verdict.fixes))
    world.publish(planned.writable())
    after = world.judged()
    not_green = {kind for kind, v in after.items() if v.status in (*RED, Status.UNKNOWN) and kind not in ASIDE}
    assert not_green == set(planned.left())
    assert not world.planned().fixes()


@by_id(RIGHT + WRONG)
def test_what_is_marked_as_intended_is_left_alone(case: dict[str, Any]) -> None:
    world = PaperWorld(case)
    red = [v for v in world.judged().values() if can_be_intended(v.kind, v.status, v.problems) and v.kind not in ASIDE]
    intents = {verdict.kind: fingerprint(verdict.found) for verdict in red}
    planned = world.planned(intents)
    for kind in intents:
        assert planned.left()[kind] == Left.INTENDED
        decision = planned.decision(kind)
        assert decision is not None
        assert not decision.fixes_anything


@pytest.mark.parametrize("case_id", sorted(KEY_AND_MORE | NO_KEY_BUT_TEXTS))
def test_nothing_stands_beside_the_key_at_its_selector(case_id: str) -> None:
    world = wrong(case_id)
    verdict = world.judged()[Kind.DKIM]
    assert verdict.status in RED
    world.publish(world.planned().fixes())
    name = f"{world.case['zone']}."
    left = world.dns.zone(name).records[f"sel._domainkey.{name}", "TXT"].values
    assert len(left) == 1
    assert world.judged()[Kind.DKIM].status == Status.OK


@pytest.mark.parametrize(("case_id", "kind"), [("V09b", Kind.SRV), ("C01", Kind.CNAME), ("C01b", Kind.CNAME)])
def test_addresses_in_place_of_an_alias_are_flattened_and_prove_nothing(case_id: str, kind: Kind) -> None:
    world = wrong(case_id)
    verdict = world.judged()[kind]
    assert (verdict.status, verdict.fixes) == (Status.WRONG, ())
    assert "flattened" in verdict.problems
    assert "proof" not in verdict.facts or not verdict.facts["proof"]
    assert world.planned().left()[kind] == Left.FLATTENED


def test_a_split_domain_whose_hosts_are_all_dead_is_red_without_a_fix_of_ours() -> None:
    verdict = wrong("M17f").judged()[Kind.MX]
    assert (verdict.status, verdict.reason, verdict.fixes) == (Status.WRONG, "mx-all-dead", ())


@pytest.mark.parametrize(
    ("case_id", "kind", "reason"),
    [
        ("V11", Kind.SRV, "srv-port"),
        ("V20", Kind.SRV, "srv-port"),
        ("V12", Kind.SRV, "srv-indirect"),
        ("V07b", Kind.SRV, "srv-other-half"),
        ("K05", Kind.DKIM, "dkim-beside"),
    ],
)
def test_the_reason_is_the_fault_that_is_there(case_id: str, kind: Kind, reason: str) -> None:
    assert wrong(case_id).judged()[kind].reason == reason
