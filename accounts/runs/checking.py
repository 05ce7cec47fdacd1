"""The state that rows are judged against, and judging one row again after it was mended."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.errors import Refused

from .. import passwords, preview, remarks, rules
from ..aliases import alias_counts
from ..columns import Field
from ..models import Address, BulkRow, BulkRun, EmailAccount, PasswordPolicy, Tally
from ..preview import Existing, Judge, Row, RowAction, RowOutcome, RowVerdict, TableMode, Way
from ..tables import CELL, plain, read_as
from ..vault import Vault
from ..writing import update_each

ROW_STATES = {
    RowOutcome.GOOD: BulkRow.State.GOOD,
    RowOutcome.ALREADY: BulkRow.State.ALREADY,
    RowOutcome.BAD: BulkRow.State.BAD,
}
BATCH = 500  # rows that are read and written together
JUDGED = [  # the columns of a row that a verdict fills
    *("state", "address", "first_name", "last_name", "display_name", "contact", "slot", "action", "changes"),
    *("password_from", "suggested", "faults", "advice", "account", "mailbox_id", "aliases"),
]


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
        mode=TableMode(run.mode),
        change_passwords=run.change_passwords,
        slot_domain=settings.SLOT_DOMAIN,
    )


def existing_of(service_id: int, rows: Sequence[Row], domains: Container[str]) -> dict[str, Existing]:
    """Who has the addresses and aliases of these rows; only domains of the service are looked at."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name, domain in ((row.name, row.domain), *row.aliases):
            if domain in domains:
                wanted[domain].add(name)
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
        "account__slot_token",
        "account__id",
        "account__mailbox_id",
        "alias__account_id",
        "alias__account__service_id",
        "group__service_id",
    )
    existing = {}
    for (
        local_part,
        domain,
        owner_id,
        first,
        last,
        display,
        slot,
        account_id,
        mailbox_id,
        alias_of,
        of_alias,
        of_group,
    ) in found:
        existing[f"{local_part}@{domain}"] = Existing(
            service_id in (owner_id, of_alias, of_group),
            first_name=first or "",
            last_name=last or "",
            display_name=display or "",
            slot=slot or "",
            account_id=account_id,
            mailbox_id=mailbox_id,
            alias_of=alias_of,
            group=of_group is not None,
        )
    return _with_counts(existing) if any(row.aliases for row in rows) else existing


def _with_counts(existing: Mapping[str, Existing]) -> dict[str, Existing]:
    """Each account with how many aliases it has."""
    ids = [each.account_id for each in existing.values() if each.account_id]
    have = alias_counts(ids)
    return {key: replace(each, aliases=have.get(each.account_id or 0, 0)) for key, each in existing.items()}


def slots_of(service_id: int, judge: Judge, rows: Sequence[Row]) -> dict[str, str]:
    """Of the slots that these rows name: token → the address that it was configured as, "" while it is free."""
    tokens = {judge.slot_of(row) for row in rows} - {""}
    if not tokens:
        return {}
    found = EmailAccount.objects.filter(service_id=service_id, slot_token__in=tokens)
    return {
        token: "" if state == EmailAccount.State.SLOT else address
        for token, state, address in found.values_list("slot_token", "state", "address_key")
    }


class Checker:
    """Judges a table in its order and counts."""

    def __init__(self, run: BulkRun, *, slots_promised: int = 0) -> None:
        self.run = run
        self._judge = judge_of(run, slots_promised=slots_promised)
        self.seen, self.seen_slots = self._judge.seen, self._judge.seen_slots
        self.total = self.bad = self.already = 0
        self._accounts: dict[str, Existing] = {}  # of the rows that were judged last

    def judge(self, rows: Sequence[Row]) -> list[RowVerdict]:
        self._accounts = existing = existing_of(self.run.service_id, rows, self._judge.domains)
        slots = slots_of(self.run.service_id, self._judge, rows)
        verdicts = [self._judge.judge(row, existing.get(row.address), slots, existing) for row in rows]
        self.total += len(verdicts)
        self.bad += sum(verdict.outcome is RowOutcome.BAD for verdict in verdicts)
        self.already += sum(verdict.outcome is RowOutcome.ALREADY for verdict in verdicts)
        return verdicts

    def columns_of(self, row: Row, verdict: RowVerdict) -> dict[str, Any]:
        """What a `BulkRow` keeps of a row that was just judged, and of its verdict. Never the password."""
        existing = self._accounts.get(row.address) if verdict.action is RowAction.UPDATE else None
        first, last, display = verdict.names or row.names
        return {
            "state": ROW_STATES[verdict.outcome],
            "address": row.address[:320],
            "first_name": first[:64],
            "last_name": last[:64],
            "display_name": display[:64],
            "contact": row.contact[:320],
            "slot": row.slot[:32],
            "aliases": list(verdict.aliases),
            "action": str(verdict.action),
            "changes": [[str(change.field), change.old, change.new] for change in verdict.changes],
            "password_from": str(verdict.password or ""),
            "suggested": any("suggestion" in fault.facts for fault in verdict.faults),
            "faults": [[str(fault.code), str(fault.field), dict(fault.facts)] for fault in verdict.faults],
            "advice": self._advice(row, verdict),
            "account_id": existing.account_id if existing else None,
            "mailbox_id": existing.mailbox_id if existing else None,
        }

    @staticmethod
    def _advice(row: Row, verdict: RowVerdict) -> list[Any]:
        """Codes, or [code, field, facts]. The display name of an account that is there is never composed."""
        kept = verdict.action is RowAction.UPDATE
        told = [each for each in row.remarks if not (kept and each.code == remarks.COMPOSED_LONG)]
        codes = map(str, (*row.advice, *verdict.advice))
        return [*codes, *([str(each.code), str(each.field), dict(each.facts)] for each in told)]


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
    given = BulkRow.objects.filter(run=run, state=BulkRow.State.GOOD, password_from=BulkRow.PasswordFrom.FILE)
    good = given.values_list("cells", "address", "display_name")
    for sealed, address, display_name in good.iterator(BATCH):
        password = read_as("".join(vault.open_cells(sealed)[column : column + 1]))
        names = (address.partition("@")[0], display_name)
        if not preview.asked_to_generate(password) and passwords.broken(password, names, policy):
            return True
    return False


def set_mode(run: BulkRun, mode: str, *, change_passwords: bool) -> None:
    """What the table is for, chosen with its columns."""
    run.mode = mode if mode in BulkRun.Mode else BulkRun.Mode.CONFIGURE
    run.change_passwords = change_passwords
    BulkRun.objects.filter(pk=run.pk, state=BulkRun.State.COLUMNS).update(
        mode=run.mode, change_passwords=run.change_passwords
    )


def _previewed(run: BulkRun) -> BulkRun:
    """The run, locked, while its rows can be changed."""
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state != BulkRun.State.PREVIEW or not run.columns:
        raise Refused("wrong-state", _("The run has started: its rows can no longer be changed."))
    return run


def mend(run: BulkRun, number: int, field: Field, value: str) -> BulkRow:
    """Put `value` into a cell of a row that is not applied yet, and judge what that touches again."""
    return edit(run, number, {field: value})


@transaction.atomic
def edit(run: BulkRun, number: int, values: Mapping[Field, str]) -> BulkRow:
    """Put these values into the cells of a row that is not applied yet, and judge what that touches again."""
    run = _previewed(run)
    row = BulkRow.objects.get(run=run, number=number)
    if row.unread:
        raise Refused(
            "unread", _("No cell of this row can be trusted: correct the row in the file and upload it again.")
        )
    vault = Vault(run.key)
    before = _seen_of(row)
    row.cells = vault.seal_cells(_with_cells(run, vault.open_cells(row.cells), values))
    row.save(update_fields=["cells"])
    _judge_again(run, row, vault)
    _judge_neighbours(run, row, before | _seen_of(row), vault)
    _recount(run)
    return row


def _with_cells(run: BulkRun, cells: list[str], values: Mapping[Field, str]) -> list[str]:
    fields = [Field(name) for name in run.columns]
    cells = cells + [""] * (len(fields) - len(cells))
    for field, value in values.items():
        if field not in fields or field is Field.IGNORE:
            raise Refused("columns", _("The table has no such column."))
        cells[fields.index(field)] = value[: CELL + 1].replace("\0", "\1")
    return cells


@transaction.atomic
def leave_out(run: BulkRun, number: int, *, out: bool) -> None:
    """Leave a row out of the run, or take it in again."""
    run = _previewed(run)
    row = BulkRow.objects.get(run=run, number=number)
    vault = Vault(run.key)
    if out:
        row.state = BulkRow.State.LEFT_OUT
        row.save(update_fields=["state"])
    elif row.state == BulkRow.State.LEFT_OUT:
        _judge_again(run, row, vault)
    _judge_neighbours(run, row, _seen_of(row), vault)
    _recount(run)


@dataclass(frozen=True, slots=True)
class Suggested:
    """A cell that a suggestion would change."""

    number: int
    field: Field
    old: str
    new: str
    faults: list[list[Any]]  # why


def suggested(run: BulkRun, at_most: int | None = None) -> list[Suggested]:
    """What accepting every suggestion would do, in the order of the rows."""
    vault = Vault(run.key)
    rows = BulkRow.objects.filter(run=run, suggested=True, state=BulkRow.State.BAD).order_by("number")[:at_most]
    found = []
    for row in rows.iterator(BATCH):
        cells = preview.cells_of(vault.open_cells(row.cells), [Field(name) for name in run.columns])
        for field, new in suggestions_of(run, row):
            why = [fault for fault in row.faults if column_of(run, Field(fault[1])) is field]
            found.append(Suggested(row.number, field, plain(cells.get(field, "")), new, why))
    return found


def suggestions_of(run: BulkRun, row: BulkRow) -> list[tuple[Field, str]]:
    """(column, what it should say) of the faults of a row that have a suggestion."""
    better: dict[Field, str] = {}
    for _code, name, facts in row.faults:
        if "suggestion" in facts:
            better[column_of(run, Field(name))] = str(facts["suggestion"])  # the last one knows the most
    return [(field, value) for field, value in better.items() if field in run.columns]


def column_of(run: BulkRun, field: Field) -> Field:
    """The column of the table that holds `field`: an address may stand in the column of account names."""
    if field is Field.ADDRESS and field not in run.columns and Field.NAME in run.columns:
        return Field.NAME
    return field


@transaction.atomic
def accept_suggestions(run: BulkRun) -> int:
    """Put every suggestion into its cell, then judge all rows again. Returns how many rows were changed."""
    run = _previewed(run)
    vault, last, count = Vault(run.key), -1, 0
    rows = BulkRow.objects.filter(run=run, suggested=True, state=BulkRow.State.BAD).order_by("number")
    while kept := list(rows.filter(number__gt=last)[:BATCH]):
        last = kept[-1].number
        for row in kept:
            values = dict(suggestions_of(run, row))
            row.cells = vault.seal_cells(_with_cells(run, vault.open_cells(row.cells), values))
        update_each(kept, ["cells"])
        count += len(kept)
    _judge_all(run, vault)
    return count


@transaction.atomic
def check_again(run: BulkRun) -> None:
    """Judge every row of a preview against the state as it is now."""
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state == BulkRun.State.PREVIEW and run.columns:
        _judge_all(run, Vault(run.key))


@transaction.atomic
def change_their_passwords(run: BulkRun) -> None:
    """Set the passwords of the table for accounts that are there already, too."""
    run = _previewed(run)
    run.change_passwords = True
    run.save(update_fields=["change_passwords"])
    _judge_all(run, Vault(run.key))


def _judge_all(run: BulkRun, vault: Vault) -> None:
    checker = Checker(run)
    last = -1
    rows = BulkRow.objects.filter(run=run).exclude(state=BulkRow.State.LEFT_OUT).order_by("number")
    while kept := list(rows.filter(number__gt=last)[:BATCH]):
        last = kept[-1].number
        parsed = [row_of(run, row, vault) for row in kept]
        changed = []
        for row, values, verdict in zip(kept, parsed, checker.judge(parsed), strict=True):
            columns = checker.columns_of(values, verdict)
            if any(getattr(row, name) != value for name, value in columns.items()):
                changed.append(row)
            for name, value in columns.items():
                setattr(row, name, value)
        update_each(changed, JUDGED)
    _recount(run)


def _seen_of(row: BulkRow) -> set[tuple[str, str]]:
    """What another row may not name, too."""
    return {("address", row.address), ("slot", row.slot)} - {("address", ""), ("slot", "")}


def _judge_neighbours(run: BulkRun, row: BulkRow, seen: set[tuple[str, str]], vault: Vault) -> None:
    """Judge the other rows that name the same address or slot again: the first one counts."""
    for name, value in seen:
        others = BulkRow.objects.filter(run=run, **{name: value}).exclude(pk=row.pk)
        for other in others.exclude(state=BulkRow.State.LEFT_OUT).order_by("number"):
            _judge_again(run, other, vault)


def _judge_again(run: BulkRun, row: BulkRow, vault: Vault) -> None:
    others = BulkRow.objects.filter(run=run).exclude(pk=row.pk).exclude(state=BulkRow.State.LEFT_OUT)
    promised = others.filter(state=BulkRow.State.GOOD, action=BulkRow.Action.CONFIGURE).count()
    checker = Checker(run, slots_promised=promised)
    values = row_of(run, row, vault)
    for name, value, seen in (
        ("address", values.address, checker.seen),
        ("slot", values.slot, checker.seen_slots),
    ):
        first = others.filter(**{name: value}).aggregate(first=Min("number"))["first"] if value else None
        if first is not None and first < row.number:
            seen[value] = first
    (verdict,) = checker.judge([values])
    for name, value in checker.columns_of(values, verdict).items():
        setattr(row, name, value)
    row.save()


def _recount(run: BulkRun) -> None:
    counts = dict(BulkRow.objects.filter(run=run).values_list("state").annotate(count=Count("pk")).order_by())
    run.bad, run.already = counts.get(BulkRow.State.BAD, 0), counts.get(BulkRow.State.ALREADY, 0)
    run.left_out = counts.get(BulkRow.State.LEFT_OUT, 0)
    run.touched_at = timezone.now()
    run.save(update_fields=["bad", "already", "left_out", "touched_at"])


def passwords_from(run: BulkRun) -> dict[str, int]:
    """Of the good rows: where the password comes from → how many."""
    good = BulkRow.objects.filter(run=run, state=BulkRow.State.GOOD)
    return dict(good.values_list("password_from").annotate(count=Count("pk")).order_by())
