"""Runs over accounts that are there already: an action on a selection, and undoing a run."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.errors import Refused
from panel.models import Service, User

from .. import rules
from ..models import Address, BulkRow, BulkRun, EmailAccount
from ..preview import Problem
from ..vault import new_key

RowState = BulkRow.State
Kind = BulkRun.Kind
ON_SELECTION = (Kind.SUSPEND, Kind.RESUME, Kind.RESET, Kind.PASSWORDS, Kind.MOVE)
BATCH = 1000


@transaction.atomic
def select(
    service: Service,
    kind: str,
    accounts: QuerySet[EmailAccount],
    *,
    by: User | None,
    owner: bool,
    way: str = BulkRun.Way.PASSWORDS,
    target: Domain | None = None,
) -> BulkRun:
    """A run that waits for confirmation: what would happen to each account, told now and decided again later."""
    service.require_open()
    if kind == Kind.MOVE:
        if target is None or target.service_id != service.pk:
            raise Refused("no-target", _("Say which domain the accounts move to."), field="target")
        if target.state != Domain.State.VERIFIED:
            raise Refused("domain-pending", _("Only a verified domain takes accounts."), field="target")
    run = BulkRun.objects.create(
        service=service,
        kind=kind,
        state=BulkRun.State.PREVIEW,
        way=way,
        by=by,
        by_owner=owner,
        target=target,
        key=new_key() if kind == Kind.PASSWORDS else "",
    )
    rows = accounts.order_by("address_key", "pk").iterator(BATCH)
    taken: set[str] = set()
    for start, batch in enumerate(batched(rows, BATCH)):
        if target:
            taken |= _taken(batch, target)
        made = [_row(run, number, account, taken) for number, account in enumerate(batch, start * BATCH + 1)]
        BulkRow.objects.bulk_create(made)
        run.total += len(made)
        run.already += sum(row.state == RowState.ALREADY for row in made)
        run.bad += sum(row.state == RowState.BAD for row in made)
    run.save(update_fields=["total", "already", "bad"])
    return run


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
            return RowState.BAD, rules.Rule.NAME_RESERVED
        if name in taken:
            return RowState.BAD, Problem.ADDRESS_TAKEN_ELSEWHERE
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


@transaction.atomic
def undo(run: BulkRun, *, by: User | None, owner: bool) -> BulkRun:
    """A run that returns to slots what `run` configured and nobody changed since."""
    run.service.require_open()
    undoing = BulkRun.objects.create(
        service=run.service,
        kind=Kind.UNDO,
        state=BulkRun.State.PREVIEW,
        by=by,
        by_owner=owner,
        undoes=run,
        filename=run.filename,
    )
    total = 0
    unchanged = set(_unchanged(run).values_list("pk", flat=True))
    done = BulkRow.objects.filter(run=run, state=RowState.DONE, action=BulkRow.Action.CONFIGURE).order_by("number")
    for rows in batched(done.iterator(BATCH), BATCH):
        made = [
            BulkRow(
                run=undoing,
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
        ]
        BulkRow.objects.bulk_create(made)
        total += len(made)
    undoing.total, undoing.bad = total, total - len(unchanged)
    undoing.save(update_fields=["total", "bad"])
    return undoing
