"""docs/threat-model.md names tests and numbers that are there."""

from __future__ import annotations

import math
import re

from tests.processes import ROOT

TEXT = (ROOT / "docs" / "threat-model.md").read_text()
TESTS = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
APPS = ("panel", "domains", "identities", "diagnostics", "accounts", "mailflow", "api")
CODE = "\n".join(path.read_text() for app in APPS for path in (ROOT / app).rglob("*.py"))
SETTINGS = (ROOT / "panel" / "settings.py").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| ") and not line.startswith(("| attacker", "| what happens"))
]


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


def default_of(setting: str) -> str:
    """As the table writes it; empty where the default is no number."""
    found = re.search(rf'\b{setting} = env_int\(\s*"{setting}", ([\d_* ]+)[,)]', SETTINGS)
    if found is None:
        return ""
    number = math.prod(int(factor.replace("_", "")) for factor in found[1].split("*"))
    return f"{number // 2**20} MiB" if number >= 2**20 else f"{number:,}"


def test_every_bound_is_the_default_of_its_setting() -> None:
    bounds = [(row[3], setting) for row in ROWS if len(row) == 6 for setting in re.findall(r"`([A-Z_]+)`", row[4])]
    wanted = [(bound, setting, default_of(setting)) for bound, setting in bounds]
    assert len([default for _bound, _setting, default in wanted if default]) > 8
    assert not [each for each in wanted if each[2] and not re.search(rf"(?<![\d,]){each[2]}(?!\d|,\d)", each[0])]


def test_every_row_has_the_columns_of_its_table() -> None:
    assert {len(row) for row in ROWS} == {3, 6}
    assert not [row for row in ROWS if len(row) == 3 and row[0] in {"customer", "stranger"}]


def test_every_threat_has_a_test() -> None:
    assert not [row for row in ROWS if "`test_" not in row[-1] and "`tests/" not in row[-1]]
