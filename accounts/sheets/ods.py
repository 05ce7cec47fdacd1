"""ODS as it is stored (OpenDocument 1.3), read row by row: cells with their types, what they show and their faults."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .cells import Kind, marked
from .numbers import plain_number
from .parts import Elements, Package, Protected, Reader, local
from .rows import Row, Sheet

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
FAR = 1 << 20  # repeated cells beyond this column are the sheet's empty rest
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|Err:\d+")
_HIDDEN = frozenset({"collapse", "filter"})


class Workbook:
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

    def rows(self, index: int) -> Iterator[Row]:
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


class _SheetReader(Reader):
    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        self._tables = -1
        self._depth = 0  # of tables within each other
        self.over = False
        self._rows: list[Row] = []
        self._number = 1
        self._repeated = 1
        self._hidden = False
        self._cells: dict[int, str] = {}
        self._column = 0
        self._span = 1
        self._attributes: dict[str, str] = {}
        self._paragraphs: list[list[str]] = []
        self._in_cell = False
        self._in_text = 0
        self._noted = 0  # within a comment

    def taken(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    @property
    def _ours(self) -> bool:
        return self._tables == self._index and self._depth == 1

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "table":
            self._depth += 1
            self._tables += self._depth == 1
        elif not self._ours:
            return
        elif name == "annotation":
            self._noted += 1
        elif self._noted:
            return
        elif name == "table-row":
            self._repeated = _count(local(attributes, "number-rows-repeated"))
            self._hidden = local(attributes, "visibility") in _HIDDEN
            self._cells, self._column = {}, 0
        elif name in {"table-cell", "covered-table-cell"}:
            self._attributes = attributes
            self._span = _count(local(attributes, "number-columns-repeated"))
            self._paragraphs, self._in_cell = [], True
        elif self._in_cell and name == "p":
            self._paragraphs.append([])
            self._in_text += 1
        elif self._in_text and name == "s":
            self._paragraphs[-1].append(" " * _count(local(attributes, "c")))
        elif self._in_text and name == "tab":
            self._paragraphs[-1].append("\t")
        elif self._in_text and name == "line-break":
            self._paragraphs[-1].append("\n")

    def text(self, data: str) -> None:
        if self._in_text and not self._noted:
            self._paragraphs[-1].append(data)

    def end(self, name: str) -> None:
        if name == "table":
            self._depth -= 1
            self.over = self.over or (self._depth == 0 and self._tables == self._index)
        elif not self._ours:
            return
        elif name == "annotation":
            self._noted -= 1
        elif self._noted:
            return
        elif name == "p" and self._in_text:
            self._in_text -= 1
        elif name in {"table-cell", "covered-table-cell"}:
            self._in_cell = False
            cell = self._cell("\n".join("".join(parts) for parts in self._paragraphs))
            if cell:
                for column in range(self._column, min(self._column + self._span, FAR)):
                    self._cells[column] = cell
            self._column += self._span
        elif name == "table-row":
            if self._cells:
                self._rows.append(Row(self._number, self._cells, self._hidden, self._repeated))
            self._number += self._repeated

    def _cell(self, shown: str) -> str:
        attributes = self._attributes
        kind = local(attributes, "value-type")
        formula = bool(local(attributes, "formula"))
        if "error" in (attributes.get("calcext:value-type", ""), kind) or (formula and _ERROR.fullmatch(shown)):
            return marked(Kind.ERROR, "", shown or "#ERROR!")
        match kind:
            case "float":
                value = plain_number(local(attributes, "value"))
                same = not shown or plain_number(shown.replace(",", ".")) == value == shown.replace(",", ".")
                return value if same else marked(Kind.NUMBER, value, shown)
            case "percentage" | "currency":
                return marked(Kind.NUMBER, plain_number(local(attributes, "value")), shown)
            case "date":
                return marked(Kind.DATE, local(attributes, "date-value").removesuffix("T00:00:00"), shown)
            case "time":
                return marked(Kind.DATE, local(attributes, "time-value"), shown)
            case "boolean":
                return marked(Kind.BOOLEAN, local(attributes, "boolean-value").upper(), shown)
        text = shown or local(attributes, "string-value")
        return marked(Kind.FORMULA, "", "") if formula and not text and kind != "string" else text


def _count(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
