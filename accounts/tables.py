"""Reading uploaded tables: CSV of any kind, XLSX, ODS, cells pasted from a spreadsheet. Pure but for a child process.

The file is in memory (it may hold plain passwords, so it is never spooled); its rows are streamed.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from . import sheets
from .defusing import defuse, undefuse

ENCODINGS = ("utf-8-sig", "utf-16", "cp1250", "iso8859-2", "cp1252", "iso8859-15", "cp852", "mac-latin2")
DELIMITERS = (",", ";", "\t", "|", ":")
SAMPLE = 64 * 1024  # bytes of text from which delimiter and encoding are told


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    ODS = "ods"


class Refusal(StrEnum):
    """Why a file is refused as a whole; the limits say their number in `facts`."""

    BYTES = "table-bytes"
    UNPACKED = "table-unpacked"
    MEMORY = "table-memory"
    ROWS = "table-rows"
    COLUMNS = "table-columns"
    CELL = "table-cell"
    EMPTY = "table-empty"
    FORMAT = "table-format"  # neither text nor a workbook that can be read
    ENCODING = "table-encoding"  # the chosen encoding does not fit
    QUOTE = "table-quote"  # a quotation mark that is never closed would swallow the rows after it


class Refused(Exception):  # noqa: N818 - an answer, not a mishap
    """The file is refused; nothing of it was used."""

    def __init__(self, code: Refusal, **facts: int | str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Limits:
    bytes: int = 20 * 1024 * 1024
    unpacked: int = 400 * 1024 * 1024  # bytes of a workbook's parts together
    rows: int = 100_000  # beside the headings
    columns: int = 100
    cell: int = 2000  # characters


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Shape:
    """How the bytes are to be read. Encoding and delimiter are empty for workbooks."""

    format: Format
    encoding: str = ""
    delimiter: str = ""


class Line(NamedTuple):
    number: int  # of the line (CSV) or row (workbook) where the record starts, from 1
    cells: tuple[str, ...]  # without the empty ones at the end


def shape_of(data: bytes, limits: Limits = LIMITS) -> Shape:
    """Tell how `data` is to be read; refuse what no table can be."""
    if not data.strip(b" \t\r\n\0"):
        raise Refused(Refusal.EMPTY)
    if len(data) > limits.bytes:
        raise Refused(Refusal.BYTES, limit=limits.bytes)
    if data.startswith(b"PK"):
        return Shape(_format_of_workbook(data))
    encoding = _encoding_of(data)
    text = data[:SAMPLE].decode(encoding, errors="replace")
    return Shape(Format.CSV, encoding, _delimiter_of(text))


def read(data: bytes, shape: Shape, limits: Limits = LIMITS) -> Iterator[Line]:
    """The rows that are not blank, one by one. Raises `Refused` at the first limit that is passed."""
    if len(data) > limits.bytes:
        raise Refused(Refusal.BYTES, limit=limits.bytes)
    if shape.format is Format.CSV:
        yield from _read_text(data, shape, limits)
    else:
        _refuse_bombs(data, limits)
        yield from _read_workbook(data, limits)


def _format_of_workbook(data: bytes) -> Format:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError):
        raise Refused(Refusal.FORMAT) from None
    if "xl/workbook.xml" in names:
        return Format.XLSX
    if "content.xml" in names:
        return Format.ODS
    raise Refused(Refusal.FORMAT)


def _refuse_bombs(data: bytes, limits: Limits) -> None:
    """Unpack every part of the archive, keeping nothing, until the limit: sizes that an archive states can lie."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist():
                if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or info.flag_bits & 1:
                    raise Refused(Refusal.FORMAT)
                offset = info.header_offset
                start = offset + 30 + sum(int.from_bytes(data[offset + i : offset + i + 2], "little") for i in (26, 28))
                packed = data[start : start + info.compress_size]
                if info.compress_type == zipfile.ZIP_STORED:
                    unpacked += len(packed)
                    continue
                inflate = zlib.decompressobj(-15)
                while packed and not inflate.eof and unpacked <= limits.unpacked:
                    unpacked += len(inflate.decompress(packed, 1 << 20))
                    packed = inflate.unconsumed_tail
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, UnicodeDecodeError, ValueError):
        raise Refused(Refusal.FORMAT) from None
    if unpacked > limits.unpacked:
        raise Refused(Refusal.UNPACKED, limit=limits.unpacked)


def _read_workbook(data: bytes, limits: Limits) -> Iterator[Line]:
    arguments = map(str, (limits.columns, limits.rows + 1, limits.cell))
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, str(Path(sheets.__file__)), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            try:
                child.stdin.write(data)
                child.stdin.close()
            except BrokenPipeError:
                pass  # its exit status says why it went
            empty = True
            for line in child.stdout:
                row = json.loads(line)
                if isinstance(row, dict):
                    raise Refused(
                        Refusal(f"table-{row['limit']}"), limit=getattr(limits, row["limit"]), line=row["line"]
                    )
                empty = False
                yield _line(row[0], row[1])
            status = child.wait()
        except BaseException:
            child.kill()
            raise
    if status == sheets.UNREADABLE:
        raise Refused(Refusal.FORMAT)
    if status != 0:
        raise Refused(Refusal.MEMORY, limit=sheets.MEMORY)
    if empty:
        raise Refused(Refusal.EMPTY)


def _read_text(data: bytes, shape: Shape, limits: Limits) -> Iterator[Line]:
    stream = io.TextIOWrapper(io.BytesIO(data), encoding=shape.encoding, newline="")
    quotes = _Quotes(_without_separator_line(stream))
    reader = csv.reader(quotes, delimiter=shape.delimiter)
    count = 0
    number = 1
    try:
        for cells in reader:
            start, number = number, reader.line_num + 1
            if quotes.odd() and number - start > 1:
                raise Refused(Refusal.QUOTE, line=start)
            while cells and not cells[-1].strip():
                cells.pop()
            if not cells:
                continue
            count += 1
            if count > limits.rows + 1:
                raise Refused(Refusal.ROWS, limit=limits.rows, line=start)
            if len(cells) > limits.columns:
                raise Refused(Refusal.COLUMNS, limit=limits.columns, line=start)
            if any(len(cell) > limits.cell for cell in cells):
                raise Refused(Refusal.CELL, limit=limits.cell, line=start)
            yield _line(start, cells)
    except UnicodeError:
        raise Refused(Refusal.ENCODING, encoding=shape.encoding) from None
    except csv.Error:  # a field beyond the csv module's own limit: most often a quote that is never closed
        raise Refused(Refusal.CELL, limit=limits.cell, line=number) from None
    if not count:
        raise Refused(Refusal.EMPTY)


def _line(number: int, cells: Sequence[str]) -> Line:
    """NUL, which no database keeps, becomes another character that no name, address or password may have; what we
    defused when we wrote the table is as it was before."""
    return Line(number, tuple(undefuse(cell.replace("\0", "\1")) for cell in cells))


class _Quotes:
    """Hands lines on and counts the quotation marks of each record: one over several lines has them in pairs."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._count = 0

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self._count += line.count('"')
            yield line

    def odd(self) -> bool:
        """Whether the record that was read since the last question has an odd number of them."""
        count, self._count = self._count, 0
        return count % 2 == 1


def _without_separator_line(stream: Iterator[str]) -> Iterator[str]:
    """Excel's `sep=;` in the first line is an instruction; an empty line stands in, so that numbers stay right."""
    for index, line in enumerate(stream):
        yield "\r\n" if index == 0 and _separator_line(line) else line


def _separator_line(line: str) -> str:
    text = line.strip("\r\n\ufeff \"'")
    return text[4] if text.lower().startswith("sep=") and len(text) == 5 else ""


def _encoding_of(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if b"\0" not in data:
            return "utf-8-sig"
    for half, encoding in ((data[1:SAMPLE:2], "utf-16-le"), (data[0:SAMPLE:2], "utf-16-be")):
        if half.count(b"\0") * 10 > len(half) * 8:
            return encoding
    if b"\0" in data:
        raise Refused(Refusal.FORMAT)
    candidates = ("cp1250", "iso8859-2", "cp1252")
    high = bytes(octet for octet in data if octet > 0x7F)
    return max(candidates, key=lambda encoding: (_letters(high, encoding), -candidates.index(encoding)))


def _letters(high: bytes, encoding: str) -> int:
    """How many of the octets above ASCII are letters in `encoding`: signs and controls speak against it."""
    return sum(char.isalpha() for char in high.decode(encoding, errors="replace"))


def _delimiter_of(text: str) -> str:
    """The delimiter that cuts the first rows into the most columns, alike in most rows."""
    first = _separator_line(text.split("\n", 1)[0])
    if first in DELIMITERS:
        return first

    def score(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(cells) for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if cells]
        except csv.Error:
            return 0, 0
        if len(widths) > 1 and len(text) >= SAMPLE // 2:
            widths.pop()  # cut off by the end of the sample
        if not widths:
            return 0, 0
        width, rows = Counter(widths).most_common(1)[0]
        return (rows / len(widths) if width > 1 else 0), width

    best = max(DELIMITERS, key=lambda delimiter: (round(score(delimiter)[0], 1), score(delimiter)[1]))
    return best if score(best)[1] > 1 else ","


def csv_line(cells: Iterable[str], delimiter: str = ",") -> str:
    """One record of CSV, defused, with its line end."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerow(map(defuse, cells))
    return buffer.getvalue()
