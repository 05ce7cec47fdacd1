"""The state that rows are judged against, and judging one row again after it was mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.errors import Refused

from .. import passwords, preview, rules
from ..columns import Field
from ..models import Address, BulkRow, BulkRun, EmailAccount, PasswordPolicy, Tally
from ..preview import Existing, Judge, Outcome, Row, Verdict, Way
from ..tables import CELL, read_as
from ..vault import Vault
from ..writing import update_each

ROW_STATES = {
    Outcome.GOOD: BulkRow.State.GOOD,
    Outcome.ALREADY: BulkRow.State.ALREADY,
    Outcome.BAD: BulkRow.State.BAD,
}


def judge_of(run: BulkRun, *, slots_promised: int = 0) -> Judge:
    """A judge over the service's state now. `slots_promised`: to other rows of the run."""
    service_id = run.service_id
    attached = Domain.objects.filter(service_id=service_id).values_list("name__name", "state")
    return Judge(
        domains={name: state == Domain.State.VERIFIED for name, state in attached},
        policy=PasswordPolicy.of(service_id),
        free_slots=Tally.of(service_id)[EmailAccount.State.SLOT] - slots_promised,
        owner=run.by_owner,
        way=Way(run.way),
    )


def existing_of(service_id: int, rows: Sequence[Row], domains: Sequence[str]) -> dict[str, Existing]:
    """Who has the addresses of these rows, one query; only domains of the service are looked at."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.domain in domains:
            wanted[row.domain].add(row.name)
    if not wanted:
        return {}
    condition = Q()
    for domain, names in wanted.items():
        condition |= Q(name__name=domain, local_part__in=names)
    found = Address.objects.filter(condition).values_list(
        "local_part",
        "name__name",
        "account__service_id",
        "account__first_name",
        "account__last_name",
        "account__display_name",
    )
    return {
        f"{local_part}@{domain}": Existing(owner_id == service_id, first or "", last or "", display or "")
        for local_part, domain, owner_id, first, last, display in found
    }


class Checker:
    """Judges a table in its order and counts."""

    def __init__(self, run: BulkRun) -> None:
        self.run = run
        self._judge = judge_of(run)
        self.total = self.bad = self.already = 0

    def judge(self, rows: Sequence[Row]) -> list[Verdict]:
        existing = existing_of(self.run.service_id, rows, list(self._judge.domains))
        verdicts = [self._judge.judge(row, existing.get(row.address)) for row in rows]
        self.total += len(verdicts)
        self.bad += sum(verdict.outcome is Outcome.BAD for verdict in verdicts)
        self.already += sum(verdict.outcome is Outcome.ALREADY for verdict in verdicts)
        return verdicts

    @staticmethod
    def columns_of(row: Row, verdict: Verdict) -> dict[str, Any]:
        """What a `BulkRow` keeps of a row and its verdict. Never the password."""
        return {
            "state": ROW_STATES[verdict.outcome],
            "address": row.address[:320],
            "first_name": row.first_name[:64],
            "last_name": row.last_name[:64],
            "display_name": row.display_name[:64],
            "contact": row.contact[:320],
            "faults": [[str(fault.code), str(fault.field), dict(fault.facts)] for fault in verdict.faults],
            "advice": [*row.advice, *([str(told.code), str(told.field), dict(told.facts)] for told in row.remarks)],
        }


def row_of(run: BulkRun, row: BulkRow, vault: Vault) -> Row:
    """A kept row as it was parsed."""
    if row.unread:
        code, facts = row.unread
        return preview.unread(row.number, code, facts)
    values = preview.cells_of(vault.open_cells(row.cells), [Field(field) for field in run.columns])
    return preview.parse(row.number, values, default_domain=run.default_domain)


def has_reserved_names(run: BulkRun) -> bool:
    """Whether a good row would give an account a name that only owners may configure."""
    if run.kind not in {BulkRun.Kind.CONFIGURE, BulkRun.Kind.MOVE}:
        return False
    reserved = Q(pk__in=[])
    for name in rules.RESERVED:
        reserved |= Q(address__startswith=f"{name}@")
    return BulkRow.objects.filter(reserved, run=run, state=BulkRow.State.GOOD).exists()


def breaks_policy(run: BulkRun) -> bool:
    """Whether the password of a good row breaks the security policy as it is now: it may be stricter than it was."""
    if run.kind != BulkRun.Kind.CONFIGURE or run.way != BulkRun.Way.PASSWORDS or Field.PASSWORD not in run.columns:
        return False
    vault, policy, column = Vault(run.key), PasswordPolicy.of(run.service_id), run.columns.index(Field.PASSWORD)
    good = BulkRow.objects.filter(run=run, state=BulkRow.State.GOOD).values_list("cells", "address", "display_name")
    for sealed, address, display_name in good.iterator(500):
        password = read_as("".join(vault.open_cells(sealed)[column : column + 1]))
        names = (address.partition("@")[0], display_name)
        if not preview.asked_to_generate(password) and passwords.broken(password, names, policy):
            return True
    return False


@transaction.atomic
def mend(run: BulkRun, number: int, field: Field, value: str) -> BulkRow:
    """Put `value` into a cell of a row that is not applied yet, and judge what that touches again."""
    run = BulkRun.objects.select_for_update().get(pk=run.pk)
    if run.state != BulkRun.State.PREVIEW:
        raise Refused("wrong-state", _("The run has begun: rows cannot be mended any more."))
    row = BulkRow.objects.get(run=run, number=number)
    if row.unread:
        raise Refused(
            "unread", _("No cell of this row can be trusted: correct the row in the file and upload it again.")
        )
    vault = Vault(run.key)
    fields = [Field(name) for name in run.columns]
    if field not in fields:
        raise Refused("columns", _("The table has no such column."))
    cells = vault.open_cells(row.cells)
    cells += [""] * (len(fields) - len(cells))
    cells[fields.index(field)] = value[: CELL + 1].replace("\0", "\1")
    before = row.address
    row.cells = vault.seal_cells(cells)
    row.save(update_fields=["cells"])
    _judge_again(run, row, vault)
    for address in {before, row.address} - {""}:
        for other in BulkRow.objects.filter(run=run, address=address).exclude(pk=row.pk).order_by("number"):
            _judge_again(run, other, vault)
    _recount(run)
    return row


@transaction.atomic
def check_again(run: BulkRun) -> None:
    """Judge every row of a preview against the state as it is now."""
    run = BulkRun.objects.select_for_update().get(pk=run.pk)
    if run.state != BulkRun.State.PREVIEW or not run.columns:
        return
    vault, checker = Vault(run.key), Checker(run)
    last = -1
    while kept := list(BulkRow.objects.filter(run=run, number__gt=last).order_by("number")[:500]):
        last = kept[-1].number
        parsed = [row_of(run, row, vault) for row in kept]
        for row, values, verdict in zip(kept, parsed, checker.judge(parsed), strict=True):
            row.state, row.faults = ROW_STATES[verdict.outcome], checker.columns_of(values, verdict)["faults"]
        update_each(kept, ["state", "faults"])
    _recount(run)


def _judge_again(run: BulkRun, row: BulkRow, vault: Vault) -> None:
    others = BulkRow.objects.filter(run=run).exclude(pk=row.pk)
    values = row_of(run, row, vault)
    judge = judge_of(run, slots_promised=others.filter(state=BulkRow.State.GOOD).count())
    if values.address:
        first = others.filter(address=values.address).aggregate(first=Min("number"))["first"]
        if first is not None and first < row.number:
            judge.seen[values.address] = first
    existing = existing_of(run.service_id, [values], list(judge.domains)).get(values.address)
    for name, value in Checker.columns_of(values, judge.judge(values, existing)).items():
        setattr(row, name, value)
    row.save()


def _recount(run: BulkRun) -> None:
    counts = dict(BulkRow.objects.filter(run=run).values_list("state").annotate(count=Count("pk")).order_by())
    run.bad, run.already = counts.get(BulkRow.State.BAD, 0), counts.get(BulkRow.State.ALREADY, 0)
    run.touched_at = timezone.now()
    run.save(update_fields=["bad", "already", "touched_at"])
