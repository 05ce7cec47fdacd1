"""What the facts know, the notes beside a verdict say."""

from __future__ import annotations

from typing import Any

import pytest

from diagnostics.show.sentences import notes
from domains.records import Kind
from domains.rules.verdicts import Verdict

from .paper import WORLD, PaperWorld, cases

KEY = WORLD["key"]
CUT = f'"v=DKIM1; k=rsa; p={KEY[:200]}"'
SIGNING_ONLY = f'"v=DKIM1; s=tlsrpt; p={KEY[:200]}" "{KEY[200:]}"'


def verdict(case: dict[str, Any]) -> Verdict:
    return PaperWorld(case).judged()[Kind(case["kind"])]


def at_selectors(*values: str) -> dict[str, Any]:
    names = ["sel", "two"][: len(values)]
    text = "\n".join(f"{name}._domainkey TXT {value}" for name, value in zip(names, values, strict=True))
    dkim = dict.fromkeys(names, "@key")
    return {"name": "n.test", "zone": "n.test", "text": f"{text}\n", "kind": "DKIM", "dkim": dkim}


@pytest.mark.parametrize(
    ("case_id", "said"),
    [
        ("K11b", "h=rsa-sha256 leaves out sha256, the one hash that signatures use."),
        ("K12", "k=ed25519 does not fit the key, which is of another type."),
        ("K15", "sel._domainkey.k15.test is an alias (CNAME) of gone.other.example, where no key is published."),
    ],
)
def test_a_key_that_cannot_be_used_says_why(case_id: str, said: str) -> None:
    found = verdict(next(case for case in cases("wrong") if case["id"] == case_id))
    assert notes("DKIM", found.reason, found.facts) == [said]


def test_two_selectors_say_what_is_amiss_with_each() -> None:
    found = verdict(at_selectors(CUT, SIGNING_ONLY))
    assert notes("DKIM", found.reason, found.facts) == [
        "The tag p does not hold a complete key; often its end was cut off.",
        "s=tlsrpt leaves out e-mail.",
    ]


def test_a_wildcard_that_answers_for_the_token_is_named() -> None:
    found = verdict(next(case for case in cases("wrong") if case["id"] == "C02"))
    token = found.fixes[0].name.removesuffix(".")
    assert notes("CNAME", found.reason, found.facts) == [
        f"A wildcard record (*) gives this answer: {token} itself is free, and its own record comes first."
    ]


def test_an_address_without_its_word_is_called_one() -> None:
    text = '@ TXT "v=spf1 include:spf.mail.example 1.2.3/99 ~all"\n'
    found = verdict({"name": "n.test", "zone": "n.test", "text": text, "kind": "SPF"})
    assert found.facts["ambiguous"] == [{"term": "1.2.3/99", "code": "address", "readings": []}]
