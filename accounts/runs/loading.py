"""From an uploaded file to the rows of a run. The file stays encrypted until its columns are confirmed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import batched, islice

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.errors import Refused
from panel.models import Service, User

from .. import columns, preview, tables
from ..columns import Field
from ..models import BulkRow, BulkRun
from ..preview import Verdict
from ..tables import Line, Shape
from ..vault import Vault, new_key
from .checking import Checker

State = BulkRun.State
BATCH = 500  # rows that go to the database together
STALE = timedelta(seconds=30)  # a check that has not moved for so long has died
NOBODY_YET = datetime(2000, 1, 1, tzinfo=UTC)  # a check that waits for a worker is stale from the start
SAMPLE = 5  # rows shown while columns are confirmed


def limits() -> tables.Limits:
    return tables.Limits(bytes=settings.BULK_MAX_BYTES, rows=settings.BULK_MAX_ROWS)


def fingerprint(service: Service, data: bytes) -> str:
    """Tells the same file again. Keyed, so that it betrays nothing of the passwords in it."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"bulk {service.pk} ".encode() + data, hashlib.sha256).hexdigest()


def upload(service: Service, data: bytes, filename: str, *, by: User | str | None, owner: bool) -> BulkRun:
    """Keep a file and guess its columns. Raises `tables.Refused` for a file over the limits or unreadable."""
    service.require_open()
    shape = tables.shape_of(data, limits())
    vault_key = new_key()
    run = BulkRun(
        service=service,
        kind=BulkRun.Kind.CONFIGURE,
        state=State.COLUMNS,
        by=None if isinstance(by, str) else by,
        by_label=by if isinstance(by, str) else "",
        by_owner=owner,
        filename=filename[-255:],
        fingerprint=fingerprint(service, data),
        source=Vault(vault_key).seal(data),
        key=vault_key,
    )
    reshape(run, data, shape)
    run.save()
    return run


def reshape(run: BulkRun, data: bytes, shape: Shape) -> None:
    """Read the whole file once in this shape: its limits, its headings, the fields of its columns."""
    run.format, run.encoding, run.delimiter = shape.format, shape.encoding, shape.delimiter
    lines = tables.read(data, shape, limits())
    first = next(lines, None)
    if first is None:
        raise tables.Refused(tables.Refusal.EMPTY)
    with_heading = columns.is_heading(first.cells)
    rows, width = (0 if with_heading else 1), len(first.cells)
    second = None
    for line in lines:
        second = second or line
        rows += 1
        width = max(width, len(line.cells))
    if not rows:
        raise tables.Refused(tables.Refusal.EMPTY)
    if rows > settings.BULK_MAX_ROWS:
        raise tables.Refused(tables.Refusal.ROWS, limit=settings.BULK_MAX_ROWS)
    run.heading = list(first.cells) if with_heading else []
    fields = columns.recognise(first.cells) if with_heading else columns.guess(first.cells)
    run.columns = [*fields, *([Field.IGNORE] * (width - len(fields)))]
    run.total = rows


def source_of(run: BulkRun) -> bytes:
    return Vault(run.key).open(run.source)


def lines_of(run: BulkRun, data: bytes) -> Iterator[Line]:
    """The rows without the headings; of a table that came back from us, as they were before we defused them."""
    shape = Shape(tables.Format(run.format), run.encoding, run.delimiter)
    lines = islice(tables.read(data, shape, limits()), 1 if run.heading else 0, None)
    if not columns.came_from_us(run.heading):
        return lines
    return (Line(line.number, tuple(map(tables.undefuse, line.cells))) for line in lines)


def sample_of(run: BulkRun) -> list[Line]:
    return list(islice(lines_of(run, source_of(run)), SAMPLE))


def require_usable(fields: Sequence[Field]) -> None:
    if not columns.usable(fields):
        raise Refused("columns", _("Say which one column has the address; every other field has one column at most."))


def begin_check(
    run: BulkRun, fields: Sequence[Field], default_domain: str, way: str, *, by_worker: bool = False
) -> None:
    """The columns are confirmed: what they mean is settled. `by_worker`: leave the check to one that is free."""
    require_usable(fields)
    changed = BulkRun.objects.filter(pk=run.pk, state=State.COLUMNS).update(
        columns=list(fields),
        default_domain=default_domain,
        way=way,
        state=State.CHECKING if by_worker else State.COLUMNS,
        touched_at=NOBODY_YET if by_worker else timezone.now(),
    )
    if not changed:
        raise Refused("wrong-state", _("This table has been checked already."))
    run.columns, run.default_domain, run.way = list(fields), default_domain, way


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
            BulkRow(run=run, number=row.line, cells=vault.seal_cells(line.cells), **checker.columns_of(row, verdict))
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
) -> Iterator[tuple[Sequence[Line], list[preview.Row], list[Verdict]]]:
    """Parse and judge the file, a batch at a time. Writes nothing."""
    fields = [Field(field) for field in run.columns]
    for lines in batched(lines_of(run, data), BATCH):
        rows = [
            preview.parse(line.number, preview.cells_of(line.cells, fields), default_domain=run.default_domain)
            for line in lines
        ]
        yield lines, rows, checker.judge(rows)
