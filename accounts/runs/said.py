"""What a command was told of how a file is to be read, what it chose itself, and what it has to ask."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.errors import Refused

from .. import reading, tables
from ..columns import Field
from ..models import BulkRun
from ..preview import Fault, to_ascii
from ..reading import NO_HEADINGS, Choices, OpenQuestion
from ..tables.encodings import tell
from ..words import FIELDS, count_words, encoding_words, question_words
from . import loading
from .results import RowResult

DELIMITERS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|", "colon": ":", "caret": "^",
}  # fmt: skip
OPTIONS = {
    OpenQuestion.ENCODING: "--encoding",
    OpenQuestion.HEADINGS: "--headings",
    OpenQuestion.ADDRESS: "--column address=",
    OpenQuestion.DOMAIN: "--domain",
    OpenQuestion.OTHERS: "--ignore",
    OpenQuestion.PASSWORDS: "--ignore",
}


@dataclass(frozen=True, slots=True)
class Said:
    """The options of one call. `text` tells two calls apart."""

    choices: Choices
    columns: tuple[tuple[Field, str], ...] = ()
    ignored: tuple[str, ...] = ()
    domain: str = ""
    text: str = ""

    def ignored_in(self, run: BulkRun) -> list[int]:
        """Where the column of addresses is named, others that have some are ignored, too."""
        others = run.reading["others"] if any(field is Field.ADDRESS for field, _name in self.columns) else []
        return [*(_column_of(run, name) for name in self.ignored), *others]


class QuestionsOpen(Refused):
    """Something that only a person can answer; nothing was done."""

    def __init__(
        self, asked: Sequence[OpenQuestion], facts: dict[OpenQuestion, dict[str, Any]], read: dict[str, Any]
    ) -> None:
        self.read = read
        self.questions = [
            {
                "code": str(each),
                "option": OPTIONS[each],
                "reason": question_words(each),
                **facts.get(each, {}),
            }
            for each in asked
        ]
        super().__init__(asked[0], " ".join(self.lines()))

    def lines(self) -> list[str]:
        """A sentence for each question, with the option that answers it and what there is to choose from."""
        lines = []
        for question in self.questions:
            more = question.get("columns") or question.get("candidates") or []
            named = f" {', '.join(map(str, more))}" if more else ""
            lines.append(f"{question['reason']} ({question['option']}{named})")
            lines += ["  " + " | ".join(words) for words in question.get("words", [])]
        return lines


def said_by(options: dict[str, Any]) -> Said:
    """Raises ValueError, with a sentence, for what cannot be understood."""
    named = []
    for text in options.get("column") or []:
        name, equals, heading = text.partition("=")
        if not equals or not heading or name not in Field or name == Field.IGNORE:
            wanted = ", ".join(field for field in Field if field is not Field.IGNORE)
            raise ValueError(
                _("--column %(text)s: FIELD=HEADING or FIELD=NUMBER, where FIELD is one of %(fields)s.")
                % {"text": text, "fields": wanted}
            )
        named.append((Field(name), heading))
    domain = options.get("domain") or ""
    if domain and not to_ascii(domain):
        raise ValueError(_("--domain %(domain)s is not a domain name.") % {"domain": domain})
    choices = Choices(
        _encoding_of(options.get("encoding") or ""),
        _delimiter_of(options.get("delimiter") or ""),
        options.get("sheet") or "",
        _headings_of(options.get("headings") or ""),
    )
    ignored = tuple(options.get("ignore") or ())
    told = (choices, tuple(named), ignored, domain)
    text = repr(told) if told != (Choices(), (), (), "") else ""
    return Said(choices, tuple(named), ignored, to_ascii(domain) if domain else "", text)


def _encoding_of(text: str) -> str:
    if not text:
        return ""
    try:
        wanted = codecs.lookup(text).name
    except LookupError:
        wanted = ""
    for encoding in ("utf-8", *tables.ENCODINGS):
        if wanted == codecs.lookup(encoding).name:
            return "utf-8-sig" if encoding == "utf-8" else encoding
    raise ValueError(
        _("--encoding %(text)s: one of %(encodings)s.") % {"text": text, "encodings": ", ".join(tables.ENCODINGS)}
    )


def _delimiter_of(text: str) -> str:
    delimiter = DELIMITERS.get(text.lower(), text)
    if len(delimiter) > 1 or delimiter in {'"', "\n", "\r", "\0"}:
        raise ValueError(_("--delimiter %(text)s: one character, or comma, semicolon, tab, …") % {"text": text})
    return delimiter


def _headings_of(text: str) -> int | None:
    if text.lower() == "none":
        return NO_HEADINGS
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise ValueError(_("--headings %(text)s: the number of a row, or none.") % {"text": text})
    return int(text[:9])


def settled(run: BulkRun, data: bytes, said: Said) -> list[Field]:
    """The field of each column after what was said. Raises `QuestionsOpen` where something is left to be asked."""
    fields = [Field(field) for field in run.columns]
    for index in said.ignored_in(run):
        fields[index] = Field.IGNORE
    for field, name in said.columns:
        index = _column_of(run, name)
        fields = [Field.IGNORE if each is field else each for each in fields]
        fields[index] = field
    run.columns = list(fields)
    found = loading.reading_of(run)
    asked = reading.questions(
        found,
        fields,
        default_domain=said.domain,
        ignored=said.ignored_in(run),
        passwords_wanted=loading.sets_passwords(run, BulkRun.Way.PASSWORDS),
        confirmed=False,
    )
    if said.choices.headings is not None and OpenQuestion.HEADINGS in asked:
        asked.remove(OpenQuestion.HEADINGS)
    if asked:
        suspects = reading.open_suspects(found, fields, said.ignored_in(run))
        facts: dict[OpenQuestion, dict[str, Any]] = {
            OpenQuestion.ENCODING: {"candidates": list(found.candidates), "words": _words(run, data)},
            OpenQuestion.OTHERS: {
                "columns": [column_words(run, i) for i in reading.open_others(found, fields, said.ignored_in(run))]
            },
            OpenQuestion.PASSWORDS: {"columns": [column_words(run, index) for index in suspects]},
        }
        raise QuestionsOpen(asked, facts, read_as(run))
    return fields


def _words(run: BulkRun, data: bytes) -> list[list[str]]:
    return [list(words) for words in tell(data).words] if run.reading["candidates"] else []


def _column_of(run: BulkRun, name: str) -> int:
    index = reading.column_named(loading.reading_of(run), name)
    if index is None:
        raise Refused("no-such-column", _("The table has no column %(name)s, or several.") % {"name": name})
    return index


def column_words(run: BulkRun, index: int) -> str:
    """The heading of a column, with its number where several have it, or its number alone."""
    heading = run.heading[index] if index < len(run.heading) else ""
    if heading and run.heading.count(heading) > 1:
        return f"{heading} ({index + 1})"
    return heading or str(index + 1)


def read_as(run: BulkRun) -> dict[str, Any]:
    """How the file was read: what was chosen, skipped, ignored."""
    kept = run.reading
    columns = [
        {"number": index + 1, "heading": run.heading[index] if index < len(run.heading) else "", "field": str(field)}
        for index, field in enumerate(run.columns)
    ]
    return {
        "format": run.format,
        "encoding": run.encoding.removesuffix("-sig"),
        "delimiter": run.delimiter,
        "sheet": kept.get("sheet", ""),
        "other_sheets": [
            {"name": name, "visible": visible, "rows": rows}
            for name, visible, rows in kept.get("sheets", [])
            if name != kept["sheet"] and rows
        ],
        "headings": kept.get("headings", 0),
        "rows_above_headings": kept.get("above", 0),
        "hidden_rows": kept.get("hidden", 0),
        "short_rows": kept.get("short", 0),
        "columns": columns,
        "ignored": [column_words(run, i) for i, field in enumerate(run.columns) if field == Field.IGNORE],
        "domain": run.default_domain,
    }


def reading_lines(read: dict[str, Any]) -> list[str]:
    """The same in sentences."""
    what = read["format"].upper()
    if read["encoding"]:
        what += f", {encoding_words(read['encoding'])}, {read['delimiter']!r}"
    if read["sheet"]:
        what += ", " + _("sheet %(sheet)s") % {"sheet": read["sheet"]}
    headings = _("headings in row %(row)s") % {"row": read["headings"]} if read["headings"] else _("no headings")
    lines = [_("Read as %(what)s; %(headings)s.") % {"what": what, "headings": headings}]
    used = [
        f"{column['heading'] or column['number']} → {FIELDS[column['field']]}"
        for column in read["columns"]
        if column["field"] != Field.IGNORE
    ]
    lines.append(_("Columns: %(columns)s.") % {"columns": "; ".join(used) or "–"})
    if read["ignored"]:
        lines.append(_("Ignored columns: %(columns)s.") % {"columns": "; ".join(read["ignored"])})
    above, hidden = read["rows_above_headings"], read["hidden_rows"]
    if above:
        lines.append(
            ngettext("%(n)d row above the headings is skipped.", "%(n)d rows above the headings are skipped.", above)
            % {"n": above}
        )
    if hidden:
        lines.append(
            ngettext("%(n)d hidden row is read like the others.", "%(n)d hidden rows are read like the others.", hidden)
            % {"n": hidden}
        )
    if read["short_rows"]:
        lines.append(short_words(read["short_rows"]))
    for sheet in read["other_sheets"]:
        words = ngettext(
            "The sheet %(name)s, which has %(shown)s row, is not read.",
            "The sheet %(name)s, which has %(shown)s rows, is not read.",
            sheet["rows"],
        )
        lines.append(words % {"name": sheet["name"], "shown": count_words(sheet["rows"])})
    if read["domain"]:
        lines.append(_("Addresses without a domain are under %(domain)s.") % {"domain": read["domain"]})
    return lines


def short_words(count: int) -> str:
    words = ngettext(
        "%(n)s row ends before the last columns, which are empty in every row.",
        "%(n)s rows end before the last columns, which are empty in every row.",
        count,
    )
    return words % {"n": count}


def remarks_of(answers: Sequence[RowResult]) -> list[tuple[int, str, Fault]]:
    """What is remarked on in rows, refused or not."""
    found = []
    for answer in answers:
        row = answer.row
        for remark in row.advice:
            code, field, facts = (remark, Field.ADDRESS, {}) if isinstance(remark, str) else remark
            found.append((row.number, row.address, Fault(code, Field(field), facts)))
    return found
