"""ODS as it is stored (OpenDocument 1.3), read row by row: cells with their types, what they show and their faults."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .cells import CellKind, marked
from .numbers import plain_number
from .parts import Elements, End, Package, Protected, Start, XmlReader, local
from .rows import Sheet, SheetRow, covering

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
FAR = 1 << 20  # repeated cells beyond this column are the sheet's empty rest
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|Err:\d+")
_HIDDEN = frozenset({"collapse", "filter"})


class OdsWorkbook:
    def __init__(self, package: Package) -> None:
        self._package = package
        if package.has(MANIFEST):
            Elements(_refuse_encryption).read(package.chunks(MANIFEST))
        self.sheets: list[Sheet] = []
        names: dict[str, bool] = {}
        self._survey(names)

    def _survey(self, hidden_styles: dict[str, bool]) -> None:
        """The names of the sheets; a sheet is hidden by the style of its table."""
        style = [""]

        def seen(element: str, attributes: dict[str, str]) -> None:
            if element == "style":
                style[0] = local(attributes, "name")
            elif element == "table-properties":
                hidden_styles[style[0]] = local(attributes, "display", "true") == "false"
            elif element == "table" and local(attributes, "name"):
                hidden = hidden_styles.get(local(attributes, "style-name"), False)
                self.sheets.append(Sheet(local(attributes, "name"), not hidden))

        Elements(seen).read(self._package.chunks(CONTENT))

    def rows(self, index: int) -> Iterator[SheetRow]:
        reader = _SheetReader(index)
        for chunk in self._package.chunks(CONTENT):
            reader.feed(chunk)
            yield from reader.taken()
            if reader.over:
                return
        reader.feed(b"", last=True)
        yield from reader.taken()


def _refuse_encryption(element: str, _attributes: dict[str, str]) -> None:
    if element == "encryption-data":
        raise Protected


class _SheetReader(XmlReader):
    """The rows of one table; tables within its cells are a part of no row."""

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self._tables = -1
        self._depth = 0  # of tables within each other
        self.over = False
        self._rows: list[SheetRow] = []
        self._number = 1
        self._repeated = 1
        self._hidden = False
        self._cells: dict[int, str] = {}
        self._covered: list[int] = []  # columns of the row that lie under merged cells
        self._widest = 0
        self._column = 0
        self._span = 1
        self._attributes: dict[str, str] = {}
        self._noted = 0  # within a comment
        self._paragraphs = 0
        self._in_text = 0
        self.starts = {"table": self._begin_table}
        self.ends = {"table": self._end_table}
        self._of_rows: dict[str, Start] = {
            "table-row": self._begin_row,
            "table-cell": self._begin_cell,
            "covered-table-cell": self._begin_covered,
            "annotation": self._begin_note,
            "p": self._begin_text,
            "s": self._blanks,
            "tab": lambda _attributes: self._write("\t"),
            "line-break": lambda _attributes: self._write("\n"),
        }
        self._of_row_ends: dict[str, End] = {
            "table-row": self._end_row,
            "table-cell": self._end_cell,
            "covered-table-cell": self._end_cell,
            "annotation": self._end_note,
            "p": self._end_text,
        }

    def taken(self) -> list[SheetRow]:
        rows, self._rows = self._rows, []
        return rows

    def _begin_table(self, _attributes: dict[str, str]) -> None:
        self._depth += 1
        self._tables += self._depth == 1
        self._attend()

    def _end_table(self) -> None:
        self._depth -= 1
        self.over = self.over or (self._depth == 0 and self._tables == self._index)
        self._attend()

    def _attend(self) -> None:
        """Hear of rows and cells in our table only."""
        ours = self._tables == self._index and self._depth == 1
        self.starts = {"table": self._begin_table} | (self._of_rows if ours else {})
        self.ends = {"table": self._end_table} | (self._of_row_ends if ours else {})
        self.forget_names()

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._repeated = _count(local(attributes, "number-rows-repeated"))
        self._hidden = local(attributes, "visibility") in _HIDDEN
        self._cells, self._column = {}, 0
        self._covered = []

    def _end_row(self) -> None:
        if self._cells:
            row = SheetRow(self._number, self._cells, self._hidden, self._repeated)
            self._widest = max(self._widest, *self._cells)
            self._rows.append(covering(row, self._covered, self._widest) if self._covered else row)
        self._number += self._repeated

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        self._attributes = attributes
        self._span = _count(local(attributes, "number-columns-repeated"))
        self._paragraphs = 0
        self.texts.clear()

    def _begin_covered(self, attributes: dict[str, str]) -> None:
        self._begin_cell(attributes)
        self._covered += range(self._column, min(self._column + self._span, FAR))

    def _end_cell(self) -> None:
        cell = self._cell("".join(self.texts))
        if cell:
            for column in range(self._column, min(self._column + self._span, FAR)):
                self._cells[column] = cell
        self._column += self._span

    def _begin_note(self, _attributes: dict[str, str]) -> None:
        self._noted += 1

    def _end_note(self) -> None:
        self._noted -= 1

    def _begin_text(self, _attributes: dict[str, str]) -> None:
        if self._noted:
            return
        if self._paragraphs:
            self.texts.append("\n")
        self._paragraphs += 1
        self._in_text += 1
        self.listen()

    def _end_text(self) -> None:
        if not self._noted:
            self._in_text -= 1
            self.stop_listening()

    def _blanks(self, attributes: dict[str, str]) -> None:
        self._write(" " * min(_count(local(attributes, "c")), FAR))

    def _write(self, text: str) -> None:
        if self._in_text and not self._noted:
            self.texts.append(text)

    def _cell(self, shown: str) -> str:
        attributes = self._attributes
        kind = attributes.get("office:value-type") or local(attributes, "value-type")
        if kind == "string" and len(attributes) == 1:
            return shown
        formula = bool(local(attributes, "formula"))
        if "error" in (attributes.get("calcext:value-type", ""), kind) or (formula and _ERROR.fullmatch(shown)):
            return marked(CellKind.ERROR, "", shown or "#ERROR!")
        match kind:
            case "float":
                value = plain_number(local(attributes, "value"))
                same = not shown or plain_number(shown.replace(",", ".")) == value == shown.replace(",", ".")
                return value if same else marked(CellKind.NUMBER, value, shown)
            case "percentage" | "currency":
                return marked(CellKind.NUMBER, plain_number(local(attributes, "value")), shown)
            case "date":
                return marked(CellKind.DATE, local(attributes, "date-value").removesuffix("T00:00:00"), shown)
            case "time":
                return marked(CellKind.DATE, local(attributes, "time-value"), shown)
            case "boolean":
                return marked(CellKind.BOOLEAN, local(attributes, "boolean-value").upper(), shown)
        text = shown or local(attributes, "string-value")
        return marked(CellKind.FORMULA, "", "") if formula and not text and kind != "string" else text


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
