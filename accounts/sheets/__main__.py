"""`python -m accounts.sheets survey COLUMNS ROWS` and `python -m accounts.sheets rows SHEET COLUMNS ROWS TEXT`.

The workbook comes on standard input. `survey` writes a JSON line for each sheet: its name, whether it is visible, how
many rows it has (counted until ROWS) and the first of them. `rows` writes a JSON line `[number, hidden, cells]` for
each row; a last line `{"limit": …, "line": …}` names the limit that was passed (columns, rows, or characters of the
sheet in all), and `null` says that there is no such sheet.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from collections.abc import Iterator
from zipfile import is_zipfile

from accounts.sheets import FULL, MEMORY, PROTECTED, SECONDS, UNREADABLE
from accounts.sheets.parts import Package, Protected, Unreadable
from accounts.sheets.rows import SheetRow, Workbook

FIRST = 40  # rows of a sheet that a survey shows


def opened(data: bytes) -> Workbook:
    if not is_zipfile(io.BytesIO(data)):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Protected
        from accounts.sheets import xls

        return xls.XlsWorkbook(data)
    from accounts.sheets import ods, xlsx

    package = Package(io.BytesIO(data))
    return ods.OdsWorkbook(package) if package.has(ods.CONTENT) else xlsx.XlsxWorkbook(package)


def blank(row: SheetRow) -> bool:
    return not any(cell.strip() for cell in row.cells.values())


def cells_of(row: SheetRow, most: int) -> list[str]:
    width = min(max(row.cells) + 1, most)
    cells = [row.cells.get(column, "") for column in range(width)]
    # NUL begins a cell that we marked: elsewhere it becomes another character that no name or password may have.
    return [cell if cell.startswith("\0") else cell.replace("\0", "\1") for cell in cells]


def survey(workbook: Workbook, columns: int, most: int) -> Iterator[object]:
    for index, sheet in enumerate(workbook.sheets):
        count = 0
        first: list[list[object]] = []
        for row in workbook.rows(index):
            if blank(row):
                continue
            count += row.repeated
            if len(first) < FIRST:
                first.append([row.number, row.hidden, cells_of(row, columns)])
            if count >= most:
                break
        yield {"name": sheet.name, "visible": sheet.visible, "rows": count, "first": first}


def rows(workbook: Workbook, name: str, columns: int, most: int, text: int) -> Iterator[object]:
    index = next((index for index, sheet in enumerate(workbook.sheets) if sheet.name == name), None)
    if index is None:
        yield None
        return
    count = size = 0
    for row in workbook.rows(index):
        if blank(row):
            continue
        if max(row.cells) >= columns:
            yield {"limit": "columns", "line": row.number}
            return
        cells = cells_of(row, columns)
        size += sum(map(len, cells)) * min(row.repeated, most)
        count += row.repeated
        for limit, found, allowed in (("rows", count, most), ("text", size, text)):
            if found > allowed:
                yield {"limit": limit, "line": row.number}
                return
        for number in range(row.number, row.number + row.repeated):
            yield [number, row.hidden, cells]


def main(arguments: list[str]) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    what, *more = arguments
    try:
        workbook = opened(sys.stdin.buffer.read())
        lines = survey(workbook, *map(int, more)) if what == "survey" else rows(workbook, more[0], *map(int, more[1:]))
        for line in lines:
            print(json.dumps(line))  # noqa: T201 - the answer of this process
    except Unreadable:
        return UNREADABLE
    except Protected:
        return PROTECTED
    except MemoryError:
        return FULL
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
