"""Tables from public reports (`shared/cases/bulk`): what stands in the file is configured, or refused by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from accounts.models import EmailAccount
from tests.accounts.conftest import Clinic
from tests.accounts.test_suggestions import command

D = "aurora.example"


@dataclass(frozen=True)
class Case:
    """A row, and the right answer: configured as `names`, or refused with `code`, naming `said`, suggesting."""

    situation: str
    cells: dict[str, str]
    code: str = ""
    said: str = ""
    suggestion: str = ""
    remark: str = ""
    names: tuple[str, str, str] = ("", "", "")
    options: tuple[str, ...] = field(default=())


def address(situation: str, cell: str, code: str, said: str = "", suggestion: str = "") -> Case:
    return Case(situation, {"email": cell.replace("{d}", D)}, code, said, suggestion.replace("{d}", D))


def name(situation: str, first: str, last: str, said: str, suggestion: str) -> Case:
    cells = {"email": f"jan@{D}", "first name": first, "last name": last}
    return Case(situation, cells, "text-characters", said, suggestion)


REPORTED = [
    address("address form: mailto", "mailto:jan1@{d}", "address-prefix", "mailto:", "jan1@{d}"),
    address("address form: angle", "Jan Nowak <jan2@{d}>", "address-wrapped", "", "jan2@{d}"),
    address("address form: quoted name", '"Nowak, Jan" <jan4@{d}>', "address-wrapped", "", "jan4@{d}"),
    address("address form: trailing ;", "jan7@{d};", "address-punctuation", ";", "jan7@{d}"),
    address("address form: two addresses", "jan9@{d}, jan10@{d}", "address-several", "several addresses (2)"),
    address("address form: small @", "jan22﹫{d}", "address-at-sign", "SMALL COMMERCIAL AT", "jan22@{d}"),
    name("person's name: hebrew+RLM", "דוד\u200f", "כהן", "RIGHT-TO-LEFT MARK (U+200F)", "דוד"),
    name("person's name: LRM edge", "\u200eJan", "Lis\u200e", "LEFT-TO-RIGHT MARK (U+200E)", "Jan"),
]
OF_THE_SAME_KINDS = [
    address("mailto with a query", "mailto:jan@{d}?subject=Hi&cc=x", "address-prefix", "mailto:", "jan@{d}"),
    address("mailto in brackets", "<mailto:jan@{d}>", "address-wrapped", "", "jan@{d}"),
    address("Exchange, primary", "SMTP:Jan@{d}", "address-prefix", "SMTP:", "jan@{d}"),
    address("Exchange, all proxies", "smtp:j@{d};SMTP:jan@{d};X500:/o=x", "address-several", "", "jan@{d}"),
    address("SIP", "sip:jan@{d}", "address-prefix", "sip:", "jan@{d}"),
    address("name without quotes", "Nowak Jan, dr <jan@{d}>", "address-wrapped", "", "jan@{d}"),
    address("name with an address", "jan@home.example <jan@{d}>", "address-wrapped", "", "jan@{d}"),
    address("accents in angle brackets", "Łukasz <łukasz@{d}>", "address-wrapped", "", "lukasz@{d}"),
    address("two in angle brackets", "A <a1@{d}>, B <b1@{d}>", "address-wrapped"),
    address("full-width @", "jan＠{d}", "address-at-sign", "FULLWIDTH COMMERCIAL AT", "jan@{d}"),
    address("full-width all over", "ｊａｎ＠{d}", "address-at-sign", "FULLWIDTH COMMERCIAL AT", "jan@{d}"),
    address("trailing comma", "jan@{d},", "address-punctuation", ",", "jan@{d}"),
    address("quotation marks", "\"jan@{d}\"", "address-punctuation", "", "jan@{d}"),
    address("two addresses, slash", "jan@{d} / ewa@{d}", "address-several", "several addresses (2)"),
    address("no-break space inside", "jan\u00a0nowak@{d}", "name-characters", "", "jan.nowak@{d}"),
    address("zero width space", "jan\u200b@{d}", "address-invisible", "ZERO WIDTH SPACE (U+200B)", "jan@{d}"),
    address("word joiner in the domain", "jan@aurora\u2060.example", "address-invisible", "WORD JOINER", "jan@{d}"),
    address("bidi isolate", "\u2067jan@{d}\u2069", "address-invisible", "RIGHT-TO-LEFT ISOLATE", "jan@{d}"),
    address("Cyrillic o", "r\u043eman@{d}", "name-letters", "CYRILLIC SMALL LETTER O (U+043E)", "roman@{d}"),
    address("Greek capital in front", "Αnna@{d}", "name-letters", "GREEK CAPITAL LETTER ALPHA", "anna@{d}"),
    address("Turkish dotless i", "ışıl@{d}", "name-accents", "", "isil@{d}"),
    address("Vietnamese", "nguyễn@{d}", "name-accents", "", "nguyen@{d}"),
    address("all Cyrillic", "щука@{d}", "name-letters", "CYRILLIC SMALL LETTER SHCHA (U+0449)"),
    name("BOM in front", "\ufeffJan", "Lis", "U+FEFF", "Jan"),
    name("soft hyphen", "Ja\u00adn", "Lis", "SOFT HYPHEN (U+00AD)", "Jan"),
    name("override", "Jan\u202e", "Lis", "RIGHT-TO-LEFT OVERRIDE (U+202E)", "Jan"),
    name("isolates", "\u2068Jan\u2069", "Lis", "FIRST STRONG ISOLATE (U+2068)", "Jan"),
    name("tag characters", "Jan\U000e0041", "Lis", "TAG LATIN CAPITAL LETTER A (U+E0041)", "Jan"),
    name("Hangul filler", "Jan\u3164", "Lis", "HANGUL FILLER (U+3164)", "Jan"),
]  # fmt: skip


@pytest.mark.parametrize("case", [*REPORTED, *OF_THE_SAME_KINDS], ids=lambda case: case.situation)
def test_a_row_is_refused_by_name_with_what_was_meant(clinic: Clinic, table: Any, capsys: Any, case: Case) -> None:
    quoted = ['"' + cell.replace('"', '""') + '"' for cell in case.cells.values()]
    status, answer = command(clinic.service.name, table(";".join(case.cells), ";".join(quoted)), capsys=capsys)
    assert (status, answer["done"]) == (2, 0)
    assert not EmailAccount.objects.exclude(state="slot").exists()
    reason = answer["reasons"][0]
    assert reason["code"] == case.code
    assert case.said in reason["reason"]
    suggestions = [each["suggestion"] for each in answer["reasons"] if "suggestion" in each]
    assert suggestions[:1] == ([case.suggestion] if case.suggestion else [])
    assert json.dumps(answer["reasons"]).isascii()


@pytest.mark.parametrize(
    "case", [case for case in [*REPORTED, *OF_THE_SAME_KINDS] if case.suggestion], ids=lambda case: case.situation
)
def test_the_row_as_it_was_suggested_is_configured(clinic: Clinic, table: Any, capsys: Any, case: Case) -> None:
    cells = dict(case.cells)
    while True:
        quoted = ['"' + cell.replace('"', '""') + '"' for cell in cells.values()]
        status, answer = command(clinic.service.name, table(";".join(cells), ";".join(quoted)), capsys=capsys)
        better = {each["column"]: each["suggestion"] for each in answer["reasons"] if "suggestion" in each}
        if not better:
            break
        cells |= better
    assert (status, answer["done"], answer["remarks"]) == (0, 1, [])


def test_composed_display_names_that_pass_64_characters_are_remarked_on(clinic, table, capsys):
    first, last = "Wolfeschlegelsteinhausenbergerdorff" * 1, "Anna-Maria-Elżbieta-Katarzyna-Nowakowska"
    file = table("email;first name;last name", f"anna@{D};{first};{last}", f"jan@{D};Jan;Lis")
    status, answer = command(clinic.service.name, file, capsys=capsys)
    assert status == 0
    assert [(remark["line"], remark["code"]) for remark in answer["remarks"]] == [(2, "display-name-cut")]
    assert len(EmailAccount.objects.get(address_key=f"anna@{D}").display_name) == 64
