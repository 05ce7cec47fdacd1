"""Every sentence of the program is in the Polish catalogue, translated, and none that it no longer says."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from panel.catalogues import compile_catalogues
from tests.servers.process import program

ROOT = Path(__file__).parents[2]
SPOKEN = ("panel", "domains", "identities", "diagnostics", "accounts", "mailflow", "api", "templates", "static")
CATALOGUE = Path("locale/pl/LC_MESSAGES/django.po")
OF_PACKAGES = Path("locale/packages/pl/LC_MESSAGES/django.po")


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="pl")


@pytest.fixture(scope="module")
def merged(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The catalogue as GNU gettext brings it up to date with the sources, in a copy of them."""
    program("xgettext", "gettext")
    copy = tmp_path_factory.mktemp("sources")
    for name in SPOKEN:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", "migrations"))
    (copy / CATALOGUE).parent.mkdir(parents=True)
    shutil.copy(ROOT / CATALOGUE, copy / CATALOGUE)
    subprocess.run(
        [sys.executable, "-m", "django", "makemessages", "-l", "pl", "--no-obsolete", "--no-location", "-v", "0"],
        cwd=copy,
        check=True,
        capture_output=True,
        env={"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"},
    )
    return read(copy / CATALOGUE)


def allauth() -> Path:
    found = find_spec("allauth")
    assert found
    assert found.origin
    return Path(found.origin).parent / "locale/pl/LC_MESSAGES/django.po"


def first(message_id: object) -> str:
    return str(message_id[0] if isinstance(message_id, tuple | list) else message_id)


def test_every_sentence_is_translated(merged: Catalog) -> None:
    untranslated = [
        first(message.id)
        for message in merged
        if message.id
        and (message.fuzzy or not all(message.string if isinstance(message.string, tuple | list) else [message.string]))
    ]
    assert not untranslated, f"{len(untranslated)} without a Polish translation:\n" + "\n".join(untranslated)


def test_the_catalogue_holds_nothing_that_is_no_longer_said(merged: Catalog) -> None:
    said = {first(message.id) for message in merged}
    stale = [first(message.id) for message in read(ROOT / CATALOGUE) if first(message.id) not in said]
    assert not stale, "\n".join(stale[:50])


def test_translations_keep_the_placeholders() -> None:
    catalogues = read(ROOT / CATALOGUE), read(ROOT / OF_PACKAGES)
    wrong = [f"{first(message.id)}: {errors[0]}" for each in catalogues for message, errors in each.check()]
    assert not wrong, "\n".join(wrong)


def test_what_other_packages_say_is_still_said_by_them() -> None:
    """And their security keys are the panel's *klucze dostępu*."""
    with allauth().open("rb") as file:
        theirs = read_po(file, locale="pl")
    ours = read(ROOT / OF_PACKAGES)
    assert [first(message.id) for message in ours if message.id and message.id not in theirs] == []
    spoken = " ".join(str((ours.get(first(each.id)) or each).string) for each in theirs if each.id)
    assert "klucz bezpieczeństwa" not in spoken.lower()
    assert "Klucz uniwersalny" not in spoken


def test_catalogues_are_compiled_without_gettext(tmp_path: Path) -> None:
    target = tmp_path / "pl" / "LC_MESSAGES"
    target.mkdir(parents=True)
    shutil.copy(ROOT / CATALOGUE, target)
    assert compile_catalogues(tmp_path) == [target / "django.mo"]
    assert (target / "django.mo").read_bytes()[:4] == b"\xde\x12\x04\x95"
    assert compile_catalogues(tmp_path) == []


# A number before the noun that it counts: `%(n)d accounts`, `%(number)s more accounts`.
COUNTED = re.compile(
    r"%\((?:n|number|count|total|shown|have|left|days|quantity|length|rows|limit)\)[ds] (?:\w+ )?[a-z]+s\b"
)
# Numbers that are never small, or limits that never change: one form of the noun is the right one in every language.
ONE_FORM = {
    "%(n)s ms",
    "The cell is too long: %(length)s characters, with a limit of %(limit)s.",
    "This name is too long: %(length)s characters, with a limit of %(limit)s.",
    "The limit for a name is %(n)d characters.",
    "The file ends with %(count)s NUL characters: it was not written to its end. Fetch or save it again.",
    "Last %(days)d days – OK: %(ok)s, propagating: %(wait)s, needs attention: %(red)s of the time.",
    "more than %(shown)s accounts",
    "more than %(number)s checks need attention",
    "%(done)s of %(total)s record sets",
    "A folder's name has at most %(limit)s characters, and none of . \\ * %% ~ & # \"; a / divides folders from those inside them.",  # noqa: E501
    "An account has at most %(limit)s rules.",
    "At most %(limit)s actions.",
    "At most %(limit)s characters, without line breaks.",
    "At most %(limit)s characters.",
    "At most %(limit)s conditions.",
    "The rules of an account forward to at most %(limit)s addresses.",
    "What all rules of an account look for has at most %(limit)s characters together.",
    "Stopped after %(done)s of %(total)s record sets",
}


def test_what_is_counted_has_plural_forms(merged: Catalog) -> None:
    found = {message.id for message in merged if isinstance(message.id, str) and COUNTED.search(message.id)}
    unknown = sorted(found - ONE_FORM)
    assert not unknown, "these count something and have one form only (ngettext, {% plural %}):\n" + "\n".join(unknown)
