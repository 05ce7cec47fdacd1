"""What a cell probably meant: addresses as other programs write them, and characters that are not what they seem."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import characters, preview, rules, suggestions
from accounts.columns import Field
from accounts.models import EmailAccount
from tests.accounts.conftest import make_clinic
from tests.factories import make_domain

D = "aurora.example"


def faults_of(cell: str, **cells: str) -> tuple[preview.Fault, ...]:
    return preview.parse(2, {Field.ADDRESS: cell} | {Field(name): value for name, value in cells.items()}).faults


@pytest.mark.parametrize(
    ("cell", "code", "named"),
    [
        ("mailto:jan@D", "address-prefix", "mailto:"),
        ("MAILTO: jan@D", "address-prefix", "MAILTO:"),
        ("mailto:jan%40D?subject=x", "address-prefix", "mailto:"),
        ("SMTP:jan@D", "address-prefix", "SMTP:"),
        ("smtp:jan@D", "address-prefix", "smtp:"),
        ("E-mail: jan@D", "address-prefix", "E-mail:"),
        ("smtp:j.nowak@D;SMTP:jan@D", "address-several", ""),
        ("SMTP:jan@D+smtp:j.nowak@D", "address-several", ""),
        ("Jan Nowak <jan@D>", "address-wrapped", ""),
        ('"Nowak, Jan" <jan@D>', "address-wrapped", ""),
        ("<jan@D>", "address-wrapped", ""),
        ("jan@D (Jan Nowak)", "address-wrapped", ""),
        ("jan@D<mailto:jan@D>", "address-wrapped", ""),
        ("[jan@D](mailto:jan@D)", "address-wrapped", ""),
        ("jan@D;", "address-punctuation", ";"),
        ("jan@D,", "address-punctuation", ","),
        ("'jan@D'", "address-punctuation", "''"),
        ("„jan@D”", "address-punctuation", "„”"),
        ("jan﹫D", "address-at-sign", "SMALL COMMERCIAL AT (U+FE6B)"),
        ("jan＠D", "address-at-sign", "FULLWIDTH COMMERCIAL AT (U+FF20)"),
        ("jan[at]D", "address-at-sign", "[at]"),
        ("jan (at) D", "address-at-sign", "(at)"),
        ("jan\u200b@D", "address-invisible", "ZERO WIDTH SPACE (U+200B)"),
        ("\u200ejan@D", "address-invisible", "LEFT-TO-RIGHT MARK (U+200E)"),
        ("jan@D\u200f", "address-invisible", "RIGHT-TO-LEFT MARK (U+200F)"),
        ("\ufeffjan@D", "address-invisible", "ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
        ("ja\u00adn@D", "address-invisible", "SOFT HYPHEN (U+00AD)"),
        ("\u202ajan@D\u202c", "address-invisible", "EMBEDDING (U+202A), POP DIRECTIONAL FORMATTING (U+202C)"),
        ("j\u2066an@D", "address-invisible", "LEFT-TO-RIGHT ISOLATE (U+2066)"),
        ("jan\u3164@D", "address-invisible", "HANGUL FILLER (U+3164)"),
        ("jan\ufe0f@D", "address-invisible", "VARIATION SELECTOR-16 (U+FE0F)"),
        ("jan\u2800@D", "address-invisible", "BRAILLE PATTERN BLANK (U+2800)"),
        ("j\u0430n@D", "name-letters", "CYRILLIC SMALL LETTER A (U+0430)"),
        ("jαn@D", "name-letters", "GREEK SMALL LETTER ALPHA (U+03B1)"),
        ("ｊａｎ@D", "name-letters", "FULLWIDTH LATIN SMALL LETTER J (U+FF4A)"),
        ("𝐣an@D", "name-letters", "MATHEMATICAL BOLD SMALL J (U+1D423)"),
        ("ján@D", "name-accents", ""),
        ("Jań@D", "name-accents", ""),
    ],
)  # fmt: skip
def test_the_address_that_was_meant_is_suggested_and_what_is_odd_is_named(cell, code, named):
    fault, *_others = faults_of(cell.replace("D", D))
    assert fault.code == code
    assert named in str([*fault.facts.values()])
    assert fault.facts["suggestion"] == f"jan@{D}"


@pytest.mark.parametrize(
    ("cell", "suggestion"),
    [
        ("jan–nowak@D", "jan-nowak@D"),
        ("Вartek@D", "bartek@D"),  # a Cyrillic capital
        ("Łukasz Żółć@D", "lukasz.zolc@D"),
        ("Bjørn Ærø@D", "bjorn.aero@D"),
        ("smith,jóhn@D", "smith,john@D"),
        ("o'brien@D", "obrien@D"),
        ("jan@@D", "jan@D"),
        ("jan@D, anna@D", ""),
        ("jan@D;anna@D", ""),
        ("jan@D anna@D", ""),
        ("Jan Nowak jan@D", ""),  # nobody can tell what is his name and what his account's
        ("иван@D", ""),
        ("a@b@D", ""),
        ("王小明@D", ""),
    ],
)
def test_what_cannot_be_told_is_not_suggested(cell, suggestion):
    faults = faults_of(cell.replace("D", D))
    assert faults
    assert faults[0].facts.get("suggestion", "") == suggestion.replace("D", D)


@pytest.mark.parametrize("cell", ["jan@D", " Jan@D ", "smith,john@D", "a-b_c.d@D", "jan@żółw.example", "JAN @ D"])
def test_a_sound_address_has_no_fault(cell):
    assert faults_of(cell.replace("D", D)) == ()


@settings(deadline=None)  # another process may have the machine
@given(st.text(max_size=60) | st.from_regex(r"[^@]{0,12}jan@aurora\.example.{0,8}", fullmatch=True))
def test_a_suggestion_is_always_an_address_without_a_fault(cell):
    suggestion = suggestions.address(cell)
    assert (
        not suggestion
        or preview.parse(2, {Field.ADDRESS: suggestion}).faults == ()
        or "@-" in suggestion
        or not (preview.to_ascii(suggestion.partition("@")[2]))
    )


@pytest.mark.parametrize(
    ("cell", "named", "suggestion"),
    [
        ("דוד\u200f", "RIGHT-TO-LEFT MARK (U+200F)", "דוד"),
        ("\u200eJan", "LEFT-TO-RIGHT MARK (U+200E)", "Jan"),
        ("Lis\u200e", "LEFT-TO-RIGHT MARK (U+200E)", "Lis"),
        ("Ja\u202en", "RIGHT-TO-LEFT OVERRIDE (U+202E)", "Jan"),
        ("J\u061can", "ARABIC LETTER MARK (U+061C)", "Jan"),
        ("Ja\u200dn", "ZERO WIDTH JOINER (U+200D)", "Jan"),
        ("\ufeffJan", "ZERO WIDTH NO-BREAK SPACE (U+FEFF)", "Jan"),
        ("Jan\tNowak", "TAB (U+0009)", "Jan Nowak"),
        ("Ja\x07n", "U+0007", "Jan"),
        ("Jan\u2028Nowak", "LINE SEPARATOR (U+2028)", "Jan Nowak"),
        ("Zo\x01fia", "NULL", "Zofia"),
    ],
)
def test_what_cannot_be_seen_in_a_persons_name_is_named(cell, named, suggestion):
    (fault,) = faults_of(f"jan@{D}", first_name=cell)
    assert (fault.code, fault.field) == ("text-characters", Field.FIRST_NAME)
    assert named in str(fault.facts["characters"])
    assert fault.facts["suggestion"] == suggestion


@pytest.mark.parametrize(
    "name",
    ["نامه\u200cها", "അവന്\u200d", "辻\U000e0100", "क्\u200dष", "O’Brien", "Anna-Łucja", "❤\ufe0f", "Nguyễn", "ᠠ\u180b"],
)
def test_names_keep_what_their_script_is_written_with(name):
    assert faults_of(f"jan@{D}", first_name=name, display_name=name) == ()


@settings(deadline=None)  # another process may have the machine
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=20))
def test_no_directional_control_is_in_a_name_that_is_taken(text):
    if not rules.broken_by_text(rules.normalise_text(text)):
        turning = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
        for char in rules.normalise_text(text):
            assert unicodedata.bidirectional(char) not in turning
            assert char not in "\u200e\u200f\u061c"


def test_joiners_behind_one_that_joins_nothing_join_nothing():
    assert characters.shown_name("\u200c\u200d\u200cIda") == "Ida"
    assert characters.shown_name("\u0645\u06cc\u200c\u062e") == "\u0645\u06cc\u200c\u062e"  # Persian


@settings(deadline=None)  # another process may have the machine
@given(st.text(max_size=40))
def test_a_suggested_name_has_nothing_that_cannot_be_seen(text):
    better = rules.normalise_text(characters.shown_name(text))
    assert rules.odd_characters(better) == []


def test_a_display_name_that_had_to_be_cut_is_remarked_on():
    cut = preview.parse(2, {Field.ADDRESS: f"jan@{D}", Field.FIRST_NAME: "x" * 40, Field.LAST_NAME: "y" * 40})
    assert ([remark.code for remark in cut.remarks], len(cut.display_name)) == (["display-name-cut"], 64)
    given_one = preview.parse(
        2,
        {Field.ADDRESS: f"jan@{D}", Field.FIRST_NAME: "x" * 40, Field.LAST_NAME: "y" * 40, Field.DISPLAY_NAME: "Jan"},
    )
    assert given_one.remarks == ()


def command(service: str, path: Any, *options: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    try:
        call_command("configure_accounts", service, str(path), *options, "--json")
        status = 0
    except SystemExit as leaving:
        status = int(leaving.code or 0)
    return status, json.loads(capsys.readouterr().out)


def test_a_domain_that_only_looks_like_an_attached_one_is_named(db, table, capsys):
    clinic = make_clinic()
    make_domain(clinic.service, "xn--w-uga1v8h.example")
    file = table("email", "jan@\u0430urora.example", "anna@zolw.example", "ewa@elsewhere.example")
    status, answer = command(clinic.service.name, file, capsys=capsys)
    assert status == 2
    first, second, third = answer["reasons"]
    assert (first["code"], first["suggestion"]) == ("domain-alike", "jan@aurora.example")
    assert "CYRILLIC SMALL LETTER A (U+0430)" in first["reason"]
    assert (second["code"], second["suggestion"]) == ("domain-alike", "anna@żółw.example")
    assert third["code"] == "domain-unknown"
    assert not EmailAccount.objects.exclude(state="slot").exists()


def test_suggestions_are_in_text_json_and_results(db, table, tmp_path, capsys):
    clinic = make_clinic()
    file, out = table("email;Imię", f"mailto:jan@{D};Jan", f"ok@{D};\u200eEwa"), tmp_path / "out.csv"
    status, answer = command(clinic.service.name, file, "--dry-run", "--results", str(out), capsys=capsys)
    assert status == 2
    assert [reason["suggestion"] for reason in answer["reasons"]] == [f"jan@{D}", "Ewa"]
    assert f"jan@{D}" in out.read_text(encoding="utf-8-sig")
    with pytest.raises(SystemExit):
        call_command("configure_accounts", clinic.service.name, str(file))
    said = capsys.readouterr().out
    assert f"probably meant: jan@{D}" in said
    assert "LEFT-TO-RIGHT MARK (U+200E)" in said
