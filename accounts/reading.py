"""How a file is read as a whole: encoding, delimiter, sheet, headings, columns; and what has to be asked. No Django.

`settle` looks at the whole file once and answers with a `Reading`, which `lines` then follows. What was chosen by a
person is in `Choices`; everything else is told from the file, and said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from . import columns, headings, tables
from .columns import Field
from .tables import LIMITS, Format, Line, LineFault, Refusal, Shape, TableLimits, TableRefused
from .tables.encodings import tell
from .tables.records import ANY_WIDTH, delimiter_of, records, roughly, separator_of

SAMPLED = 1000  # rows from which it is told what columns hold
NO_HEADINGS = 0
_NUMBERED = re.compile(r"(.+) \(([0-9]{1,5})\)", re.DOTALL)


class OpenQuestion(StrEnum):
    """What only a person can answer. The words are in `accounts/words.py`."""

    ENCODING = "ask-encoding"
    HEADINGS = "ask-headings"  # the table has none, and more columns than one
    ADDRESS = "ask-address"  # which column has the addresses
    DOMAIN = "ask-domain"  # of names without one
    OTHERS = "ask-others"  # a column that would be ignored has other addresses under attached domains
    PASSWORDS = "ask-passwords"  # a column that nobody mapped looks like passwords, which would be generated


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person has said. `headings`: the row, `NO_HEADINGS`, or None to have it told."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    headings: int | None = None


@dataclass(frozen=True, slots=True)
class TableReading:
    shape: Shape
    heading_row: int  # the row's number, `NO_HEADINGS` where there is none
    heading: tuple[str, ...]
    fields: tuple[Field, ...]  # of each column
    rows: int
    above: tuple[int, ...] = ()  # rows above the headings, which are skipped
    hidden: int = 0  # rows that the workbook hides
    sheets: tuple[tuple[str, bool, int], ...] = ()  # name, visible, rows
    candidates: tuple[str, ...] = ()  # encodings among which somebody has to choose
    words: tuple[tuple[str, ...], ...] = ()  # that differ between them
    suspects: tuple[int, ...] = ()  # columns that look like passwords
    bare: bool = False  # no address of the sample says its domain
    generates: bool = False  # the column of passwords has empty cells, or there is none
    rivals: tuple[int, ...] = ()  # columns headed as passwords that hold different ones
    others: tuple[int, ...] = ()  # columns that have addresses under `domains`, too, and no heading or the same
    wide: int = 0  # cells of the widest row, without the empty ones at its end
    short: int = 0  # rows that end before the last columns, which are empty in every row


def settle(data: bytes, choices: Choices, *, domains: Collection[str], limits: TableLimits = LIMITS) -> TableReading:
    """Raises `Refused`. `domains`: the names attached to the service, in any form that a table may have."""
    format_ = tables.format_of(data, limits)
    if format_ is Format.CSV:
        return _settle_text(data, choices, domains, limits)
    return _settle_workbook(data, format_, choices, domains, limits)


def lines(data: bytes, reading: TableReading, limits: TableLimits = LIMITS) -> Iterator[Line]:
    """The rows below the headings. A row of text that has not as many cells as the headings has that fault."""
    width = len(reading.heading) if reading.shape.format is not Format.CSV else reading.shape.width
    other = 0  # the line where another table begins
    for line in tables.read(data, reading.shape, limits):
        if line.number <= reading.heading_row:
            continue
        if not other and reading.heading and columns.of_another_table(line.cells, reading.heading):
            other = line.number
        if other:
            line = line._replace(fault=(LineFault.TABLE, {"line": other}))
        if line.fault is None and width and (fault := _off(line, width, reading)):
            facts = {"cells": max(len(line.cells), min(line.full, width)), "headings": width}
            line = line._replace(fault=(fault, facts))
        yield line


def _off(line: Line, width: int, reading: TableReading) -> LineFault | None:
    """More cells that are not empty, or fewer cells, than the headings have."""
    if reading.shape.format is not Format.CSV:
        beside = zip(reading.fields[width:], line.cells[width:], strict=False)
        filled = (field is Field.IGNORE and cell.strip() and not tables.is_covered(cell) for field, cell in beside)
        return LineFault.BEYOND if any(filled) else None
    if len(line.cells) > width:
        return LineFault.CELLS
    return LineFault.CELLS if line.full < width and not _only_ends_early(line, reading.fields, reading.wide) else None


def _only_ends_early(line: Line, fields: Sequence[Field], wide: int) -> bool:
    """Whether a row lacks nothing but columns that are empty in every row, as spreadsheets leave them out.

    Not where one is the password's, nor where a cell may have slid to the left.
    """
    if not wide or line.full < wide or Field.PASSWORD in fields[line.full :]:
        return False
    return not any(
        field not in (Field.ADDRESS, Field.CONTACT, Field.ALIASES, Field.IGNORE)
        and (columns.is_address(cell) or (field is not Field.PASSWORD and columns.looks_like_password(cell)))
        for field, cell in zip(fields, line.cells, strict=False)
    )


def _settle_text(data: bytes, choices: Choices, domains: Collection[str], limits: TableLimits) -> TableReading:
    told = tell(data) if not choices.encoding else tables.Told(choices.encoding)
    first = tables.first_lines(data, told.encoding)
    shape = Shape(Format.CSV, told.encoding, choices.delimiter or _delimiter_of(first))
    rough = _rough(first, shape.delimiter)
    found = _heading_of(rough, choices)
    heading = _stripped(found.cells) if found else ()
    width = len(heading) or _usual([len(line.cells) for line in rough])
    below = [line.cells for line in rough if found is None or line.number > found.number]
    fields = columns.recognise(heading) if found else columns.guess(below, domains)
    address = fields.index(Field.ADDRESS) if Field.ADDRESS in fields else -1
    shape = Shape(
        format=Format.CSV,
        encoding=shape.encoding,
        delimiter=shape.delimiter,
        sheet="",
        width=width,
        address=address,
        heading=found.number if found else 0,
    )
    return _finished(data, shape, found, choices, domains, limits, told=told)


def _delimiter_of(first: Sequence[str]) -> str:
    """The one that `sep=` names; the one that cuts a line into known headings; else what cuts the lines alike."""
    named = separator_of(first[0]) if first else ""
    if named:
        return named

    def known(delimiter: str) -> int:
        rows = [line.cells for line in _rough(first[: tables.FIRST], delimiter)]
        index = columns.find_heading(rows)
        return 0 if index is None else sum(field is not Field.IGNORE for field in columns.recognise(rows[index]))

    best = max(tables.DELIMITERS, key=known)
    return best if known(best) > 1 else delimiter_of(first)


def _rough(first: Sequence[str], delimiter: str) -> list[Line]:
    """The first rows, whatever their quotation marks."""
    kept = ["\n" if index == 0 and separator_of(line) else line for index, line in enumerate(first)]
    found = []
    for record in records(kept, delimiter, width=ANY_WIDTH):
        cells = roughly(kept[record.number - 1].rstrip("\r\n"), delimiter) if record.fault else record.cells
        if any(cell.strip() for cell in cells):
            found.append(Line(record.number, _stripped(cells)))
    return found


def _settle_workbook(
    data: bytes, format_: Format, choices: Choices, domains: Collection[str], limits: TableLimits
) -> TableReading:
    sheets = tables.survey(data, limits)
    full = [sheet for sheet in sheets if sheet.rows]
    if not full:
        raise TableRefused(Refusal.EMPTY)
    chosen = next((sheet for sheet in sheets if sheet.name == choices.sheet), None)
    if choices.sheet and chosen is None:
        raise TableRefused(Refusal.SHEET, sheet=choices.sheet)
    chosen = chosen or _best_sheet(full)
    if not chosen.rows:
        raise TableRefused(Refusal.EMPTY)
    found = _heading_of(chosen.first, choices)
    if choices.headings and found is None:
        raise TableRefused(Refusal.HEADINGS, row=choices.headings)
    named = tuple((sheet.name, sheet.visible, sheet.rows) for sheet in sheets)
    return _finished(data, Shape(format_, sheet=chosen.name), found, choices, domains, limits, sheets=named)


def _best_sheet(sheets: Sequence[tables.SheetPreview]) -> tables.SheetPreview:
    """The first visible sheet whose headings are recognised; else one with addresses; else the first visible one."""

    def rank(sheet: tables.SheetPreview) -> tuple[bool, bool, bool]:
        rows = [line.cells for line in sheet.first]
        index = columns.find_heading(rows)
        usable = index is not None and columns.usable(columns.recognise(rows[index])) and sheet.rows > index + 1
        addresses = any(columns.is_address(cell) for cells in rows for cell in cells)
        return not sheet.visible, not usable, not addresses

    return min(sheets, key=rank)


def _heading_of(first: Sequence[Line], choices: Choices) -> Line | None:
    if choices.headings == NO_HEADINGS:
        return None
    if choices.headings is not None:
        return next((line for line in first if line.number == choices.headings), None)
    index = columns.find_heading([line.cells for line in first[: tables.FIRST]])
    return None if index is None else first[index]


def _finished(
    data: bytes,
    shape: Shape,
    found: Line | None,
    choices: Choices,
    domains: Collection[str],
    limits: TableLimits,
    *,
    told: tables.Told | None = None,
    sheets: tuple[tuple[str, bool, int], ...] = (),
) -> TableReading:
    """Go through the whole file: its limits, its rows, what its columns hold."""
    if choices.headings and found is None:
        raise TableRefused(Refusal.HEADINGS, row=choices.headings)
    heading_row = found.number if found else NO_HEADINGS
    above: list[int] = []
    sample: list[tuple[str, ...]] = []
    rows = hidden = wide = 0
    early: list[Line] = []  # rows of text that end before the headings do
    for line in tables.read(data, shape, limits):
        if line.number < heading_row:
            above.append(line.number)
        elif line.number > heading_row or not heading_row:
            rows += 1
            hidden += line.hidden
            wide = max(wide, len(line.cells))
            if shape.format is Format.CSV and line.full < shape.width and line.fault is None:
                early.append(line)
            if len(sample) < SAMPLED and line.fault is None:
                sample.append(line.cells)
    if not rows:
        raise TableRefused(Refusal.EMPTY)
    if rows > limits.rows:
        raise TableRefused(Refusal.ROWS, limit=limits.rows)
    heading = _stripped(list(map(tables.plain, found.cells))) if found else ()
    fields = columns.recognise(heading) if found else columns.guess(sample, domains)
    fields += (Field.IGNORE,) * (wide - len(fields))
    cells = [[tables.plain(row[index]) if index < len(row) else "" for row in sample] for index in range(len(fields))]
    fields = columns.with_addresses(fields, heading, cells, domains)
    fields = columns.of_attached_domains(fields, cells, domains)
    fields = _without_states(fields, heading, cells)
    return TableReading(
        shape=shape,
        heading_row=heading_row,
        heading=heading,
        fields=fields,
        rows=rows,
        above=tuple(above),
        hidden=hidden,
        sheets=sheets,
        candidates=told.candidates if told else (),
        words=told.words if told else (),
        suspects=suspects(heading, cells),
        bare=_bare(fields, cells),
        generates=_generates(fields, cells),
        rivals=_rivals(heading, cells),
        others=_with_other_addresses(fields, heading, cells, domains),
        wide=wide,
        short=sum(_only_ends_early(line, fields, wide) for line in early),
    )


def _without_states(
    fields: Sequence[Field], heading: Sequence[str], cells: Sequence[Sequence[str]]
) -> tuple[Field, ...]:
    """The same fields, but for a password column that only says whether, when and how (`Strong password required`)."""
    found = list(fields)
    if Field.PASSWORD in found:
        index = found.index(Field.PASSWORD)
        if index < len(heading) and columns.only_tells_about_passwords(heading[index], cells[index]):
            found[index] = Field.IGNORE
    return tuple(found)


def _rivals(heading: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The columns headed as passwords, where they hold different ones."""
    headed = [i for i, text in enumerate(heading) if i < len(cells) and columns.holds_passwords(text, cells[i])]
    headed = [i for i in headed if headings.of_password(heading[i])]
    rows = zip(*(cells[i] for i in headed), strict=True)
    return tuple(headed) if any(len({cell for cell in row if cell}) > 1 for row in rows) else ()


def _with_other_addresses(
    fields: Sequence[Field], heading: Sequence[str], cells: Sequence[Sequence[str]], domains: Collection[str]
) -> tuple[int, ...]:
    """The columns that would be ignored and have addresses under `domains` that are not their row's own.

    Of a table with headings: those headed like the addresses, as where two tables stand side by side; those headed as
    addresses otherwise; and those with a heading that nobody knows.
    """
    if Field.ADDRESS not in fields:
        return ()
    present = fields.index(Field.ADDRESS)
    own = cells[present]
    like = heading[present] if present < len(heading) else ""
    return tuple(
        index
        for index, column in enumerate(cells)
        if fields[index] is Field.IGNORE
        and (not heading or _may_head_addresses(heading[index] if index < len(heading) else "", like))
        and any(
            columns.domain_of(cell) in domains and cell.strip().lower() != mine.strip().lower()
            for cell, mine in zip(column, own, strict=True)
        )
    )


def _may_head_addresses(text: str, like: str) -> bool:
    """Whether the addresses below `text` may be those of the accounts, as those below `like` are."""
    if headings.plain(text) == headings.plain(like):
        return True
    meaning = headings.meaning(text)
    if meaning is not None:
        return meaning.field == Field.ADDRESS
    return not headings.of_somebody_else(text)


def suspects(heading: Sequence[str], cells: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """The columns that look like passwords, whatever they are mapped to."""
    named = [*heading, *([""] * len(cells))]
    return tuple(i for i, column in enumerate(cells) if columns.holds_passwords(named[i], column))


def _bare(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> bool:
    for field in (Field.ADDRESS, Field.NAME):
        if field in fields:
            filled = [cell for cell in cells[fields.index(field)] if cell.strip()]
            return bool(filled) and not any("@" in cell or "\uff20" in cell or "\ufe6b" in cell for cell in filled)
    return False


def _generates(fields: Sequence[Field], cells: Sequence[Sequence[str]]) -> bool:
    if Field.PASSWORD not in fields:
        return True
    return any(not cell.strip("*") for cell in cells[fields.index(Field.PASSWORD)])


def questions(
    reading: TableReading,
    fields: Sequence[Field],
    *,
    default_domain: str,
    ignored: Collection[int],
    passwords_wanted: bool,
    confirmed: bool,
) -> list[OpenQuestion]:
    """What has to be asked before anything is done. `confirmed`: a person has seen what each column holds."""
    found = []
    if reading.candidates:
        found.append(OpenQuestion.ENCODING)
    if not reading.heading_row and len(reading.fields) > 1 and not confirmed:
        found.append(OpenQuestion.HEADINGS)
    if not columns.usable(fields):
        found.append(OpenQuestion.ADDRESS)
    elif reading.bare and Field.DOMAIN not in fields and not default_domain and not confirmed:
        found.append(OpenQuestion.DOMAIN)
    if open_others(reading, fields, ignored):
        found.append(OpenQuestion.OTHERS)
    if passwords_wanted and open_suspects(reading, fields, ignored):
        found.append(OpenQuestion.PASSWORDS)
    return found


def open_suspects(reading: TableReading, fields: Sequence[Field], ignored: Collection[int]) -> list[int]:
    """Columns that look like passwords, that nobody mapped and nobody ignored, while passwords would be generated.

    Where none would be: columns that are headed as passwords and hold others.
    """
    mapped = fields.index(Field.PASSWORD) if Field.PASSWORD in fields else -1
    return [
        index
        for index in (reading.suspects if mapped < 0 or reading.generates else reading.rivals)
        if index != mapped and index not in ignored and fields[index] is Field.IGNORE
    ]


def open_others(reading: TableReading, fields: Sequence[Field], ignored: Collection[int]) -> list[int]:
    """Columns with other addresses under attached domains that nobody mapped and nobody ignored."""
    return [index for index in reading.others if fields[index] is Field.IGNORE and index not in ignored]


def _stripped(cells: Sequence[str]) -> tuple[str, ...]:
    """Without the empty ones at the end."""
    cells = list(cells)
    while cells and not cells[-1].strip():
        cells.pop()
    return tuple(cells)


def _usual(widths: Sequence[int]) -> int:
    """What most rows have, the wider one of two."""
    counts = Counter(widths)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def column_named(reading: TableReading, name: str) -> int | None:
    """The index of a column by its heading (case and accents ignored), its number, from 1, or both: `Email (3)`."""
    numbered = _NUMBERED.fullmatch(name.strip())
    if numbered and 0 < int(numbered[2]) <= len(reading.heading):
        index = int(numbered[2]) - 1
        if reading.heading[index].strip().casefold() == numbered[1].casefold():
            return index
    wanted = name.strip().casefold()
    exact = [index for index, heading in enumerate(reading.heading) if heading.strip().casefold() == wanted]
    alike = [index for index, heading in enumerate(reading.heading) if headings.plain(heading) == headings.plain(name)]
    for found in (exact, alike if headings.plain(name) else []):
        if len(found) == 1:
            return found[0]
    if name.isascii() and name.isdigit() and 0 < int(name) <= len(reading.fields):
        return int(name) - 1
    return None
