"""From an uploaded file to the rows of a run. The file stays encrypted until its columns are confirmed."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched, islice

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.actors import Actor
from panel.errors import Refused
from panel.models import Service

from .. import columns, preview, reading, tables
from ..columns import Field
from ..models import BulkRow, BulkRun
from ..models.runs import begun_by
from ..preview import RowVerdict
from ..reading import Choices, TableReading
from ..tables import Line, Shape
from ..vault import Vault, new_key
from ..words import question_words
from .checking import Checker

State = BulkRun.State
BATCH = 500  # rows that go to the database together
STALE = timedelta(seconds=30)  # a check that has not moved for so long has died
NOBODY_YET = datetime(2000, 1, 1, tzinfo=UTC)  # a check that waits for a worker is stale from the start
SAMPLE = 5  # rows shown while columns are confirmed


def limits() -> tables.TableLimits:
    return tables.TableLimits(bytes=settings.BULK_MAX_BYTES, rows=settings.BULK_MAX_ROWS)


def fingerprint(service: Service, data: bytes, said: str = "") -> str:
    """Tells the same file again, read in the same way. Keyed, so that it betrays nothing of the passwords in it.

    `said`: what a person has said of how it is to be read.
    """
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"bulk {service.pk} {said} ".encode() + data, hashlib.sha256).hexdigest()


def domains_of(service: Service) -> set[str]:
    """The names attached to the service in every form that a table may have."""
    names = [domain.name for domain in service.domains.select_related("name")]
    return {name.name for name in names} | {name.unicode for name in names}


def upload(
    service: Service,
    data: bytes,
    filename: str,
    *,
    by: Actor,
    owner: bool,
    choices: Choices | None = None,
    said: str = "",
) -> BulkRun:
    """Keep a file and tell its columns. Raises `tables.Refused` for a file over the limits or unreadable."""
    service.require_open()
    vault_key = new_key()
    run = BulkRun(
        service=service,
        kind=BulkRun.Kind.CONFIGURE,
        state=State.COLUMNS,
        **begun_by(by),
        by_owner=owner,
        filename=filename[-255:],
        fingerprint=fingerprint(service, data, said),
        source=Vault(vault_key).seal(data),
        key=vault_key,
    )
    reshape(run, data, choices or Choices())
    run.save()
    return run


def reshape(run: BulkRun, data: bytes, choices: Choices) -> TableReading:
    """Read the whole file once: its limits, its headings, the fields of its columns."""
    found = reading.settle(data, choices, domains=domains_of(run.service), limits=limits())
    run.format, run.encoding, run.delimiter = found.shape.format, found.shape.encoding, found.shape.delimiter
    run.heading, run.columns, run.total = list(found.heading), list(found.fields), found.rows
    run.reading = {
        "headings": found.heading_row,
        "above": len(found.above),
        "sheet": found.shape.sheet,
        "sheets": [list(sheet) for sheet in found.sheets],
        "hidden": found.hidden,
        "width": found.shape.width,
        "address": found.shape.address,
        "candidates": list(found.candidates),
        "suspects": list(found.suspects),
        "bare": found.bare,
        "generates": found.generates,
        "rivals": list(found.rivals),
        "others": list(found.others),
        "wide": found.wide,
        "short": found.short,
    }
    return found


def reading_of(run: BulkRun) -> TableReading:
    """The reading that the run keeps, without the words that candidates for its encoding read differently."""
    if not run.reading:  # a table that was uploaded before readings were kept
        found = reading.settle(source_of(run), Choices(), domains=domains_of(run.service), limits=limits())
        return dataclasses.replace(found, fields=tuple(Field(field) for field in run.columns))
    kept = run.reading
    shape = Shape(
        format=tables.Format(run.format),
        encoding=run.encoding,
        delimiter=run.delimiter,
        sheet=kept["sheet"],
        width=kept["width"],
        address=kept["address"],
        heading=kept["headings"],
    )
    return TableReading(
        shape=shape,
        heading_row=kept["headings"],
        heading=tuple(run.heading),
        fields=tuple(Field(field) for field in run.columns),
        rows=run.total,
        above=tuple(range(kept["above"])),
        hidden=kept["hidden"],
        sheets=tuple((name, visible, rows) for name, visible, rows in kept["sheets"]),
        candidates=tuple(kept["candidates"]),
        words=(),
        suspects=tuple(kept["suspects"]),
        bare=kept["bare"],
        generates=kept["generates"],
        rivals=tuple(kept.get("rivals", [])),
        others=tuple(kept.get("others", [])),
        wide=kept.get("wide", 0),
        short=kept.get("short", 0),
    )


def source_of(run: BulkRun) -> bytes:
    return Vault(run.key).open(run.source)


def lines_of(run: BulkRun, data: bytes) -> Iterator[Line]:
    """The rows without the headings."""
    return reading.lines(data, reading_of(run), limits())


def sample_of(run: BulkRun, data: bytes) -> list[Line]:
    return list(islice(lines_of(run, data), SAMPLE))


def require_usable(fields: Sequence[Field]) -> None:
    if not columns.usable(fields):
        raise Refused("columns", _("Say which one column has the address; every other field has one column at most."))


def sets_passwords(run: BulkRun, way: str) -> bool:
    """Whether accounts get passwords of the table, or generated ones: an update leaves them unless it is told."""
    only_updates = run.mode == BulkRun.Mode.UPDATE and not run.change_passwords
    return way == BulkRun.Way.PASSWORDS and not only_updates


def begin_check(
    run: BulkRun,
    fields: Sequence[Field],
    default_domain: str,
    way: str,
    *,
    ignored: Collection[int] = (),
    by_worker: bool = False,
) -> None:
    """The columns are confirmed: what they mean is settled. `by_worker`: leave the check to one that is free.

    `ignored`: columns that look like passwords and that somebody said to ignore.
    """
    require_usable(fields)
    asked = reading.questions(
        reading_of(run),
        fields,
        default_domain=default_domain,
        ignored=ignored,
        passwords_wanted=sets_passwords(run, way),
        confirmed=True,
    )
    if asked:
        raise Refused(asked[0], question_words(asked[0]))
    changed = BulkRun.objects.filter(pk=run.pk, state=State.COLUMNS).update(
        columns=list(fields),
        default_domain=default_domain,
        way=way,
        reading={**run.reading, "ignored": sorted(ignored)},
        state=State.CHECKING if by_worker else State.COLUMNS,
        touched_at=NOBODY_YET if by_worker else timezone.now(),
    )
    if not changed:
        raise Refused("wrong-state", _("This table has been checked already."))
    run.columns, run.default_domain, run.way = list(fields), default_domain, way


def keep_answers(
    run: BulkRun, fields: Sequence[Field], default_domain: str, way: str, ignored: Collection[int]
) -> None:
    """What was chosen on the page that now asks for more."""
    BulkRun.objects.filter(pk=run.pk, state=State.COLUMNS).update(
        columns=list(fields),
        default_domain=default_domain,
        way=way,
        reading={**run.reading, "ignored": sorted(ignored)},
    )


def check(run: BulkRun) -> bool:
    """Judge every row of the file and keep the rows; then the file itself goes.

    Safe to call twice, and to begin again after a crash: False means that another process is at it.
    """
    now = timezone.now()
    waiting = Q(state=State.COLUMNS) | Q(state=State.CHECKING, touched_at__lt=now - STALE)
    if not BulkRun.objects.filter(waiting, pk=run.pk).update(state=State.CHECKING, touched_at=now):
        return False
    run.refresh_from_db()
    BulkRow.objects.filter(run=run).delete()
    vault, checker = Vault(run.key), Checker(run)
    for lines, rows, verdicts in judged(run, source_of(run), checker):
        kept = [
            BulkRow(
                run=run,
                number=row.line,
                cells=vault.seal_cells(line.cells),
                unread=unread_of(line),
                **checker.columns_of(row, verdict),
            )
            for line, row, verdict in zip(lines, rows, verdicts, strict=True)
        ]
        with transaction.atomic():
            if not BulkRun.objects.filter(pk=run.pk, state=State.CHECKING).update(touched_at=timezone.now()):
                return False  # thrown away meanwhile
            BulkRow.objects.bulk_create(kept)
    BulkRun.objects.filter(pk=run.pk, state=State.CHECKING).update(
        state=State.PREVIEW,
        source=b"",
        total=checker.total,
        bad=checker.bad,
        already=checker.already,
        touched_at=timezone.now(),
    )
    run.refresh_from_db()
    return True


def unattended() -> QuerySet[BulkRun]:
    """Tables whose check has died."""
    return BulkRun.objects.filter(state=State.CHECKING, touched_at__lt=timezone.now() - STALE)


def judged(
    run: BulkRun, data: bytes, checker: Checker
) -> Iterator[tuple[Sequence[Line], list[preview.Row], list[RowVerdict]]]:
    """Parse and judge the file, a batch at a time. Writes nothing."""
    fields = [Field(field) for field in run.columns]
    for lines in batched(lines_of(run, data), BATCH):
        rows = [_parsed(line, fields, run.default_domain) for line in lines]
        yield lines, rows, checker.judge(rows)


def _parsed(line: Line, fields: Sequence[Field], default_domain: str) -> preview.Row:
    if line.fault:
        return preview.unread(line.number, *line.fault)
    return preview.parse(line.number, preview.cells_of(line.cells, fields), default_domain=default_domain)


def unread_of(line: Line) -> list[object]:
    """What a `BulkRow` keeps of a line that could not be read."""
    return [str(line.fault[0]), dict(line.fault[1])] if line.fault else []
