"""Reading uploaded tables: CSV of any kind, workbooks, cells pasted from a spreadsheet.

The file is in memory (it may hold plain passwords, so it is never spooled); its rows are streamed.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice

from ..sheets.cells import CellKind, is_covered, mark_of, marked, plain, read_as
from . import encodings, records, workbooks
from .defusing import FORMULA, csv_line, defuse, undefuse
from .encodings import ENCODINGS, Told
from .shapes import CELL, DELIMITERS, LIMITS, Format, Line, LineFault, Refusal, Shape, TableLimits, TableRefused
from .workbooks import COUNTED, SheetPreview, survey

__all__ = [
    "CELL",
    "COUNTED",
    "DELIMITERS",
    "ENCODINGS",
    "FORMULA",
    "LIMITS",
    "CellKind",
    "Format",
    "Line",
    "LineFault",
    "Refusal",
    "Shape",
    "SheetPreview",
    "TableLimits",
    "TableRefused",
    "Told",
    "csv_line",
    "defuse",
    "first_lines",
    "format_of",
    "is_covered",
    "mark_of",
    "marked",
    "plain",
    "read",
    "read_as",
    "survey",
    "undefuse",
]  # fmt: skip

SAMPLE = 64 * 1024  # characters from which the delimiter and the headings are told
FIRST = 60  # lines of text among which the headings are looked for
_MARKUP = re.compile(rb"\s*(?:<\?xml|<!doctype\s|<(?:html|head|body|table|meta|workbook)[\s>])", re.IGNORECASE)
_HTML = re.compile(rb"<html[\s>]|<!doctype\s+html|\A\s*<(?:head|body|table|meta)", re.IGNORECASE)
# PDF, rich text, mail, JSON, SYLK, address cards, LDIF: texts, and no tables.
_OF_OTHERS = re.compile(
    rb"%PDF-|\{\\rtf|MIME-Version:|\s*\[?\s*\{\s*\"|ID;P|BEGIN:V|dn:[: ]|version: 1\s+dn:", re.IGNORECASE
)
_WRAPPED = re.compile(r'="([^"]*)"')


def format_of(data: bytes, limits: TableLimits = LIMITS) -> Format:
    """What kind of table these bytes are. Raises `Refused` for what is none, in words of its own."""
    if len(data) > limits.bytes:
        raise TableRefused(Refusal.BYTES, limit=limits.bytes)
    if not data.strip(b" \t\r\n\0"):
        raise TableRefused(Refusal.EMPTY)
    workbook = workbooks.format_of(data)
    if workbook:
        return workbook
    start = data[:1024].removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").removeprefix(b"\xff\xfe")
    if _MARKUP.match(start):
        raise TableRefused(Refusal.HTML if _HTML.search(data[:4096].replace(b"\0", b"")) else Refusal.XML)
    if _OF_OTHERS.match(start):
        raise TableRefused(Refusal.FORMAT)
    padding = len(data) - len(data.rstrip(b"\0"))
    if padding > 8:
        raise TableRefused(Refusal.PADDED, count=padding)
    return Format.CSV


def first_lines(data: bytes, encoding: str) -> list[str]:
    """The first lines of a text. Raises `Refused` where the encoding does not fit the whole of it."""
    try:
        for start in range(0, len(data), 1 << 22):  # nothing is read before all of it decodes
            if encoding in encodings.OF_ENCODING:
                data[start : start + (1 << 22)].decode(encoding)
        stream = _lines(data, encoding)
        size, lines = 0, []
        for line in islice(stream, 500):
            lines.append(line[:SAMPLE])
            size += len(line)
            if size > SAMPLE:
                break
        if encoding not in encodings.OF_ENCODING:
            for _line in stream:
                pass
    except UnicodeError:
        raise TableRefused(Refusal.ENCODING, encoding=encoding) from None
    return lines


def read(data: bytes, shape: Shape, limits: TableLimits = LIMITS) -> Iterator[Line]:
    """The rows that are not blank, one by one. Raises `Refused` at the first limit that is passed."""
    if len(data) > limits.bytes:
        raise TableRefused(Refusal.BYTES, limit=limits.bytes)
    text = shape.format is Format.CSV
    lines = _read_text(data, shape, limits) if text else workbooks.read(data, shape.sheet, limits)
    count = 0
    for line in lines:
        count += 1
        if count > limits.rows + FIRST + 1:  # headings, and what stands above them
            raise TableRefused(Refusal.ROWS, limit=limits.rows, line=line.number)
        yield line._replace(cells=tuple(map(undefuse, line.cells)))
    if not count:
        raise TableRefused(Refusal.EMPTY)


def _lines(data: bytes, encoding: str) -> Iterator[str]:
    return io.TextIOWrapper(io.BytesIO(data), encoding=encoding, newline="")


def _read_text(data: bytes, shape: Shape, limits: TableLimits) -> Iterator[Line]:
    lines = _without_separator_line(_lines(data, shape.encoding))
    try:
        known = {"width": shape.width, "address": shape.address, "heading": shape.heading}
        for record in records.records(lines, shape.delimiter, **known):
            cells = record.cells
            full = len(cells)
            while cells and not cells[-1]:
                cells.pop()
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > limits.columns:
                raise TableRefused(Refusal.COLUMNS, limit=limits.columns, line=record.number)
            yield Line(record.number, tuple(map(_unwrapped, cells)), record.fault, full=full)
    except UnicodeError:
        raise TableRefused(Refusal.ENCODING, encoding=shape.encoding) from None


def _unwrapped(cell: str) -> str:
    """`="…"`, which a spreadsheet takes for the text within."""
    if cell.startswith('="') and (found := _WRAPPED.fullmatch(cell)):
        return marked(CellKind.UNWRAPPED, found[1], found[1])
    return cell


def _without_separator_line(lines: Iterator[str]) -> Iterator[str]:
    """Excel's `sep=;` in the first line is an instruction; an empty line stands in, so that numbers stay right."""
    for index, line in enumerate(lines):
        yield "\r\n" if index == 0 and records.separator_of(line) else line
