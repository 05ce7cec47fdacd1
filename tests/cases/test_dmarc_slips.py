"""Slips in DMARC records that were found beside those of the public reports."""

from __future__ import annotations

import pytest

from domains.records import Kind

from .paper import PaperWorld

REPORTS = "rua=mailto:a@d.test"


@pytest.mark.parametrize(
    ("written", "begins"),
    [
        (f'"v=DMARC1" "p=reject" "{REPORTS}"', "v=DMARC1"),  # nothing between the strings
        (f'"v=DKIM1; p=reject; {REPORTS}"', "v=DKIM1;"),
        (f'"p=reject; {REPORTS}"', ""),
        (f'"_dmarc.d.test. IN TXT v=DMARC1; p=reject; {REPORTS}"', "_dmarc.d.test. IN TXT v=DMARC1;"),
        (f'"v=DMARC1, p=reject, {REPORTS}"', "v=DMARC1,"),
    ],
)
def test_what_was_meant_as_a_policy_keeps_its_reports_and_says_what_stood_there(written: str, begins: str) -> None:
    verdict = PaperWorld({"name": "d.test", "zone": "d.test", "text": f"_dmarc TXT {written}\n"}).judged()[Kind.DMARC]
    assert [fix.values for fix in verdict.fixes if fix.action == "add"] == [(f'"v=DMARC1; p=none; {REPORTS}"',)]
    assert verdict.facts["policy_changes"][0] == {"kind": "version", "tag": "v", "old": begins, "new": "v=DMARC1;"}
    assert verdict.facts["meant_policy"] == "reject"


def test_a_key_at_the_name_is_no_policy() -> None:
    text = '_dmarc TXT "v=DKIM1; k=rsa; p=MIIBIjANBgkq"\n'
    verdict = PaperWorld({"name": "d.test", "zone": "d.test", "text": text}).judged()[Kind.DMARC]
    assert [(fix.action, fix.values) for fix in verdict.fixes] == [("add", ('"v=DMARC1; p=none"',))]


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("v=DMARC1; policy=reject", "reject"),
        ("v=DMARC1; Policy = Quarantine; aspf=s", "quarantine"),
        ("v=DMARC1 policy=reject", "reject"),
        ("v=DMARC1; policy:reject", "reject"),
        ("policy=reject", "reject"),
    ],
)
def test_a_policy_whose_tag_is_spelt_out_is_offered_apart(text: str, policy: str) -> None:
    over = PaperWorld({"name": "d.test", "zone": "d.test", "text": f'_dmarc TXT "{text}"\n'})
    verdict = over.judged()[Kind.DMARC]
    (added,) = [fix for fix in verdict.fixes if fix.action == "add"]
    assert added.values[0].startswith('"v=DMARC1; p=none')
    assert verdict.facts["meant_policy"] == policy
    assert verdict.facts["meant_record"] == added.values[0].strip('"').replace("p=none", f"p={policy}")


def test_a_policy_spelt_out_beside_a_real_one_changes_nothing() -> None:
    text = '_dmarc TXT "v=DMARC1; p=none; policy=reject"\n'
    verdict = PaperWorld({"name": "d.test", "zone": "d.test", "text": text}).judged()[Kind.DMARC]
    assert verdict.fixes == ()
    assert "meant_policy" not in verdict.facts
