"""What each kind of run does to its rows: passwords before, changes under the locks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from panel.models import Service

from .. import aliases, batch, passwords, rules
from ..batch import Placement
from ..columns import Field
from ..models import BulkRow, BulkRun, EmailAccount, PasswordLink, PasswordPolicy
from ..preview import RowProblem
from ..vault import Vault
from ..writing import update_each
from .checking import row_of

type Faults = dict[int, str]  # row id → code of why it was refused
ALREADY = "already"  # among faults: nothing was to do any more
Action = BulkRow.Action


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was made for a row: a hash, and what its person is to be told (a password or a link's token)."""

    password_hash: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Plain:
    """A password that is about to be hashed, in memory only, and what its person is to be told."""

    password: str
    told: str = ""


def passwords_for(run: BulkRun, rows: Sequence[BulkRow]) -> dict[int, Plain]:
    """row id → its password: from the file, generated, or one that nobody ever knows.

    Empty for kinds without; no password is made for a row that updates an account.
    """
    if run.kind not in {BulkRun.Kind.CONFIGURE, BulkRun.Kind.PASSWORDS}:
        return {}
    rows = [row for row in rows if row.action == Action.CONFIGURE or _changes_password(row)]
    if run.way != BulkRun.Way.PASSWORDS:
        return {row.pk: Plain(secrets.token_urlsafe(32), PasswordLink.new_token()) for row in rows}
    vault, policy = Vault(run.key), PasswordPolicy.of(run.service_id)
    plain = {}
    for row in rows:
        given = row_of(run, row, vault).password if run.kind == BulkRun.Kind.CONFIGURE else ""
        names = (row.address.partition("@")[0], row.display_name)
        made = "" if given else passwords.generate(names, policy)
        plain[row.pk] = Plain(given or made, made)
    return plain


def _changes_password(row: BulkRow) -> bool:
    return any(name == Field.PASSWORD for name, _old, _new in row.changes)


def apply(
    run: BulkRun, service: Service, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime
) -> Faults:
    """Change the accounts. Rows that were done get their `account` and `mailbox_id`; the others are answered."""
    match run.kind:
        case BulkRun.Kind.CONFIGURE:
            new = [row for row in rows if row.action == Action.CONFIGURE]
            there = [row for row in rows if row.action == Action.UPDATE]
            return _configure(run, service, new, prepared, now) | _update(service, there, prepared, now)
        case BulkRun.Kind.PASSWORDS:
            return _new_passwords(run, service, rows, prepared, now)
        case BulkRun.Kind.MOVE:
            return _move(run, service, rows, now)
        case BulkRun.Kind.UNDO:
            return _undo(service, rows, now)
        case BulkRun.Kind.SUSPEND:
            return _change(service, rows, batch.suspend, now)
        case BulkRun.Kind.RESUME:
            return _change(service, rows, batch.resume, now)
        case _:
            return _change(service, rows, batch.reset, now)


def _configure(
    run: BulkRun, service: Service, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime
) -> Faults:
    named = [row for row in rows if row.slot]
    slots = {slot.slot_token: slot for slot in _free(service, [row.slot for row in named])}
    faults: Faults = {row.pk: RowProblem.SLOT_GONE for row in named if row.slot not in slots}
    faults |= _without_aliases(service, rows)
    named = [row for row in named if row.pk not in faults]
    unnamed = [row for row in rows if not row.slot and row.pk not in faults]
    placed = batch.place(
        service, [_placement(row, prepared) for row in named], now=now, slots=[slots[row.slot] for row in named]
    )
    spare = _named_slots(run) if Field.SLOT in run.columns else None
    placed += batch.place(service, [_placement(row, prepared) for row in unnamed], now=now, spare=spare)
    for row, answer in zip([*named, *unnamed], placed, strict=True):
        if isinstance(answer, RowProblem):
            faults[row.pk] = answer
        else:
            row.account, row.mailbox_id = answer, answer.mailbox_id
    _add_aliases(service, [(row, row.account) for row in rows if row.account and row.pk not in faults], now)
    faults |= _configured_alike(service, rows, faults)
    _make_links(run, [row for row in rows if row.pk not in faults], prepared, now)
    return faults


def _without_aliases(service: Service, rows: Sequence[BulkRow]) -> Faults:
    """Rows whose aliases cannot be had any more: what stands in a row is done, or nothing of it. The rows' own
    addresses are nobody's aliases, either."""
    ours = {row.address: row.pk for row in rows}
    wanted = {row.pk: aliases.pairs_of(row.aliases) for row in rows if row.aliases}
    lost = aliases.lost(service, wanted)
    lost |= {pk for pk, pairs in wanted.items() if any(ours.get(f"{n}@{d}", pk) != pk for n, d in pairs)}
    return dict.fromkeys(lost, RowProblem.ALIAS_GONE)


def _add_aliases(service: Service, rows: Sequence[tuple[BulkRow, EmailAccount]], now: datetime) -> None:
    wanted = {account.pk: aliases.pairs_of(row.aliases) for row, account in rows if row.aliases}
    aliases.add_to_each(service, wanted, now)


def _placement(row: BulkRow, prepared: Mapping[int, Prepared]) -> Placement:
    name, _at, domain = row.address.partition("@")
    return Placement(
        name=name,
        domain=domain,
        first_name=row.first_name,
        last_name=row.last_name,
        display_name=row.display_name,
        password_hash=prepared[row.pk].password_hash,
    )


def _free(service: Service, tokens: Sequence[str]) -> QuerySet[EmailAccount]:
    return EmailAccount.objects.filter(service=service, slot_token__in=tokens, state=EmailAccount.State.SLOT)


def _named_slots(run: BulkRun) -> QuerySet[BulkRow, str]:
    """Slots that rows of the run name, and that no other row may take."""
    waiting = [BulkRow.State.GOOD, BulkRow.State.HASHED]
    return BulkRow.objects.filter(run=run, state__in=waiting).exclude(slot="").values_list("slot", flat=True)


def _configured_alike(service: Service, rows: Sequence[BulkRow], faults: Faults) -> Faults:
    """Of the rows whose address is taken: those whose account is meanwhile as the row says (the file was uploaded
    twice, or two people had the same list)."""
    taken = {row.address: row for row in rows if faults.get(row.pk) in {RowProblem.ADDRESS_TAKEN, RowProblem.SLOT_GONE}}
    accounts = EmailAccount.objects.filter(service=service, address_key__in=taken).exclude(
        state=EmailAccount.State.SLOT
    )
    return {
        row.pk: ALREADY
        for account in accounts
        for row in [taken[account.address_key]]
        if (account.first_name, account.last_name, account.display_name)
        == (row.first_name, row.last_name, row.display_name)
        and row.slot in ("", account.slot_token)
    }


def _update(service: Service, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime) -> Faults:
    """Change names and passwords of accounts that are as the preview showed them."""
    same = _unchanged(service, rows)
    gone = _without_aliases(service, rows)
    accounts = {a.pk: a for a in EmailAccount.objects.filter(pk__in=same.values())}
    done: dict[int, EmailAccount] = {}
    for row in rows:
        account = accounts.get(same.get(row.pk, 0))
        names = [change for change in row.changes if change[0] in batch.NAME_FIELDS]
        if account is None or row.pk in gone or any(getattr(account, name) != old for name, old, _new in names):
            continue
        for name, _old, new in names:
            setattr(account, name, new)
        account.changed_at = now
        account.version += 1
        account.set_keys(account.address_key)
        done[row.pk] = account
    update_each(list(done.values()), [*batch.NAME_FIELDS, *batch.KEY_FIELDS, "changed_at", "version"])
    hashes = {done[row.pk].pk: prepared[row.pk].password_hash for row in rows if row.pk in done and row.pk in prepared}
    batch.set_passwords(service, {pk: made for pk, made in hashes.items() if made}, now)
    _add_aliases(service, [(row, done[row.pk]) for row in rows if row.pk in done], now)
    return {row.pk: gone.get(row.pk, "wrong-state") for row in rows if row.pk not in done}


def _new_passwords(
    run: BulkRun, service: Service, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime
) -> Faults:
    same = _unchanged(service, rows)
    done = batch.set_passwords(
        service, {same[row.pk]: prepared[row.pk].password_hash for row in rows if row.pk in same}, now
    )
    faults = {row.pk: "wrong-state" for row in rows if row.account_id not in done}
    _make_links(run, [row for row in rows if row.pk not in faults], prepared, now)
    return faults


def _make_links(run: BulkRun, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime) -> None:
    if run.way == BulkRun.Way.PASSWORDS:
        return
    PasswordLink.objects.bulk_create(
        PasswordLink(
            account_id=row.account_id,
            digest=PasswordLink.digest_of(prepared[row.pk].secret),
            mailbox_id=row.mailbox_id,
            created_at=now,
            expires_at=PasswordLink.expiry(now),
        )
        for row in rows
        if row.account_id and row.mailbox_id
    )


def _move(run: BulkRun, service: Service, rows: Sequence[BulkRow], now: datetime) -> Faults:
    same = _unchanged(service, rows)
    accounts = {a.pk: a for a in EmailAccount.objects.filter(pk__in=same.values()).select_related("address")}
    target = run.target.name.name if run.target else ""
    moves, faults = [], {row.pk: "wrong-state" for row in rows if row.pk not in same}
    for row in rows:
        if row.pk not in same:
            continue
        account = accounts[same[row.pk]]
        name = account.address.local_part if account.address else ""
        if name in rules.RESERVED and not run.by_owner:
            faults[row.pk] = rules.NameRule.NAME_RESERVED
        else:
            moves.append((row, account, name))
    answers = batch.readdress(service, [(account, name, target) for _row, account, name in moves], now=now)
    for (row, _account, _name), problem in zip(moves, answers, strict=True):
        if problem:
            faults[row.pk] = problem
    return faults


def _undo(service: Service, rows: Sequence[BulkRow], now: datetime) -> Faults:
    """Only accounts that are as the run left them: nobody loses work that was done since."""
    accounts = {a.pk: a for a in EmailAccount.objects.filter(service=service, pk__in=[r.account_id for r in rows])}
    same = {}
    for row in rows:
        account = accounts.get(row.account_id or 0)
        if account and account.mailbox_id == row.mailbox_id and account.changed_at == row.changed_at:
            same[row.pk] = account
    batch.reset(service, list(same.values()), now)
    return {row.pk: "wrong-state" for row in rows if row.pk not in same}


def _change(
    service: Service,
    rows: Sequence[BulkRow],
    change: Callable[[Service, Sequence[EmailAccount], datetime], set[int]],
    now: datetime,
) -> Faults:
    same = _unchanged(service, rows)
    done = change(service, [EmailAccount(pk=pk) for pk in same.values()], now)
    return {row.pk: "wrong-state" for row in rows if row.account_id not in done}


def _unchanged(service: Service, rows: Sequence[BulkRow]) -> dict[int, int]:
    """row id → account id, of rows whose account is still the configuration that was selected."""
    found = dict(
        EmailAccount.objects.filter(service=service, pk__in=[row.account_id for row in rows]).values_list(
            "pk", "mailbox_id"
        )
    )
    return {
        row.pk: row.account_id
        for row in rows
        if row.account_id is not None and row.account_id in found and found[row.account_id] == row.mailbox_id
    }
