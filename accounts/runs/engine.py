"""Applying a run: any number of workers, each claims rows for a while, hashes, and commits a chunk at a time.

A row is claimed by a lease and changed in the same transaction that marks it done, under the worker's own lease:
a worker that dies, comes late or is told twice about a run changes nothing twice and loses nothing.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from enum import Enum
from itertools import batched

from django.db import OperationalError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import COMMAND_LINE, SYSTEM, Actor, recalled
from panel.errors import Refused

from .. import batch, rules
from ..columns import Field
from ..hashing import hash_password
from ..models import BulkRow, BulkRun
from ..preview import RowAdvice
from ..vault import Vault
from ..words import fault_words
from ..writing import update_each
from . import actions, checking
from .actions import Faults, Plain, Prepared
from .results import forget_secrets

RunState = BulkRun.State
RowState = BulkRow.State
LEASE = timedelta(seconds=25)  # a dead worker's rows are taken over after it, so within a minute of its death
CHUNK_SECONDS = 1.5  # of hashing: far within the lease on any machine, long against a commit
FIRST_CHUNK, LARGEST_CHUNK = 8, 200  # rows
SHARE = 8  # at most one part in so many of what is left is claimed: at the end nobody waits for another's chunk
ATTEMPTS = 6  # at a commit that lost against another transaction


class Progress(Enum):
    OVER = "over"  # nothing is left to do, or the run was stopped
    WAITING = "waiting"  # what is left is other workers'
    MORE = "more"  # the time given is up


def start(run: BulkRun, *, all_or_nothing: bool = False, owner: bool = True) -> None:
    """Let workers apply a previewed run. `owner`: whether whoever starts it may configure reserved names."""
    run.service.require_open()
    if not run.left:
        raise Refused("nothing-to-do", _("No row can be used, so there is nothing to do."))
    if all_or_nothing and run.bad:  # rows that were left out are nobody's to do
        raise Refused(
            "not-all-good", _("Some rows need fixing. With “all or nothing”, nothing is done until they are.")
        )
    if not owner and checking.has_reserved_names(run):
        raise Refused(rules.NameRule.NAME_RESERVED, fault_words(rules.NameRule.NAME_RESERVED))
    if checking.breaks_policy(run):
        raise Refused("policy-changed", _("The security policy has changed since the check: check all rows again."))
    now = timezone.now()
    changed = BulkRun.objects.filter(pk=run.pk, state=RunState.PREVIEW).update(
        state=RunState.RUNNING, all_or_nothing=all_or_nothing, started_at=now, touched_at=now
    )
    if not changed:
        raise Refused("wrong-state", _("This run has already started."))
    run.refresh_from_db()


def stop(run: BulkRun, *, by: Actor) -> None:
    """Stop after the chunks that are being worked on."""
    if not _stop(run, "person", by=by):
        raise Refused("wrong-state", _("This run is not running."))
    run.refresh_from_db()


def _stop(run: BulkRun, code: str, *, by: Actor = SYSTEM) -> bool:
    """`code`: why, of `accounts.words.STOPS`."""
    person = by.actor_person
    changed = BulkRun.objects.filter(pk=run.pk, state=RunState.RUNNING).update(
        state=RunState.STOPPED,
        stop_code=code,
        stopped_by=person,
        stopped_label="" if person is not None or by is SYSTEM else by.actor_label,
        touched_at=timezone.now(),
    )
    return bool(changed)


def go_on(run: BulkRun) -> None:
    """Go on with a stopped run."""
    run.service.require_open()
    now = timezone.now()
    changed = BulkRun.objects.filter(pk=run.pk, state=RunState.STOPPED).update(
        state=RunState.RUNNING,
        started_at=now,
        touched_at=now,
        started_with=F("done") + F("refused"),
        stop_code="",
        stopped_by=None,
        stopped_label="",
    )
    if not changed:
        raise Refused("wrong-state", _("This run was not stopped."))
    run.refresh_from_db()


def unattended() -> QuerySet[BulkRun]:
    """Running runs that have rows which nobody works on, or that only need to be closed."""
    now = timezone.now()
    todo = BulkRow.objects.filter(run=OuterRef("pk"), state=RowState.GOOD)
    free = todo.filter(Q(lease_until=None) | Q(lease_until__lt=now))
    return BulkRun.objects.filter(Exists(free) | ~Exists(todo), state=RunState.RUNNING)


def work(
    run_id: int,
    *,
    seconds: float | None = None,
    threads: int = 1,
    told: Callable[[BulkRun], None] | None = None,
) -> Progress:
    """Work on a run until nothing is left, or for about so many seconds. `told` hears of each chunk."""
    begun = time.monotonic()
    size = FIRST_CHUNK * threads
    chunk: _Chunk | None = None
    with ThreadPoolExecutor(threads) as pool:
        while True:
            run = BulkRun.objects.filter(pk=run_id).first()
            if run is None:
                return Progress.OVER
            running = run.state == RunState.RUNNING
            late = seconds is not None and time.monotonic() - begun > seconds
            # The next chunk is hashed while this one is committed: no processor waits for the database.
            share = max(threads, run.left // SHARE)
            following = _Chunk.claimed(run, min(size, share), pool) if running and not late else None
            if chunk is None and following is None:
                if running and late:
                    return Progress.MORE
                return Progress.OVER if not running or settle(run) else Progress.WAITING
            if chunk is not None:
                prepared, elapsed = chunk.hashed()
                size = max(1, min(LARGEST_CHUNK, int(chunk.size * CHUNK_SECONDS / max(elapsed, 0.01))))
                run = _commit(run, chunk.lease, prepared)
                if told:
                    told(run)
            chunk = following


class _Chunk:
    """Rows under a lease, whose passwords are being hashed in threads: hashing releases the GIL."""

    def __init__(self, lease: uuid.UUID, size: int, plain: Mapping[int, Plain], pool: ThreadPoolExecutor) -> None:
        self.lease = lease
        self.size = size
        self._told = {pk: each.told for pk, each in plain.items()}
        self._hashes = {pk: pool.submit(_timed_hash, each.password) for pk, each in plain.items()}

    @classmethod
    def claimed(cls, run: BulkRun, size: int, pool: ThreadPoolExecutor) -> _Chunk | None:
        lease = uuid.uuid4()
        rows = _claim(run.pk, lease, size)
        return cls(lease, len(rows), actions.passwords_for(run, rows), pool) if rows else None

    def hashed(self) -> tuple[dict[int, Prepared], float]:
        """What to apply for each row, and the seconds that hashing took."""
        results = {pk: future.result() for pk, future in self._hashes.items()}
        prepared = {pk: Prepared(hash_, self._told[pk]) for pk, (hash_, _seconds) in results.items()}
        return prepared, sum(seconds for _hash, seconds in results.values())


def _timed_hash(password: str) -> tuple[str, float]:
    begun = time.monotonic()
    return hash_password(password), time.monotonic() - begun


@transaction.atomic
def _claim(run_id: int, lease: uuid.UUID, size: int) -> list[BulkRow]:
    now = timezone.now()
    free = BulkRow.objects.filter(run_id=run_id, state=RowState.GOOD).filter(
        Q(lease_until=None) | Q(lease_until__lt=now)
    )
    rows = list(free.select_for_update(skip_locked=True).order_by("number")[:size])
    BulkRow.objects.filter(pk__in=[row.pk for row in rows]).update(lease_until=now + LEASE, lease_by=lease)
    return rows


def _commit(run: BulkRun, lease: uuid.UUID, prepared: Mapping[int, Prepared]) -> BulkRun:
    """Apply the rows that are still ours. A service that was suspended meanwhile stops the run."""
    for attempt in range(ATTEMPTS):
        try:
            return _commit_once(run, lease, prepared)
        except OperationalError:
            if attempt == ATTEMPTS - 1:
                raise
            time.sleep(0.05 * 2**attempt)
        except Refused as refused:
            BulkRow.objects.filter(run=run, lease_by=lease).update(lease_until=None, lease_by=None)
            _stop(run, refused.code)
            break
    run.refresh_from_db()
    return run


@transaction.atomic
def _commit_once(run: BulkRun, lease: uuid.UUID, prepared: Mapping[int, Prepared]) -> BulkRun:
    service = batch.locked(run.service_id)
    run = BulkRun.objects.select_for_update(of=("self",)).select_related("target__name").get(pk=run.pk)
    ours = BulkRow.objects.filter(run=run, lease_by=lease, state=RowState.GOOD)
    if run.state != RunState.RUNNING:
        ours.update(lease_until=None, lease_by=None)
        return run
    rows = list(ours.select_for_update(of=("self",)).order_by("number"))
    now = timezone.now()
    if run.all_or_nothing:
        _keep_hashes(run, rows, prepared)
        return run
    faults = actions.apply(run, service, rows, prepared, now)
    _close_rows(run, rows, faults, {pk: made.secret for pk, made in prepared.items()}, now)
    return run


def _keep_hashes(run: BulkRun, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared]) -> None:
    """All or nothing: hashes wait in the rows until there is one for each."""
    vault = Vault(run.key)
    for row in rows:
        made = prepared.get(row.pk)
        if made:
            row.password_hash = made.password_hash
            row.secret = vault.seal(made.secret.encode()) if made.secret else b""
    update_each(rows, ["password_hash", "secret"])
    BulkRow.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=RowState.HASHED, cells=b"", lease_until=None, lease_by=None
    )


def _close_rows(run: BulkRun, rows: Sequence[BulkRow], faults: Faults, told: Mapping[int, str], now: datetime) -> None:
    """Mark rows done or refused, and erase what was uploaded for them."""
    done = [row for row in rows if row.pk not in faults]
    already = [row for row in rows if faults.get(row.pk) == actions.ALREADY]
    refused = [row for row in rows if row.pk in faults and faults[row.pk] != actions.ALREADY]
    if run.kind in {BulkRun.Kind.CONFIGURE, BulkRun.Kind.PASSWORDS}:
        vault = Vault(run.key)
        for row in done:
            secret = told.get(row.pk, "")
            row.secret = vault.seal(secret.encode()) if secret else row.secret
        update_each(done, ["secret", "account", "mailbox_id"])
    for row in refused:
        row.faults = [[faults[row.pk], Field.ADDRESS, {}]]
    update_each(refused, ["faults"])
    over = {"cells": b"", "password_hash": "", "lease_until": None, "lease_by": None}
    BulkRow.objects.filter(pk__in=[row.pk for row in done]).update(state=RowState.DONE, changed_at=now, **over)
    BulkRow.objects.filter(pk__in=[row.pk for row in refused]).update(state=RowState.REFUSED, **over)
    for row in already:
        if row.password_from == BulkRow.PasswordFrom.FILE:
            row.advice = [*row.advice, RowAdvice.PASSWORD_NOT_SET]
        row.password_from = BulkRow.PasswordFrom.KEPT
    update_each(already, ["advice", "password_from"])
    ids = [row.pk for row in already]
    BulkRow.objects.filter(pk__in=ids).update(state=RowState.ALREADY, secret=b"", **over)
    run.done, run.refused, run.already = run.done + len(done), run.refused + len(refused), run.already + len(already)
    run.touched_at = now
    run.save(update_fields=["done", "refused", "already", "touched_at"])


class _NotAll(Exception):  # noqa: N818 - rolls back what was placed
    def __init__(self, faults: Faults) -> None:
        super().__init__()
        self.faults = faults


def settle(run: BulkRun) -> bool:
    """Close a run that has no row left to work on. True when it is over, whoever closed it."""
    if BulkRow.objects.filter(run=run, state=RowState.GOOD).exists():
        return False
    try:
        if run.all_or_nothing:
            _place_all(run)
        _finish(run)
    except _NotAll as not_all:
        _refuse_all(run, not_all.faults)
    except Refused as refused:
        _stop(run, refused.code)
    return True


@transaction.atomic
def _place_all(run: BulkRun) -> None:
    service = batch.locked(run.service_id)
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state != RunState.RUNNING:
        return
    now = timezone.now()
    vault = Vault(run.key)
    faults: Faults = {}
    hashed = BulkRow.objects.filter(run=run, state=RowState.HASHED).order_by("number").values_list("pk", flat=True)
    for ids in batched(list(hashed), batch.AT_ONCE):
        rows = list(BulkRow.objects.filter(pk__in=ids).order_by("number"))
        prepared = {
            row.pk: Prepared(row.password_hash, vault.open(row.secret).decode() if row.secret else "") for row in rows
        }
        found = actions.apply(run, service, rows, prepared, now)
        faults |= {pk: code for pk, code in found.items() if code != actions.ALREADY}
        if not faults:
            _close_rows(run, rows, found, {}, now)
    if faults:
        raise _NotAll(faults)


@transaction.atomic
def _refuse_all(run: BulkRun, faults: Faults) -> None:
    run = BulkRun.objects.select_for_update().get(pk=run.pk)
    if run.state != RunState.RUNNING:
        return
    rows = list(BulkRow.objects.filter(run=run, pk__in=faults))
    _close_rows(run, rows, faults, {}, timezone.now())
    BulkRow.objects.filter(run=run).update(password_hash="", secret=b"")
    run.state, run.finished_at, run.key = RunState.NOTHING, timezone.now(), ""
    run.save(update_fields=["state", "finished_at", "key"])
    _record(run)


@transaction.atomic
def _finish(run: BulkRun) -> None:
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state not in {RunState.RUNNING, RunState.STOPPED}:
        return
    # What a stopped run made was to be had since it stopped: its day is counted from there.
    run.finished_at = run.touched_at if run.state == RunState.STOPPED else timezone.now()
    run.state = RunState.DONE if run.done or run.already else RunState.NOTHING
    run.touched_at = timezone.now()
    run.save(update_fields=["state", "finished_at", "touched_at"])
    _record(run)


def close_untouched(run: BulkRun) -> None:
    """Close a previewed run in which nothing is to be done."""
    closed = BulkRun.objects.filter(pk=run.pk, state=RunState.PREVIEW).update(
        state=RunState.DONE if run.already else RunState.NOTHING, finished_at=timezone.now()
    )
    if closed:
        forget_secrets(run)
    run.refresh_from_db()


def give_up(run: BulkRun) -> None:
    """Close a run that was stopped and that nobody went on with; what it did stays."""
    _finish(run)


def _record(run: BulkRun) -> None:
    run.entry = record(
        "run.update" if run.updates else f"run.{run.kind}",
        actor=recalled(run.by, run.by_label or COMMAND_LINE.actor_label),
        service=run.service,
        target=run.filename or run.total,
        after={"done": run.done, "refused": run.refused + run.bad, "already": run.already, "run": run.pk},
    )
    run.save(update_fields=["entry"])
