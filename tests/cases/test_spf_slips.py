"""Slips in SPF records that were found beside those of the public reports."""

from __future__ import annotations

import pytest

from domains.records import Kind
from domains.rules.deciding import Left
from domains.rules.verdicts import RED

from .paper import PaperWorld

OURS = "include:spf.mail.example"


def world(text: str) -> PaperWorld:
    return PaperWorld({"name": "s.test", "zone": "s.test", "text": f'@ TXT "{text}"\n'})


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (
            f"v=spf1 ip4:203.0.113.1 - 203.0.113.7 {OURS} -all",
            f"v=spf1 ip4:203.0.113.1 ip4:203.0.113.2/31 ip4:203.0.113.4/30 {OURS} -all",
        ),
        (f"v=spf1 {OURS} -- all", f"v=spf1 {OURS} -all"),
        (r"v=spf1\\; include:spf.other.example ~all", f"v=spf1 include:spf.other.example {OURS} ~all"),
        (r"v=spf1\\ include:spf.other.example\\ ~all", f"v=spf1 include:spf.other.example {OURS} ~all"),
        ("v=spf1 a:web.other.example-all", f"v=spf1 a:web.other.example {OURS} -all"),
        ("v=spf1 include:spf.other.example~all", f"v=spf1 include:spf.other.example {OURS} ~all"),
        ("v=spf1 ip4:192.0.2.1-all", f"v=spf1 ip4:192.0.2.1 {OURS} -all"),
        ("v=spf1 mx-all", f"v=spf1 mx {OURS} -all"),
        # An end that was glued on before others would cut them off.
        (
            "v=spf1 a:web.other.example-all include:spf.other.example",
            f"v=spf1 a:web.other.example include:spf.other.example {OURS} -all",
        ),
        (
            "v=spf1 ip4:192.0.2.1-all include:spf.other.example ~all",
            f"v=spf1 ip4:192.0.2.1 include:spf.other.example {OURS} ~all",
        ),
        ("v=spf1 mx~all ip4:192.0.2.1 -all", f"v=spf1 mx ip4:192.0.2.1 {OURS} ~all"),
        (
            "v=spf1 a:web.other.example-all redirect=spf.other.example",
            f"v=spf1 a:web.other.example {OURS} redirect=spf.other.example",
        ),
    ],
)
def test_what_can_mean_one_thing_is_mended(text: str, mended: str) -> None:
    added = [fix for fix in world(text).judged()[Kind.SPF].fixes if fix.action == "add"]
    assert [fix.values for fix in added] == [(f'"{mended}"',)]


@pytest.mark.parametrize(
    "text",
    [f"v=spf1 {OURS} -", f"v=spf1 {OURS} ~", f"v=spf1 {OURS} - include:spf.other.example ~all"],
)
def test_a_sign_alone_is_the_end_or_belongs_to_a_term_and_only_its_author_knows(text: str) -> None:
    over = world(text)
    verdict = over.judged()[Kind.SPF]
    assert verdict.status in RED
    assert verdict.fixes == ()
    assert over.planned().left()[Kind.SPF] == Left.AMBIGUOUS


def test_strings_that_meet_without_a_blank_lose_no_sender() -> None:
    over = PaperWorld(
        {"name": "s.test", "zone": "s.test", "text": '@ TXT "v=spf1 include:spf.other.example" "mx ~all"\n'}
    )
    added = [fix for fix in over.judged()[Kind.SPF].fixes if fix.action == "add"]
    assert [fix.values for fix in added] == [(f'"v=spf1 include:spf.other.example mx {OURS} ~all"',)]


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("ip4:192.0.2.1 -all", f"v=spf1 ip4:192.0.2.1 {OURS} -all"),
        ("include:spf.other.example ~all", f"v=spf1 include:spf.other.example {OURS} ~all"),
        ("  mx a:web.other.example ?ALL ", f"v=spf1 mx a:web.other.example {OURS} ?ALL"),
        ("ip4:192.0.2.1 +all", f"v=spf1 ip4:192.0.2.1 {OURS} ?all"),
        ("ip4:192.0.2.1-all", f"v=spf1 ip4:192.0.2.1 {OURS} -all"),
    ],
)
def test_spf_without_its_version_keeps_its_senders(text: str, mended: str) -> None:
    verdict = world(text).judged()[Kind.SPF]
    added = [fix for fix in verdict.fixes if fix.action == "add"]
    assert [fix.values for fix in added] == [(f'"{mended}"',)]
    assert [fix.values for fix in verdict.fixes if fix.action == "remove"] == [(f'"{text}"',)]
    assert verdict.facts["misspelt"] == [text]


@pytest.mark.parametrize(
    "text",
    [
        "mx -all",  # no value
        "include:spf.other.example",  # no end
        "-all",
        "ip4:192.0.2.1 -all please",
        "redirect=spf.other.example -all",
        "ip4:192.0.2.1 -all mx",
        "call a:b.example at all",
        "include:everyone and all",
    ],
)
def test_what_may_be_something_else_is_left_alone(text: str) -> None:
    assert [(fix.action, fix.values) for fix in world(text).judged()[Kind.SPF].fixes] == [
        ("add", (f'"v=spf1 {OURS} ~all"',))
    ]
