"""Facts are typed: a sentence asks for nothing that its reason does not have, and what is stored is read back."""

from __future__ import annotations

import json
import re
from dataclasses import fields

import pytest

from diagnostics.plain import plain
from diagnostics.show.sentences import notes, sentence
from diagnostics.show.words import REASONS
from domains.rules.beside import NOTHING, Beside
from domains.rules.reasons import Reason
from domains.rules.why import KINDS_OF_WHY, UNSAID, MxForeign, TargetLoops, read_why


@pytest.mark.parametrize("reason", list(Reason))
def test_a_sentence_asks_for_facts_that_its_reason_has(reason: Reason) -> None:
    has = {field.name.rstrip("_") for field in fields(KINDS_OF_WHY[reason])}
    words = REASONS[reason]
    assert set(re.findall(r"%\((\w+)\)", f"{words.says} {words.follows}")) <= has


def test_every_reason_has_words_and_facts_and_no_fact_has_two_places() -> None:
    assert set(REASONS) == set(KINDS_OF_WHY) == set(Reason)
    beside = {field.name for field in fields(Beside)}
    named = {field.name for kind in KINDS_OF_WHY.values() for field in fields(kind)}
    assert beside & named == {"zone"}  # where a token was seen; which zone does not know a name


def test_what_is_stored_is_read_back() -> None:
    why, beside = TargetLoops(host="mx.d.test", by="name", with_="mx1.mail.example"), Beside(doubled=["a.d.test."])
    stored = json.loads(json.dumps(plain({**why.facts(), **beside.facts()})))
    assert stored == {"host": "mx.d.test", "by": "name", "with": "mx1.mail.example", "doubled": ["a.d.test."]}
    assert (read_why(why.reason, stored), Beside.read(stored)) == (why, beside)
    assert NOTHING.facts() == {}


def test_what_another_version_stored_breaks_no_page() -> None:
    assert read_why("mx-foreign", {}) == MxForeign(hosts=UNSAID)
    assert sentence("mx-foreign", {}) == "Mail goes to servers of another system: –."
    assert sentence("no-such-reason", {"x": 1}) == ""
    assert notes("MX", "no-such-reason", {"x": 1}) == []
