"""Runs over accounts that are there already: an action on a selection, and undoing a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.actors import Actor
from panel.errors import Refused
from panel.keyset import Cursor, beyond
from panel.models import Service

from .. import rules
from ..lists import ListQuery, matches
from ..models import Address, BulkRow, BulkRun, EmailAccount
from ..models.runs import begun_by
from ..preview import RowProblem
from ..vault import new_key

RowState = BulkRow.State
Kind = BulkRun.Kind
ON_SELECTION = (Kind.SUSPEND, Kind.RESUME, Kind.RESET, Kind.PASSWORDS, Kind.MOVE)
BATCH = 500  # rows of a chunk: SQLite has one writer, whom everybody else waits for
AT_ONCE = 1  # chunks that are listed while a page waits


def select(
    service: Service,
    kind: str,
    selection: Selection,
    *,
    by: Actor,
    owner: bool,
    way: str = BulkRun.Way.PASSWORDS,
    target: Domain | None = None,
) -> BulkRun:
    """A run that waits for confirmation: what would happen to each account, told now and decided again later.

    A small selection is listed at once; of a large one a worker lists the rest, and the run is CHECKING until then.
    """
    service.require_open()
    if kind == Kind.MOVE:
        if target is None or target.service_id != service.pk:
            raise Refused("no-target", _("Say which domain the accounts move to."), field="target")
        if target.state != Domain.State.VERIFIED:
            raise Refused("domain-pending", _("Only a verified domain can have accounts."), field="target")
    run = BulkRun.objects.create(
        service=service,
        kind=kind,
        state=BulkRun.State.CHECKING,
        way=way,
        **begun_by(by),
        by_owner=owner,
        target=target,
        selection=selection.as_json(),
        key=new_key() if kind == Kind.PASSWORDS else "",
    )
    fill(run, chunks=AT_ONCE)
    return run


@dataclass(frozen=True, slots=True)
class Selection:
    """Accounts of a service: those with these ids, or all that a list's question matches."""

    ids: tuple[int, ...] = ()
    question: Mapping[str, str] | None = None  # as in the list's address

    def as_json(self) -> dict[str, Any]:
        return {"ids": list(self.ids)} if self.question is None else {"question": dict(self.question)}

    @classmethod
    def of(cls, run: BulkRun) -> Selection:
        kept = run.selection or {}
        return cls(tuple(kept.get("ids", ())), kept.get("question"))

    def accounts(self, service_id: int) -> QuerySet[EmailAccount]:
        if self.question is not None:
            return matches(service_id, ListQuery.of(service_id, self.question))
        return EmailAccount.objects.filter(service_id=service_id, pk__in=self.ids)


def fill(run: BulkRun, *, chunks: int | None = None) -> bool:
    """List the accounts of a selection, or the rows of a run to undo: so many chunks, or all that are left.

    Each chunk is a transaction that also says how far the listing is. So another worker goes on where one died; of two
    at once the one that comes second to a chunk leaves. True when the run waits for its confirmation.
    """
    names: set[str] | None = None
    while chunks is None or chunks > 0:
        with transaction.atomic():
            after = (run.selection or {}).get("after")
            fresh = BulkRun.objects.select_for_update(of=("self",)).select_related("target").filter(pk=run.pk).first()
            if fresh is None or fresh.state != BulkRun.State.CHECKING:
                return fresh is not None
            if (fresh.selection or {}).get("after") != after and names is not None:
                return False
            if names is None:
                names = _names_of(fresh)
            more = _fill_undo(fresh) if fresh.kind == Kind.UNDO else _fill(fresh, names)
            if not more:
                fresh.state, fresh.selection = BulkRun.State.PREVIEW, None
            fresh.touched_at = timezone.now()
            fresh.save(update_fields=["total", "already", "bad", "state", "selection", "touched_at"])
        for field in ("total", "already", "bad", "state", "selection", "touched_at"):
            setattr(run, field, getattr(fresh, field))
        if not more:
            return True
        chunks = None if chunks is None else chunks - 1
    return False


def _fill(run: BulkRun, names: set[str]) -> bool:
    """The next accounts in the order of their addresses. False when there are no more."""
    assert run.selection is not None
    accounts = Selection.of(run).accounts(run.service_id).order_by("address_key", "pk").defer("password_hash")
    if after := Cursor.parse(run.selection.get("after", "")):
        accounts = accounts.filter(beyond("address_key", after.key, after.pk, rising=True))
    found = list(accounts[:BATCH])
    # An account whose address changed meanwhile may come again.
    seen = set(
        BulkRow.objects.filter(run=run, account__in=[account.pk for account in found]).values_list("account", flat=True)
    )
    fresh = [account for account in found if account.pk not in seen]
    if run.target:
        names |= _taken(fresh, run.target)
    _add(run, [_row(run, number, account, names) for number, account in enumerate(fresh, run.total + 1)])
    if found:
        run.selection["after"] = str(Cursor(found[-1].address_key, found[-1].pk))
    return len(found) == BATCH


def _add(run: BulkRun, rows: list[BulkRow]) -> None:
    BulkRow.objects.bulk_create(rows)
    run.total += len(rows)
    run.already += sum(row.state == RowState.ALREADY for row in rows)
    run.bad += sum(row.state == RowState.BAD for row in rows)


def _names_of(run: BulkRun) -> set[str]:
    """Names before the @ that rows of a move listed so far will take at its target."""
    if run.kind != Kind.MOVE:
        return set()
    rows = BulkRow.objects.filter(run=run, state=RowState.GOOD).values_list("address", flat=True)
    return {address.partition("@")[0] for address in rows.iterator(BATCH)}


def _taken(accounts: Sequence[EmailAccount], target: Domain) -> set[str]:
    """Names before the @ that somebody has at the target already."""
    names = [account.address_key.partition("@")[0] for account in accounts if not account.is_slot]
    return set(
        Address.objects.filter(name_id=target.name_id, local_part__in=names).values_list("local_part", flat=True)
    )


def _row(run: BulkRun, number: int, account: EmailAccount, taken: set[str]) -> BulkRow:
    state, code = _verdict(run, account, taken)
    return BulkRow(
        run=run,
        number=number,
        state=state,
        address=account.shown_address,
        first_name=account.first_name,
        last_name=account.last_name,
        display_name=account.display_name,
        faults=[[code, "address", {}]] if code else [],
        account=account,
        mailbox_id=account.mailbox_id,
    )


def _verdict(run: BulkRun, account: EmailAccount, taken: set[str]) -> tuple[RowState, str]:
    already = {
        Kind.SUSPEND: account.state == EmailAccount.State.SUSPENDED,
        Kind.RESUME: account.state == EmailAccount.State.ACTIVE,
        Kind.RESET: account.is_slot,
        Kind.MOVE: account.domain_id is not None and account.domain_id == run.target_id,
    }
    if already.get(Kind(run.kind)):
        return RowState.ALREADY, ""
    if account.is_slot:
        return RowState.BAD, "is-slot"
    if run.kind == Kind.MOVE:
        name = account.address_key.partition("@")[0]
        if name in rules.RESERVED and not run.by_owner:
            return RowState.BAD, rules.NameRule.NAME_RESERVED
        if name in taken:
            return RowState.BAD, RowProblem.ADDRESS_TAKEN_ELSEWHERE
        taken.add(name)  # the second one of a name finds it taken
    return RowState.GOOD, ""


def undoable(run: BulkRun) -> bool:
    """A finished run that configured accounts, some of which are as it left them."""
    if run.kind != Kind.CONFIGURE or run.state not in {BulkRun.State.DONE, BulkRun.State.STOPPED}:
        return False
    return _unchanged(run).exists()


def _unchanged(run: BulkRun) -> QuerySet[BulkRow]:
    same = EmailAccount.objects.filter(
        pk=OuterRef("account_id"), mailbox_id=OuterRef("mailbox_id"), changed_at=OuterRef("changed_at")
    )
    configured = BulkRow.objects.filter(run=run, state=RowState.DONE, action=BulkRow.Action.CONFIGURE)
    return configured.filter(Exists(same))


def undo(run: BulkRun, *, by: Actor, owner: bool) -> BulkRun:
    """A run that returns to slots what `run` configured and nobody changed since; listed as a selection is."""
    run.service.require_open()
    undoing = BulkRun.objects.create(
        service=run.service,
        kind=Kind.UNDO,
        state=BulkRun.State.CHECKING,
        **begun_by(by),
        by_owner=owner,
        undoes=run,
        filename=run.filename,
        selection={},
    )
    fill(undoing, chunks=AT_ONCE)
    return undoing


def _fill_undo(run: BulkRun) -> bool:
    assert run.selection is not None
    if run.undoes is None:
        return False
    done = BulkRow.objects.filter(run=run.undoes, state=RowState.DONE, action=BulkRow.Action.CONFIGURE)
    done = done.filter(number__gt=run.selection.get("after", -1))
    rows = list(done.order_by("number")[:BATCH])
    unchanged = set(_unchanged(run.undoes).filter(pk__in=[row.pk for row in rows]).values_list("pk", flat=True))
    _add(
        run,
        [
            BulkRow(
                run=run,
                number=row.number,
                state=RowState.GOOD if row.pk in unchanged else RowState.BAD,
                address=row.address,
                display_name=row.display_name,
                faults=[] if row.pk in unchanged else [["wrong-state", "address", {}]],
                account_id=row.account_id,
                mailbox_id=row.mailbox_id,
                changed_at=row.changed_at,
            )
            for row in rows
        ],
    )
    if rows:
        run.selection["after"] = rows[-1].number
    return len(rows) == BATCH
