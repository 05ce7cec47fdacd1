"""Workbooks: what their cells, rows and sheets are, and what is said of them."""

from __future__ import annotations

import io
import re
import time
import zipfile
from dataclasses import replace

import pytest

from accounts.columns import Field
from accounts.reading import Choices
from accounts.tables import LIMITS, Refusal, TableRefused, workbooks
from tests.accounts.conftest import OFFICE, ods, ods_row, xlsx, xlsx_row
from tests.accounts.people import WORKBOOKS, Person, result_of, workbook

ZOFIA = Person("zofia@wbk.example", "Zofia", "Lis", "Zofia Lis", "Kwietny7Las")
HEAD = xlsx_row(1, "E-mail address", "First name", "Password")


def refusal(data: bytes) -> Refusal:
    with pytest.raises(TableRefused) as caught:
        result_of(data)
    return caught.value.code


@pytest.mark.parametrize(
    "name",
    [
        "hidden_first.xlsx",
        "instr_first.xlsx",
        "title_rows.xlsx",
        "stray_below.xlsx",
        "styled_empty.xlsx",
        "million_blank.ods",
        "million_empty.ods",
        "two_sheets.xlsx",
        "second_active.xlsx",
        "macro.xlsm",
    ],
)
def test_the_first_visible_sheet_with_headings_is_read_from_its_headings(name):
    found = workbook(name)
    assert (found.people, found.refused, found.asked) == ([ZOFIA], [], [])


def test_a_table_that_begins_anywhere_is_read():
    found = workbook("offset.xlsx")
    assert (found.people, found.refused) == ([ZOFIA], [(9, "address-no-domain")])
    assert found.reading.heading_row == 4


def test_other_sheets_with_rows_are_named_and_can_be_chosen():
    found = workbook("two_sheets.xlsx")
    assert found.reading.sheets == (("Biuro", True, 2), ("Magazyn", True, 2))
    chosen = result_of((WORKBOOKS / "two_sheets.xlsx").read_bytes(), Choices(sheet="Magazyn"))
    assert [person.first for person in chosen.people] == ["Adam"]
    hidden = result_of((WORKBOOKS / "hidden_first.xlsx").read_bytes(), Choices(sheet="Old"))
    assert [person.first for person in hidden.people] == ["Stary"]
    with pytest.raises(TableRefused) as caught:
        result_of((WORKBOOKS / "two_sheets.xlsx").read_bytes(), Choices(sheet="Nie ma"))
    assert (caught.value.code, caught.value.facts) == (Refusal.SHEET, {"sheet": "Nie ma"})


@pytest.mark.parametrize(
    ("name", "people", "refused", "remarks"),
    [
        ("errors.xlsx", ["zofia"], [], [(2, "cell-error"), (2, "cell-error")]),
        (
            "formulas_nocache.xlsx",
            [],
            [(2, "cell-formula"), (3, "cell-formula")],
            [(2, "cell-formula"), (3, "cell-formula")],
        ),
        ("hyperlink.xlsx", ["zofia"], [(3, "cell-formula")], []),
        ("odd_cells.ods", [], [(2, "cell-number")], []),
        ("merged_domain.xlsx", ["zofia"], [(3, "address-no-domain")], []),
        (
            "twopara_repeat.ods",
            ["zofia", "adam"],
            [(4, "address-duplicate"), (5, "address-duplicate")],
            [(2, "line-break")],
        ),
    ],
)
def test_a_cell_that_is_not_what_it_shows_is_a_fault_of_addresses_and_a_remark_on_names(name, people, refused, remarks):
    found = workbook(name)
    assert [person.address.partition("@")[0] for person in found.people] == people
    assert found.refused == refused
    if name == "formulas_nocache.xlsx":  # refused rows are not read on
        remarks = []
    assert found.remarks == remarks


def merged(kind: str, areas: str, *rows: tuple[str, ...]) -> bytes:
    """A workbook whose cells in `areas` (`D2:D3`) are merged; those that lie under others are written as ~."""
    if kind == "ods":
        cells = "".join(ods_row(*row) for row in rows)
        return ods(re.sub(r"<table:table-cell[^>]*><text:p>~</text:p></table:table-cell>", COVERED, cells))
    text = "".join(xlsx_row(number, *row) for number, row in enumerate(rows, 1))
    text = re.sub(r'<c r="\w+" t="inlineStr"><is><t>~</t></is></c>', "", text)
    references = "".join(f'<mergeCell ref="{area}"/>' for area in areas.split())
    return xlsx(f"{text}</sheetData><mergeCells>{references}</mergeCells><sheetData>")


COVERED = "<table:covered-table-cell/>"
ANNA, BERT = ("anna@d.example", "Anna", "Weiss", "Winter7Eis"), ("bert@d.example", "Bert", "Braun", "Sommer8Tag")
NAMES = ("E-mail address", "First name", "Last name", "Password")


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
@pytest.mark.parametrize(
    ("areas", "row", "refused", "remarks"),
    [
        ("D2:D3", (*BERT[:3], "~"), [(3, "cell-merged")], []),
        ("A2:A3", ("~", *BERT[1:]), [(3, "cell-merged")], []),
        ("C2:C3", (*BERT[:2], "~", BERT[3]), [], [(3, "cell-merged")]),
        ("B3:C3", (*BERT[:2], "~", BERT[3]), [], [(3, "cell-merged")]),
    ],
)
def test_a_cell_under_a_merged_one_is_a_fault_of_addresses_and_passwords_and_a_remark_on_names(
    kind, areas, row, refused, remarks
):
    found = result_of(merged(kind, areas, NAMES, ANNA, row))
    assert (found.refused, found.remarks) == (refused, remarks)
    assert found.people[0].password == "Winter7Eis"


@pytest.mark.parametrize("kind", ["xlsx", "ods"])
def test_titles_groups_and_footers_that_are_merged_are_no_faults(kind):
    title, footer = ("Staff", "~", "~", "~", "~"), ("", "", "", "", "")
    rows = title, (*NAMES, "Room"), (*ANNA, "12"), (*BERT, "~"), footer
    found = result_of(merged(kind, "A1:XFD1 E3:E4 A5:E5", *rows))
    assert (len(found.people), found.refused, found.remarks, found.reading.heading_row) == (2, [], [], 2)


def test_what_lies_hidden_under_a_merged_cell_is_never_used():
    hidden = (
        '<table:covered-table-cell office:value-type="string"><text:p>Alt7Kennwort</text:p></table:covered-table-cell>'
    )
    rows = (
        ods_row(*NAMES)
        + ods_row(*ANNA)
        + ods_row(*BERT[:3]).replace("</table:table-row>", f"{hidden}</table:table-row>")
    )
    assert result_of(ods(rows)).refused == [(3, "cell-merged")]


def test_headings_that_are_dates_or_numbers_are_shown_as_they_look():
    day = '<c r="C1" t="d"><v>2026-03-01</v></c><c r="D1" t="b"><v>1</v></c></row>'
    head = xlsx_row(1, "Email", "First name").replace("</row>", day)
    found = result_of(xlsx(head + xlsx_row(2, "anna@d.example", "Anna", "x", "y")))
    assert found.reading.heading == ("Email", "First name", "2026-03-01", "TRUE")


def test_numbers_with_a_format_dates_and_booleans_are_no_account_names():
    found = workbook("numfmt.xlsx")
    assert [line for line, _code in found.refused] == list(range(2, 11))
    assert {code for _line, code in found.refused} == {"cell-number", "cell-date", "cell-boolean"}


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ('<c r="C2" t="e"><v>#NAME?</v></c>', "cell-error"),
        ('<c r="C2" t="e"><f>Abc1Def2Ghi</f><v>#NAME?</v></c>', "cell-error"),
        ('<c r="C2"><f>A1</f></c>', "cell-formula"),
        ('<c r="C2" t="str"><f>A1</f></c>', "cell-formula"),
        ('<c r="C2" t="b"><v>1</v></c>', "cell-boolean"),
        ('<c r="C2" t="d"><v>2026-11-28</v></c>', "cell-date"),
        ('<c r="C2"><v>1.2345678901234567e17</v></c>', "cell-number"),
    ],
)
def test_no_password_is_generated_for_a_cell_that_has_something(cell, code):
    row = f'<row r="2"><c r="A2" t="inlineStr"><is><t>zofia@d.example</t></is></c>{cell}</row>'
    assert result_of(xlsx(HEAD + row)).refused == [(2, code)]


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        (
            '<table:table-cell office:value-type="string" calcext:value-type="error"><text:p>#N/A</text:'
            "p></table:table-cell>",
            "cell-error",
        ),
        (
            '<table:table-cell table:formula="of:=X" office:value-type="string"><text:p>#NAME?</text:p><'
            "/table:table-cell>",
            "cell-error",
        ),
        ('<table:table-cell table:formula="of:=X"><text:p>Err:508</text:p></table:table-cell>', "cell-error"),
        ('<table:table-cell table:formula="of:=A1"/>', "cell-formula"),
        (
            '<table:table-cell office:value-type="float" office:value="7"><text:p>007</text:p></table:table-cell>',
            "cell-number",
        ),
        (
            '<table:table-cell office:value-type="date" office:date-value="2026-11-28"><text:p>28.11.26<'
            "/text:p></table:table-cell>",
            "cell-date",
        ),
        (
            '<table:table-cell office:value-type="boolean" office:boolean-value="true"><text:p>PRAWDA</t'
            "ext:p></table:table-cell>",
            "cell-boolean",
        ),
        (
            '<table:table-cell office:value-type="percentage" office:value="0.5"><text:p>50%</text:p></t'
            "able:table-cell>",
            "cell-number",
        ),
    ],
)
def test_the_same_in_opendocument(cell, code):
    names = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    text = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'
    head = "".join(map(text.format, ("E-mail address", "Password")))
    rows = f"<table:table-row>{head}</table:table-row>"
    rows += f"<table:table-row {names}>{text.format('a.b@d.example')}{cell}</table:table-row>"
    assert result_of(ods(rows)).refused == [(2, code)]


def test_a_plain_number_is_what_it_shows():
    rows = xlsx_row(1, "Account name", "Domain", "First name") + xlsx_row(2, 44051401359, "d.example", 7)
    assert result_of(xlsx(rows)).people == [Person("44051401359@d.example", "7", "", "7", "")]


def test_hidden_rows_are_read_and_counted():
    rows = HEAD + '<row r="2" hidden="1"><c r="A2" t="inlineStr"><is><t>a.b@d.example</t></is></c></row>'
    found = result_of(xlsx(rows + xlsx_row(3, "c.d@d.example")))
    assert (len(found.people), found.reading.hidden) == (2, 1)


@pytest.mark.parametrize("name", ["old.xls", "old300.xls"])
def test_old_workbooks_are_read(name):
    data = (WORKBOOKS / name).read_bytes()
    found = result_of(data, columns={1: Field.FIRST_NAME} if "300" in name else None)
    assert found.people[0].first == "Żaneta"
    assert len(found.people) == (300 if "300" in name else 1)


@pytest.mark.parametrize(
    ("name", "code"),
    [("protected.xlsx", Refusal.PROTECTED), ("html.xls", Refusal.HTML), ("ss2003.xls", Refusal.XML)],
)
def test_what_is_no_workbook_for_us_is_called_what_it_is(name, code):
    assert refusal((WORKBOOKS / name).read_bytes()) is code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<!DOCTYPE html>\n<table><tr><td>Email</td></tr></table>", Refusal.HTML),
        (b"\xef\xbb\xbf<html xmlns:x='urn'><table></table></html>", Refusal.HTML),
        (b"<table border=1><tr><td>Email</td></tr></table>", Refusal.HTML),
        (b"\n<?xml version='1.0'?><Workbook><Table></Table></Workbook>", Refusal.XML),
        (b"Email;First name\na@d.example;A\n" + b"\0" * 2000, Refusal.PADDED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, Refusal.FORMAT),
    ],
)
def test_files_under_the_name_of_a_workbook_have_their_own_sentences(data, code):
    assert refusal(data) is code


def test_a_protected_ods_is_called_so():
    parts = {"content.xml": "x", "META-INF/manifest.xml": '<m xmlns:manifest="u"><manifest:encryption-data/></m>'}
    assert refusal(zipped(parts)) is Refusal.PROTECTED


def zipped(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def renamed(data: bytes, change: dict[str, str], replace_in: dict[str, str] | None = None) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    for old, new in (replace_in or {}).items():
        parts = {name: text.replace(old, new) for name, text in parts.items()}
    return zipped({change.get(name, name): text for name, text in parts.items()})


PLAIN = xlsx(HEAD + xlsx_row(2, "zofia@d.example", "Zofia", "Kwietny7Las"))
UNUSUAL = {
    "backslashes": renamed(
        PLAIN,
        {
            "xl/workbook.xml": "xl\\workbook.xml",
            "xl/_rels/workbook.xml.rels": "xl\\_rels\\workbook.xml.rels",
            "xl/worksheets/sheet1.xml": "xl\\worksheets\\sheet1.xml",
        },
    ),
    "at the root": renamed(
        PLAIN,
        {
            "xl/workbook.xml": "workbook.xml",
            "xl/_rels/workbook.xml.rels": "_rels/workbook.xml.rels",
            "xl/worksheets/sheet1.xml": "worksheets/sheet1.xml",
        },
        {'Target="xl/workbook.xml"': 'Target="/workbook.xml"'},
    ),
    "other case": renamed(PLAIN, {"xl/worksheets/sheet1.xml": "xl/WorkSheets/Sheet1.xml"}),
    "absolute targets": renamed(PLAIN, {}, {'Target="worksheets/': 'Target="/xl/worksheets/'}),
    "other names": renamed(
        PLAIN, {"xl/worksheets/sheet1.xml": "data/konta.xml"}, {'"worksheets/sheet1.xml"': '"../data/konta.xml"'}
    ),
    "no relationships": renamed(PLAIN, {"_rels/.rels": "x", "xl/_rels/workbook.xml.rels": "y"}),
    "strict": renamed(
        PLAIN, {}, {f"{OFFICE}/spreadsheetml/2006/main": "http://purl.oclc.org/ooxml/spreadsheetml/main"}
    ),
}


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=list(UNUSUAL))
def test_workbooks_with_unusual_paths_are_read(data):
    assert result_of(data).people == [Person("zofia@d.example", "Zofia", "", "Zofia", "Kwietny7Las")]


def test_a_workbook_with_nothing_but_errors_is_not_called_empty():
    row = '<row r="1"><c r="A1" t="e"><v>#N/A</v></c></row><row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>'
    assert result_of(xlsx(row)).refused == [(1, "cell-error"), (2, "cell-error")]


# Archives


def entry(name: str, offset: int, size: int) -> bytes:
    """A line of the central directory for a stored part."""
    numbers = (0, size, size, len(name), 0, 0, 0, 0, 0, offset)
    lengths = (4, 4, 4, 2, 2, 2, 2, 2, 4, 4)
    return (
        b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0"
        + b"".join(number.to_bytes(length, "little") for number, length in zip(numbers, lengths, strict=True))
        + name.encode()
    )


def overlapping(count: int, size: int = 500_000) -> bytes:
    """One deflated stream that each of many parts claims."""
    data = bytearray(PLAIN)
    with zipfile.ZipFile(io.BytesIO(PLAIN)) as archive:
        last = archive.infolist()[-1]
        start = archive.start_dir
    body = data[:start]
    directory = bytes(data[start : data.rindex(b"PK\x05\x06")])
    directory += b"".join(entry(f"p{number}", last.header_offset, 10) for number in range(count))
    total = 5 + count
    end = b"PK\x05\x06\0\0\0\0" + total.to_bytes(2, "little") * 2
    return bytes(body) + directory + end + len(directory).to_bytes(4, "little") + start.to_bytes(4, "little") + b"\0\0"


@pytest.mark.parametrize("count", [1, 900])
def test_parts_that_lie_over_each_other_are_refused(count):
    with pytest.raises(TableRefused) as caught:
        workbooks.refuse_bombs(overlapping(count), LIMITS)
    assert caught.value.code is Refusal.ARCHIVE


def test_more_parts_than_a_workbook_has_are_refused_at_once():
    begun = time.process_time()
    assert refusal(overlapping(40_000)) is Refusal.ARCHIVE
    assert time.process_time() - begun < 10


def test_unpacking_stops_at_the_limit():
    data = xlsx(" " * 50_000_000)
    begun = time.process_time()
    with pytest.raises(TableRefused) as caught:
        workbooks.refuse_bombs(data, replace(LIMITS, unpacked=1_000_000))
    assert caught.value.code is Refusal.UNPACKED
    assert time.process_time() - begun < 1


def test_a_doctype_is_refused():
    data = renamed(PLAIN, {}, {"<worksheet": '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet'})
    assert refusal(data) is Refusal.FORMAT


def test_a_column_that_nobody_maps_is_held_against_no_limit():
    rows = HEAD.replace("</row>", '<c r="D1" t="inlineStr"><is><t>memberOf</t></is></c></row>')
    rows += xlsx_row(2, "zofia@d.example", "Zofia", "Kwietny7Las", "CN=group," * 500)
    assert len(result_of(xlsx(rows)).people) == 1
    text = f"Email;memberOf;First name\nzofia@d.example;{'CN=group,' * 500};Zofia\n"
    assert result_of(text).names == [("Zofia", "")]


def test_a_cell_that_means_something_and_is_too_long_is_named():
    found = result_of(f"Email;First name\nzofia@d.example;{'x' * 2001}\n")
    assert found.refused == [(2, "cell-long")]


def test_composed_names_that_are_cut_are_remarked_on():
    found = result_of(f"Email;First name;Last name\nzofia@d.example;{'Z' * 40};{'L' * 40}\n")
    assert found.remarks == [(2, "display-name-cut")]
