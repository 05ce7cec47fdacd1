"""Workbooks, read by a child process: what kind they are, what their sheets hold, and their rows."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from .. import sheets
from .shapes import Format, Line, Refusal, TableLimits, TableRefused

COUNTED = 1000  # rows of a sheet: a survey counts no further
CHILDREN = 2  # that one process has at a time: each may take `sheets.MEMORY`
WAIT = 2 * sheets.SECONDS  # for the children of others
ROOT = Path(__file__).parents[2]
COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # XLS, and encrypted workbooks of any kind
_HEADER = 30  # bytes of a part's header in the archive, before its name


_places = threading.BoundedSemaphore(CHILDREN)


class SheetPreview(NamedTuple):
    name: str
    visible: bool
    rows: int
    first: list[Line]  # its first rows that are not blank


def format_of(data: bytes) -> Format | None:
    """The kind of workbook, None for what is none. Raises `Refused` for one that cannot be read."""
    if data.startswith(COMPOUND):
        return Format.XLS
    if not data.startswith(b"PK"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, ValueError):
        raise TableRefused(Refusal.FORMAT) from None
    if "content.xml" in names:
        return Format.ODS
    if any(name.endswith("workbook.xml") for name in names):
        return Format.XLSX
    raise TableRefused(Refusal.BINARY_WORKBOOK if any(n.endswith("workbook.bin") for n in names) else Refusal.FORMAT)


def refuse_bombs(data: bytes, limits: TableLimits) -> None:
    """Unpack every part of the archive, keeping nothing, until the limit: sizes that an archive states can lie.

    Each octet is unpacked once: parts that lie over each other are refused before.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = sorted(archive.infolist(), key=lambda part: part.header_offset)
        if len(parts) > limits.entries:
            raise TableRefused(Refusal.ARCHIVE, limit=limits.entries)
        view, unpacked, free = memoryview(data), 0, 0
        for part in parts:
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or part.flag_bits & 1:
                raise TableRefused(Refusal.FORMAT)
            name, extra = (int.from_bytes(view[part.header_offset + at :][:2], "little") for at in (26, 28))
            start = part.header_offset + _HEADER + name + extra
            if part.header_offset < free or start + part.compress_size > len(data):
                raise TableRefused(Refusal.ARCHIVE, limit=limits.entries)
            free = start + part.compress_size
            stored = part.compress_type == zipfile.ZIP_STORED
            unpacked += part.compress_size if stored else _unpacked(view[start:free], limits.unpacked - unpacked)
            if unpacked > limits.unpacked:
                raise TableRefused(Refusal.UNPACKED, limit=limits.unpacked)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, UnicodeDecodeError, ValueError):
        raise TableRefused(Refusal.FORMAT) from None


def _unpacked(packed: memoryview, most: int) -> int:
    """The size of a deflated part, or a size beyond `most`."""
    inflate, size = zlib.decompressobj(-15), 0
    for start in range(0, len(packed), 1 << 16):
        piece: bytes | memoryview = packed[start : start + (1 << 16)]
        while len(piece) and not inflate.eof:
            size += len(inflate.decompress(piece, 1 << 20))
            if size > most:
                return size
            piece = inflate.unconsumed_tail
    return size + len(inflate.flush()) if not inflate.eof else size


def survey(data: bytes, limits: TableLimits) -> list[SheetPreview]:
    """The sheets of a workbook in their order."""
    refuse_bombs_of(data, limits)
    return [
        SheetPreview(
            found["name"],
            found["visible"],
            found["rows"],
            [Line(number, tuple(cells), hidden=hidden) for number, hidden, cells in found["first"]],
        )
        for found in _answers(data, "survey", limits.columns, COUNTED)
    ]


def refuse_bombs_of(data: bytes, limits: TableLimits) -> None:
    if data.startswith(b"PK"):
        refuse_bombs(data, limits)


def read(data: bytes, sheet: str, limits: TableLimits) -> Iterator[Line]:
    """The rows of the sheet of that name that are not blank."""
    refuse_bombs_of(data, limits)
    for row in _answers(data, "rows", sheet, limits.columns, limits.rows + 100, limits.text):
        if row is None:
            raise TableRefused(Refusal.SHEET, sheet=sheet)
        if isinstance(row, dict):
            code = Refusal(f"table-{row['limit']}")
            limit = limits.rows if code is Refusal.ROWS else getattr(limits, row["limit"])
            raise TableRefused(code, limit=limit, line=row["line"])
        number, hidden, cells = row
        yield Line(number, tuple(cells), hidden=hidden)


def _answers(data: bytes, *arguments: str | int) -> Iterator[Any]:
    """What the child answers. Whoever stops reading early lets go of the child, and of its place."""
    if not _places.acquire(timeout=WAIT):
        raise TableRefused(Refusal.BUSY)
    try:
        yield from _answers_of_child(data, *arguments)
    finally:
        _places.release()


def _answers_of_child(data: bytes, *arguments: str | int) -> Iterator[Any]:
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own module
        [sys.executable, "-m", "accounts.sheets", *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
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
            for line in child.stdout:
                yield json.loads(line)
            status = child.wait()
        except BaseException:
            child.kill()
            raise
    if status == sheets.PROTECTED:
        raise TableRefused(Refusal.PROTECTED)
    if status in (sheets.UNREADABLE, 1):  # 1: the file broke its reader in a way that nobody foresaw
        raise TableRefused(Refusal.FORMAT)
    if status != 0:
        raise TableRefused(Refusal.MEMORY, limit=sheets.MEMORY)
