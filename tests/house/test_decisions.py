"""Decisions have one form, and their index names them all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
FILES = sorted(FOLDER.glob("[0-9]*.md"))
FORM = re.compile(
    r"# (?P<title>[^\n]+)\n\n- Date: (?P<date>\d{4}-\d\d-\d\d)\n- Status: (?P<status>[^\n]+(?:\n  [^\n]+)*)\n\n"
    r"## Question\n\n[^#\n].*?\n\n## Choices\n\n[^#\n].*?\n\n(?:## .*?\n\n)?## Decision\n\n[^#\n].*",
    re.DOTALL,
)
NAMED = re.compile(r"\b(\d{4})\b")


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_decision_has_the_form(file: Path) -> None:
    """Date, status, question, choices, decision; what it supersedes or completes is there."""
    found = FORM.match(file.read_text(encoding="utf-8"))
    assert found is not None
    assert re.match(r"accepted|superseded|withdrawn", found["status"])
    for number in NAMED.findall(found["status"]):
        assert list(FOLDER.glob(f"{number}-*.md")), f"{number} is no decision"


def test_numbers_are_given_once() -> None:
    numbers = [file.name[:4] for file in FILES]
    assert len(numbers) == len(set(numbers))


def test_the_index_names_them_all() -> None:
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    expected = []
    for file in FILES:
        found = FORM.match(file.read_text(encoding="utf-8"))
        assert found is not None, file.name
        status = found["status"].replace("\n  ", " ")
        expected.append(f"| [{file.name[:4]}]({file.name}) | {found['title']} | {found['date']} | {status} |")
    assert [line for line in index.splitlines() if line.startswith("| [")] == expected
