"""XLSX as it is stored (ECMA-376), read row by row: cells with their types, their display formats and their faults."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from .cells import CellKind, marked
from .numbers import BUILT_IN, number_cell
from .parts import Elements, Package, Unreadable, XmlReader, local, target_of
from .rows import MergedCells, Sheet, SheetRow, with_covered

HIDDEN = frozenset({"hidden", "veryhidden"})
_AREA = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7}):\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")


class XlsxWorkbook:
    def __init__(self, package: Package) -> None:
        self._package = package
        self._kinds: dict[str, str] = {}  # kind of part → the part
        self._book = self._find_book()
        self._targets = self._relations(self._book)
        self._kinds = {kind.rpartition("/")[2]: target for kind, target in self._targets.values()}
        self._epoch_1904 = False
        self._parts: list[str] = []
        self.sheets: list[Sheet] = []
        Elements(self._sheet).read(package.chunks(self._book))
        self._strings: list[str] | None = None
        self._formats = self._read_formats()

    def rows(self, index: int) -> Iterator[SheetRow]:
        areas = self._areas(self._parts[index])
        yield from with_covered(self._rows(index), areas) if areas else self._rows(index)

    def _areas(self, part: str) -> list[MergedCells]:
        """The merged cells of a sheet, which its part tells after the rows."""
        found: list[MergedCells] = []

        def seen(element: str, attributes: dict[str, str]) -> None:
            area = _AREA.fullmatch(attributes.get("ref", "")) if element == "mergeCell" else None
            if area:
                left, top, right, bottom = area.groups()
                found.append(MergedCells(int(top), int(bottom), _column_of_letters(left), _column_of_letters(right)))

        before = b""
        for chunk in self._package.chunks(part):
            if b"mergeCell" in before[-16:] + chunk:
                Elements(seen).read(self._package.chunks(part))
                break
            before = chunk
        return found

    def _rows(self, index: int) -> Iterator[SheetRow]:
        reader = _SheetReader(self._texts(), self._formats, epoch_1904=self._epoch_1904)
        for chunk in self._package.chunks(self._parts[index]):
            reader.feed(chunk)
            yield from reader.taken()
        reader.feed(b"", last=True)
        yield from reader.taken()

    def _find_book(self) -> str:
        """The part that the package names as its workbook; else the one that is called so."""
        for kind, target in self._relations("").values():
            if kind.endswith("/officeDocument") and self._package.has(target):
                return target
        found = self._package.ending("workbook.xml")
        if not found:
            raise Unreadable
        return found

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        """id → (kind, target) of what a part points at."""
        folder, _slash, name = part.replace("\\", "/").rpartition("/")
        path = f"{folder}/_rels/{name}.rels".lstrip("/")
        found: dict[str, tuple[str, str]] = {}
        if not self._package.has(path):
            return found

        def seen(element: str, attributes: dict[str, str]) -> None:
            if element == "Relationship" and attributes.get("TargetMode") != "External":
                target = target_of(part, attributes.get("Target", ""))
                found[attributes.get("Id", "")] = attributes.get("Type", ""), target

        Elements(seen).read(self._package.chunks(path))
        return found

    def _sheet(self, element: str, attributes: dict[str, str]) -> None:
        if element == "workbookPr":
            self._epoch_1904 = attributes.get("date1904", "") in {"1", "true"}
        elif element == "sheet":
            number = len(self.sheets) + 1
            kind, part = self._targets.get(local(attributes, "id"), ("/worksheet", ""))
            if not self._package.has(part):
                part = self._package.ending(f"sheet{number}.xml")
            if kind.endswith("/worksheet") and part:
                visible = attributes.get("state", "visible").lower() not in HIDDEN
                self.sheets.append(Sheet(attributes.get("name", ""), visible))
                self._parts.append(part)

    def _part(self, kind: str, suffix: str) -> str:
        target = self._kinds.get(kind, "")
        return target if self._package.has(target) else self._package.ending(suffix)

    def _texts(self) -> list[str]:
        if self._strings is None:
            reader = _StringsReader()
            part = self._part("sharedStrings", "sharedstrings.xml")
            if part:
                reader.read(self._package.chunks(part))
            self._strings = reader.strings
        return self._strings

    def _read_formats(self) -> list[str]:
        """The display format of each cell style, by its number."""
        codes, formats, inside = dict(BUILT_IN), [], [False]

        def seen(element: str, attributes: dict[str, str]) -> None:
            if element == "numFmt":
                codes[_number(attributes.get("numFmtId"))] = attributes.get("formatCode", "")
            elif element in {"cellXfs", "cellStyleXfs", "cellStyles", "dxfs"}:
                inside[0] = element == "cellXfs"
            elif element == "xf" and inside[0]:
                formats.append(codes.get(_number(attributes.get("numFmtId")), "General"))

        part = self._part("styles", "styles.xml")
        if part:
            Elements(seen).read(self._package.chunks(part))
        return formats


class _TextReader(XmlReader):
    """Listens to the texts of `t` and `v`, but not to how a text is pronounced."""

    def __init__(self) -> None:
        super().__init__()
        self._spoken = False
        self.starts = {"t": self._begin_text, "v": self._begin_text, "rPh": self._begin_spoken}
        self.ends = {"t": self.stop_listening, "v": self.stop_listening, "rPh": self._end_spoken}

    def _begin_text(self, _attributes: dict[str, str]) -> None:
        if not self._spoken:
            self.listen()

    def _begin_spoken(self, _attributes: dict[str, str]) -> None:
        self._spoken = True

    def _end_spoken(self) -> None:
        self._spoken = False


class _StringsReader(_TextReader):
    """Shared strings: the runs of a rich text together."""

    def __init__(self) -> None:
        super().__init__()
        self.strings: list[str] = []
        self.starts["si"] = lambda _attributes: self.texts.clear()
        self.ends["si"] = lambda: self.strings.append(_unescaped("".join(self.texts)))


class _SheetReader(_TextReader):
    def __init__(self, strings: list[str], formats: list[str], *, epoch_1904: bool) -> None:
        super().__init__()
        self._strings = strings
        self._formats = formats
        self._epoch_1904 = epoch_1904
        self._rows: list[SheetRow] = []
        self._number = 0
        self._hidden = False
        self._cells: dict[int, str] = {}
        self._column = -1
        self._kind = self._style = ""
        self._formula = False
        self.starts |= {"row": self._begin_row, "c": self._begin_cell, "f": self._begin_formula}
        self.ends |= {"row": self._end_row, "c": self._end_cell}

    def taken(self) -> list[SheetRow]:
        rows, self._rows = self._rows, []
        return rows

    def _begin_row(self, attributes: dict[str, str]) -> None:
        self._number = _number(attributes.get("r")) or self._number + 1
        self._hidden = attributes.get("hidden", "") in {"1", "true"}
        self._cells, self._column = {}, -1

    def _end_row(self) -> None:
        if self._cells:
            self._rows.append(SheetRow(self._number, self._cells, self._hidden))

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference = attributes.get("r")
        self._column = _column(reference) if reference else self._column + 1
        self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._formula = False
        self.texts.clear()

    def _begin_formula(self, _attributes: dict[str, str]) -> None:
        self._formula = True

    def _end_cell(self) -> None:
        cell = self._cell("".join(self.texts))
        if cell:
            self._cells[self._column] = cell

    def _cell(self, value: str) -> str:
        match self._kind:
            case "e":
                return marked(CellKind.ERROR, "", value or "#ERROR!")
            case "s":
                index = _number(value, -1)
                return self._strings[index] if 0 <= index < len(self._strings) else ""
            case "inlineStr":
                return _unescaped(value)
            case "str" if value:
                return _unescaped(value)
        if not value:
            return marked(CellKind.FORMULA, "", "") if self._formula else ""
        if self._kind == "b":
            text = "TRUE" if value.strip() in {"1", "true"} else "FALSE"
            return marked(CellKind.BOOLEAN, text, text)
        if self._kind == "d":
            return marked(CellKind.DATE, value, value)
        style = _number(self._style)
        code = self._formats[style] if style < len(self._formats) else "General"
        return number_cell(value.strip(), code, epoch_1904=self._epoch_1904)


def _unescaped(text: str) -> str:
    """`_x000D_` stands for a character that XML cannot hold."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _column(reference: str) -> int:
    """A1 → 0, XFD1048576 → 16383."""
    return _column_of_letters(reference.rstrip("0123456789"))


@lru_cache(maxsize=20_000)
def _column_of_letters(letters: str) -> int:
    number = 0
    for char in letters.upper()[:4]:
        if not "A" <= char <= "Z":
            raise Unreadable
        number = number * 26 + ord(char) - 64
    return number - 1


def _number(text: str | None, otherwise: int = 0) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
