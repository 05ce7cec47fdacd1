"""The page on which a table's reading is confirmed: encoding, sheet, headings, what each column holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from .. import choosing, reading, tables
from ..columns import Field, looks_like_password
from ..models import BulkRun
from ..reading import Choices
from ..runs import loading
from ..tables.encodings import tell
from ..tables.shapes import Format
from ..words import FIELDS, question_words

ROWS = 20  # among which the headings can be chosen
HIDDEN = "••••"


@dataclass(frozen=True, slots=True)
class Column:
    number: int  # from 0
    heading: str
    field: Field
    cells: list[str]  # of the first rows; of passwords only that there is one
    suspect: bool  # it looks like passwords
    other: bool  # it has other addresses under the domains of the service
    open: bool  # one of both, and nobody has said what becomes of it


def show_mapping(request: HttpRequest, run: BulkRun) -> HttpResponse:
    data = loading.source_of(run)
    kept = loading.reading_of(run)
    sample = loading.sample_of(run, data)
    fields = [Field(name) for name in run.columns]
    ignored = run.reading.get("ignored", [])
    open_ = [*reading.open_suspects(kept, fields, ignored), *reading.open_others(kept, fields, ignored)]
    columns = [
        Column(
            number=index,
            heading=run.heading[index] if index < len(run.heading) else "",
            field=field,
            cells=shown([line.cells[index] if index < len(line.cells) else "" for line in sample], field, index, kept),
            suspect=index in kept.suspects,
            other=index in kept.others,
            open=index in open_,
        )
        for index, field in enumerate(fields)
    ]
    domains, many_domains = choosing.listed(run.service_id, verified=True)
    context: dict[str, Any] = {
        "service": run.service,
        "tab": "accounts",
        "run": run,
        "reading": kept,
        "columns": columns,
        "open": open_,
        "fields": [(field.value, FIELDS[field]) for field in Field],
        "ways": BulkRun.Way.choices,
        "modes": BulkRun.Mode.choices,
        "domains": domains,
        "many_domains": many_domains,
        "is_text": run.format == Format.CSV,
        "encodings": dict.fromkeys((*tables.ENCODINGS, run.encoding)),
        "delimiters": dict.fromkeys((*tables.DELIMITERS, run.delimiter)),
        "others": [sheet for sheet in kept.sheets if sheet[0] != kept.shape.sheet and sheet[2]],
        "heading_rows": sorted({*range(1, ROWS + 1), kept.heading_row} - {0}),
        "words": words_of(data, kept.candidates),
        "questions": questions_of(run, kept, fields),
        "step": "columns",
    }
    return render(request, "accounts/bulk/columns.html", context)


def shown(cells: Sequence[str], field: Field, index: int, kept: reading.TableReading) -> list[str]:
    """Cells as a page may show them: what is, or looks like, a password is hidden."""
    secret = field is Field.PASSWORD or index in kept.suspects
    texts = [tables.plain(cell) for cell in cells]
    return [HIDDEN if (secret and text.strip("*")) or looks_like_password(text.strip()) else text for text in texts]


def words_of(data: bytes, candidates: Sequence[str]) -> list[tuple[str, list[str]]]:
    """(encoding, words as it reads them) for each encoding that may be meant."""
    if not candidates:
        return []
    words = tell(data).words
    return [(encoding, [word[index] for word in words]) for index, encoding in enumerate(candidates)]


def questions_of(run: BulkRun, kept: reading.TableReading, fields: Sequence[Field]) -> list[str]:
    asked = reading.questions(
        kept,
        fields,
        default_domain=run.default_domain,
        ignored=run.reading.get("ignored", []),
        passwords_wanted=loading.sets_passwords(run, run.way),
        confirmed=False,
    )
    return [question_words(question) for question in asked]


def choices_of(request: HttpRequest, run: BulkRun) -> Choices | None:
    """How the person wants the file read; None where the form was tampered with."""
    encoding, delimiter = request.POST.get("encoding", ""), request.POST.get("delimiter", "")
    headings = request.POST.get("headings", "")
    if run.format == Format.CSV:
        if encoding not in (*tables.ENCODINGS, run.encoding) or delimiter not in (*tables.DELIMITERS, run.delimiter):
            return None
    else:
        encoding = delimiter = ""
    if headings and not (headings.isascii() and headings.isdigit() and len(headings) < 8):
        return None
    sheet = request.POST.get("sheet", "") if run.format != Format.CSV else ""
    return Choices(encoding, delimiter, sheet, int(headings) if headings else None)
