import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_every_variable_of_the_settings_is_documented():
    source = (ROOT / "panel" / "settings.py").read_text()
    names = set(re.findall(r"""\benv(?:_list|_bool|_int)?\(["']([A-Z_]+)["']""", source))
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    assert names, "no variable found: has the settings file changed its ways?"
    assert names - documented == set()
