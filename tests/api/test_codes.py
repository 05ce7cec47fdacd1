"""Whatever the API refuses has a code that the reference lists, and that the pages and commands have, too."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.codes import APPS, ELSEWHERE, documented, of_tables, refusals_in
from panel.settings import BASE_DIR

# Of programs alone: how a request is made, what only a token can lack, and what a page has no button for.
OF_PROGRAMS = {
    *("bad-request", "failed", "idempotency-key", "idempotency-key-reused", "invalid", "method-not-allowed"),
    *("not-found", "scope-missing", "token-invalid", "token-missing", "too-large", "too-many-requests"),
    *("not-managed", "nothing-to-hand-out", "webhook-off"),
}


def sources(*apps: str) -> list[Path]:
    return [path for app in apps for path in sorted((Path(BASE_DIR) / app).rglob("*.py"))]


def test_the_reference_lists_every_code() -> None:
    named = {code for path in sources(*APPS) if "management" not in path.parts for code, *_ in refusals_in(path)}
    views = {code for path in sources(*APPS) if "views" in path.parts for code, *_ in refusals_in(path)}
    assert named - views - documented().keys() - ELSEWHERE == set()
    assert not documented().keys() & ELSEWHERE
    reference = (Path(BASE_DIR) / "docs" / "api.md").read_text(encoding="utf-8")
    assert [code for code in documented() if f"| `{code}` |" not in reference] == []


def test_every_code_of_elsewhere_is_still_there() -> None:
    named = {code for path in sources(*APPS) for code, *_ in refusals_in(path)}
    assert ELSEWHERE - named == set()


def test_every_code_has_words() -> None:
    assert [code for code, (_where, words) in documented().items() if not words] == []


# What only the API says of a code that others have, too: it is of tokens, webhooks or its own form of a table.
OWN_WORDS = {
    "Only a token of the operator's staff may do this.",
    "This token has been revoked already.",
    "This message is still on its way: it will be tried again.",
    "Name a field for every column of the table.",
    "This run is not being previewed.",  # pages show the run as it is
    "This run has been started: it can no longer be discarded.",
}


@pytest.mark.parametrize("path", sources("api"), ids=lambda path: path.name)
def test_the_api_refuses_with_the_codes_and_words_of_the_pages(path: Path) -> None:
    """What an operation refuses itself is refused elsewhere in the same words."""
    others = [app for app in APPS if app != "api"]
    elsewhere = {(code, words) for other in sources(*others) for code, _place, words in refusals_in(other)}
    elsewhere |= {(code, words) for code, _place, words in of_tables()}
    codes = {code for code, _words in elsewhere}
    own = {(code, words) for code, _place, words in refusals_in(path) if code not in OF_PROGRAMS and code in codes}
    assert {(code, words) for code, words in own - elsewhere if words not in OWN_WORDS} == set()
