"""Read a workbook in a process of its own: `python sheets.py COLUMNS ROWS CELL < workbook > rows.jsonl`.

A few hundred bytes of XLSX or ODS can ask a reader for gigabytes (a cell at XFD1048576, a row repeated a
million times). Here such a file takes down this process alone, within its limits on memory and time. Rows
leave as JSON lines of `[line number, cells]`; `{"limit": …}` as the last one names the limit that was hit.
"""

from __future__ import annotations

import datetime
import io
import json
import resource
import sys

MEMORY = 1 << 30  # bytes of address space
SECONDS = 60  # of processor time
UNREADABLE = 3  # exit status


def text_of(cell: object) -> str:
    """A cell as a person sees it: whole numbers without a fraction, dates in ISO form."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return str(cell)


def main(columns: int, rows: int, cell: int) -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        sheets = (workbook.get_sheet_by_index(index) for index in range(len(workbook.sheet_names)))
        sheet = next((sheet for sheet in sheets if sheet.height), None)
    except CalamineError:
        return UNREADABLE
    if sheet is None:
        return 0
    if sheet.end and sheet.end[1] >= columns:
        print(json.dumps({"limit": "columns", "line": 1}))  # noqa: T201 - the answer of this process
        return 0
    count = 0
    for number, values in enumerate(sheet.iter_rows(), 1):
        cells = [text_of(value) for value in values]
        while cells and not cells[-1].strip():
            cells.pop()
        if not cells:
            continue
        count += 1
        for limit, found, allowed in (("rows", count, rows), ("cell", max(map(len, cells)), cell)):
            if found > allowed:
                print(json.dumps({"limit": limit, "line": number}))  # noqa: T201
                return 0
        print(json.dumps([number, cells]))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
