"""XLS of Excel 97 and before, by xlrd, which keeps types, display formats and errors."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import xlrd
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDocError

from .cells import CellKind, marked
from .numbers import number_cell
from .parts import Protected, Unreadable
from .rows import MergedCells, Sheet, SheetRow, with_covered


class XlsWorkbook:
    def __init__(self, data: bytes) -> None:
        try:
            self._book = xlrd.open_workbook(file_contents=data, formatting_info=True, on_demand=True, logfile=_Silent())
        except XLRDError as error:
            raise Protected if "encrypted" in str(error) else Unreadable from error
        except (
            CompDocError,
            struct.error,
            LookupError,
            ValueError,
            AssertionError,
            TypeError,
            AttributeError,
        ) as error:
            raise Unreadable from error  # a file that is cut short or written over
        hidden: list[int] = getattr(self._book, "_sheet_visibility", [])  # known before the sheets are read
        self.sheets = [
            Sheet(name, not any(hidden[index : index + 1])) for index, name in enumerate(self._book.sheet_names())
        ]

    def rows(self, index: int) -> Iterator[SheetRow]:
        sheet = self._book.sheet_by_index(index)
        areas = [MergedCells(top + 1, below, left, beside - 1) for top, below, left, beside in sheet.merged_cells]
        return with_covered(self._rows(sheet), areas)

    def _rows(self, sheet: xlrd.sheet.Sheet) -> Iterator[SheetRow]:
        for number in range(sheet.nrows):
            cells = {}
            for column, cell in enumerate(sheet.row(number)):
                text = self._cell(cell)
                if text:
                    cells[column] = text
            info = sheet.rowinfo_map.get(number)
            if cells:
                yield SheetRow(number + 1, cells, bool(info and info.hidden))

    def _cell(self, cell: xlrd.sheet.Cell) -> str:
        match cell.ctype:
            case xlrd.XL_CELL_TEXT:
                return str(cell.value)
            case xlrd.XL_CELL_ERROR:
                return marked(CellKind.ERROR, "", xlrd.error_text_from_code.get(int(cell.value), "#ERROR!"))
            case xlrd.XL_CELL_BOOLEAN:
                text = "TRUE" if cell.value else "FALSE"
                return marked(CellKind.BOOLEAN, text, text)
            case xlrd.XL_CELL_NUMBER | xlrd.XL_CELL_DATE:
                return number_cell(repr(cell.value), self._format(cell), epoch_1904=bool(self._book.datemode))
        return ""

    def _format(self, cell: xlrd.sheet.Cell) -> str:
        style = self._book.xf_list[cell.xf_index or 0]
        found = self._book.format_map.get(style.format_key)
        return str(found.format_str) if found else "General"


class _Silent:
    def write(self, text: str) -> None: ...
