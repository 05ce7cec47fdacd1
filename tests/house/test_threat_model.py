"""docs/threat-model.md names tests and numbers that are there."""

from __future__ import annotations

import re

from tests.processes import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text()
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
CODE = "\n".join(
    path.read_text() for app in ("panel", "domains", "diagnostics", "accounts") for path in (ROOT / app).rglob("*.py")
)


def test_every_test_that_it_names_is_one() -> None:
    named = re.findall(r"`(test_\w+)`", TEXT)
    assert len(named) > 20
    assert not [name for name in named if f"def {name}(" not in TESTS]


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:tests|panel)/[\w/.]+\.py)`", TEXT)
    assert named
    assert not [name for name in named if not (ROOT / name).exists()]


def test_every_constant_and_setting_that_it_names_is_one() -> None:
    named = re.findall(r"`([A-Z][A-Z_]{3,})`", TEXT)
    assert named
    assert not [name for name in named if not re.search(rf"\b{name}\b", CODE)]


def test_every_threat_has_a_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|") and "---" not in line]
    threats = [row for row in rows if not row.startswith(("| attacker", "| what happens"))]
    assert not [row for row in threats if "`test_" not in row and "`tests/" not in row]
