"""Reading tables: any delimiter, common encodings, workbooks, and what is refused."""

from __future__ import annotations

import resource
import time
import zipfile
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import reading, tables
from accounts.reading import Choices
from accounts.tables import LIMITS, Format, Refusal, Shape, TableLimits, TableRefused, defusing
from tests.accounts.conftest import ods, ods_row, xlsx, xlsx_row

POLISH = "email;Imię;Nazwisko\nzolw@a.example;Łucja;Żółć-Gąślą\n"


def shape_of(data: bytes, limits: TableLimits = LIMITS) -> Shape:
    return reading.settle(data, Choices(), domains=(), limits=limits).shape


def rows(data: bytes, limits: TableLimits = LIMITS) -> list[tuple[int, tuple[str, ...]]]:
    return [(line.number, line.cells) for line in tables.read(data, shape_of(data, limits), limits)]


def refusal(data: bytes, limits: TableLimits = LIMITS) -> TableRefused:
    with pytest.raises(TableRefused) as caught:
        rows(data, limits)
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told(delimiter):
    text = delimiter.join(["email", "name"]) + "\n" + delimiter.join(["a@b.example", '"x, y; z"']) + "\n"
    shape = shape_of(text.encode())
    assert shape == Shape(Format.CSV, "utf-8-sig", delimiter, "", 2, 0, 1)
    assert rows(text.encode())[1] == (2, ("a@b.example", "x, y; z"))


def test_excels_separator_line_is_obeyed_and_counts_as_a_line():
    assert rows(b"sep=;\r\nemail;a,b\r\nx@y.example;1,2\r\n") == [(2, ("email", "a,b")), (3, ("x@y.example", "1,2"))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1250", "iso8859-2"])
def test_common_encodings_are_told(encoding):
    assert rows(POLISH.encode(encoding))[1][1] == ("zolw@a.example", "Łucja", "Żółć-Gąślą")


def test_western_text_is_read_as_such():
    assert rows("email,name\na@b.example,Zoë Müller\n".encode("cp1252"))[1][1][1] == "Zoë Müller"


def test_lines_are_numbered_where_their_record_begins():
    data = b'email,name\n\n"a@b.example","two\nlines"\n   ,\nc@d.example,x\n'
    assert [number for number, _cells in rows(data)] == [1, 3, 6]


@pytest.mark.parametrize("data", [b"", b"  \n\n", b"\0\0", b",,,\n,,\n"])
def test_an_empty_table_is_refused(data):
    assert refusal(data).code is Refusal.EMPTY


@pytest.mark.parametrize("data", [b"PK\x03\x04 nonsense", b"\x89PNG\r\n\x1a\n\0\0\0", b"\xd0\xcf\x11\xe0\0\0"])
def test_what_is_no_table_is_refused(data):
    assert refusal(data).code is Refusal.FORMAT


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (replace(LIMITS, bytes=100), Refusal.BYTES),
        (replace(LIMITS, rows=10), Refusal.ROWS),
        (replace(LIMITS, columns=2), Refusal.COLUMNS),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx", "ods"])
def test_each_limit_is_named(limits, code, kind):
    cells = ("user@example.org", "Anna", "Kowalska")
    data = {
        "csv": ("\n".join(",".join(cells) for _row in range(12))).encode(),
        "xlsx": xlsx("".join(xlsx_row(number, *cells) for number in range(1, 13))),
        "ods": ods(ods_row(*cells) * 12),
    }[kind]
    refused = refusal(data, limits)
    assert refused.code is code
    assert refused.facts["limit"] in (limits.bytes, limits.rows, limits.columns)


def test_a_workbook_keeps_its_row_numbers_and_whole_numbers():
    data = xlsx(xlsx_row(3, "email", "password") + xlsx_row(5, "a@b.example", 123456789))
    assert rows(data) == [(3, ("email", "password")), (5, ("a@b.example", "123456789"))]
    assert rows(ods(ods_row("email") + ods_row("", "") + ods_row("a@b.example"))) == [
        (1, ("email",)),
        (3, ("a@b.example",)),
    ]


BOMBS = {
    "a cell at the far corner": xlsx(
        xlsx_row(1, "email") + '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>'
    ),
    "a row repeated a million times": ods(ods_row("a@b.example", "x" * 500, repeated=1_048_576)),
    "half a gigabyte of blanks": xlsx(" " * 500_000_000),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_refused_at_once_and_costs_this_process_nothing(bomb):
    before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    assert refusal(bomb).code in {Refusal.MEMORY, Refusal.UNPACKED, Refusal.ROWS, Refusal.COLUMNS, Refusal.FORMAT}
    assert time.monotonic() - begun < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB


def test_an_archive_that_lies_about_its_sizes_is_found_out():
    data = bytearray(xlsx(" " * 2_000_000))
    with zipfile.ZipFile(BytesIO(bytes(data))) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    size = info.file_size.to_bytes(4, "little")
    assert data.count(size) >= 1
    lying = bytes(data).replace(size, (100).to_bytes(4, "little"))
    assert refusal(lying, replace(LIMITS, unpacked=1_000_000)).code in {Refusal.UNPACKED, Refusal.FORMAT}


def test_100_000_rows_are_streamed():
    data = b"email,first,last\n" + b"".join(b"user%06d@example.org,Anna,Kowalska\n" % i for i in range(100_000))
    lines = tables.read(data, shape_of(data))
    assert next(lines).number == 1
    assert sum(1 for _line in lines) == 100_000


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60))
def test_defusing_is_undone_exactly(cell):
    assert not defusing.defuse(cell).startswith(("=", "+", "-", "@", "\t", "\r"))
    if not cell.startswith("'"):
        assert defusing.undefuse(defusing.defuse(cell)) == cell


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data):
    try:
        for line in tables.read(data, shape_of(data)):
            assert line.cells
    except TableRefused:
        pass


def test_quotation_marks_within_a_line_and_closed_over_several_are_no_mistake():
    data = b'email;n\na@b.pl;15" Jan\nc@d.pl;"Ola ""O""\nNowak"\ne@f.pl;Ewa\n'
    lines = list(tables.read(data, shape_of(data)))
    assert [(line.number, line.cells[-1]) for line in lines[1:]] == [(2, '15" Jan'), (3, 'Ola "O"\nNowak'), (5, "Ewa")]


def test_a_nul_in_a_cell_is_no_nul_any_more():
    for data in (
        "email;n\na@b.pl;J\0n\n".encode("utf-16"),
        xlsx(xlsx_row(1, "email", "n") + xlsx_row(2, "a", "J_x0000_n")),
    ):
        assert list(tables.read(data, shape_of(data)))[1].cells[1] == "J\1n"


def test_an_archive_of_a_later_kind_of_zip_is_refused():
    data = bytearray(xlsx(xlsx_row(1, "email")))
    data[data.find(b"PK\x01\x02") + 6] = 99
    with pytest.raises(tables.TableRefused) as refused:
        shape_of(bytes(data))
    assert refused.value.code is tables.Refusal.FORMAT


@pytest.mark.parametrize("cell", ["=1+1", "'=1+1", "''-Ab3456789", "'plain", "'", "plain"])
def test_a_cell_survives_being_defused_and_read_again(cell):
    assert not defusing.defuse(cell).startswith(defusing.FORMULA)
    assert defusing.undefuse(defusing.defuse(cell)) == cell
