"""What was published with the domain's name twice goes to the right name, whatever its kind; the slip goes."""

from __future__ import annotations

from typing import Any

import pytest

from domains.records import Kind
from domains.rules.verdicts import Problem, Status

from .paper import WORLD, PaperWorld, comparable

BOTH_OF_OURS = ("10 mx1.mail.example.", "20 mx2.mail.example.")
KEY = f'"v=DKIM1; k=rsa; p={WORLD["key"][:200]}" "{WORLD["key"][200:]}"'
TWICE = "d.test.d.test."


def world(text: str, **more: Any) -> PaperWorld:
    return PaperWorld({"name": "d.test", "zone": "d.test", "text": f"{text}\n", **more})


def split(text: str) -> PaperWorld:
    return world(text, mode="non_authoritative", target="mx1.other.example")


def fixes(over: PaperWorld, kind: Kind) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Those of the button and of the plan, which are the same; with them all is well."""
    verdict = over.judged()[kind]
    planned = over.planned()
    decision = planned.decision(kind)
    assert decision is not None
    assert comparable(decision.verdict.fixes) == comparable(verdict.fixes)
    assert Problem.NAME_DOUBLED in verdict.problems
    over.publish(planned.writable())
    assert over.judged()[kind].status == Status.OK
    return comparable(verdict.fixes)


@pytest.mark.parametrize(
    ("there", "slip"),
    [("@ MX 10 mx1.mail.example.", "20 mx2.mail.example."), ("@ MX 5 mx1.other.example.", "10 mx1.mail.example.")],
)
def test_a_slip_goes_with_records_that_are_replaced_too(there: str, slip: str) -> None:
    assert fixes(world(f"{there}\n{TWICE} MX {slip}"), Kind.MX) == [
        ("replace", "d.test.", "MX", BOTH_OF_OURS),
        ("remove", TWICE, "MX", (slip,)),
    ]


@pytest.mark.parametrize(("there", "action"), [("", "add"), ("@ MX 0 .", "replace")])
def test_a_split_domain_keeps_the_hosts_that_were_meant(there: str, action: str) -> None:
    assert fixes(split(f"{there}\n{TWICE} MX 10 mx1.other.example."), Kind.MX) == [
        (action, "d.test.", "MX", ("10 mx1.other.example.",)),
        ("remove", TWICE, "MX", ("10 mx1.other.example.",)),
    ]


def test_a_dead_host_of_the_other_half_is_not_moved() -> None:
    verdict = split(f"{TWICE} MX 10 gone.other.example.").judged()[Kind.MX]
    assert comparable(verdict.fixes) == [("add", "d.test.", "MX", BOTH_OF_OURS)]


def test_a_key_under_an_alias_counts() -> None:
    found = fixes(world(f"sel._domainkey.{TWICE} CNAME key\nkey TXT {KEY}", dkim={"sel": "@key"}), Kind.DKIM)
    assert found[1:] == [("remove", f"sel._domainkey.{TWICE}", "CNAME", ("key.d.test.",))]


def test_a_policy_under_an_alias_keeps_its_reports() -> None:
    over = world(f'_dmarc.{TWICE} CNAME pol\npol TXT "v=DMARC1; p=reject; rua=mailto:a@d.test"')
    assert fixes(over, Kind.DMARC) == [
        ("add", "_dmarc.d.test.", "TXT", ('"v=DMARC1; p=none; rua=mailto:a@d.test"',)),
        ("remove", f"_dmarc.{TWICE}", "CNAME", ("pol.d.test.",)),
    ]
