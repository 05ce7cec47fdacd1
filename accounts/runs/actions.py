"""What each kind of run does to its rows: passwords before, changes under the locks."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from panel.models import Service

from .. import batch, passwords, rules
from ..batch import Placement
from ..models import BulkRow, BulkRun, EmailAccount, PasswordLink, PasswordPolicy
from ..preview import Problem
from ..vault import Vault
from .checking import row_of

type Faults = dict[int, str]  # row id → code of why it was refused


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
    """row id → its password: from the file, generated, or one that nobody ever knows. Empty for kinds without."""
    if run.kind not in {BulkRun.Kind.CONFIGURE, BulkRun.Kind.PASSWORDS}:
        return {}
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


def apply(
    run: BulkRun, service: Service, rows: Sequence[BulkRow], prepared: Mapping[int, Prepared], now: datetime
) -> Faults:
    """Change the accounts. Rows that were done get their `account` and `mailbox_id`; the others are answered."""
    match run.kind:
        case BulkRun.Kind.CONFIGURE:
            return _configure(run, service, rows, prepared, now)
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
    placements = []
    for row in rows:
        name, _at, domain = row.address.partition("@")
        names = (row.first_name, row.last_name, row.display_name)
        placements.append(Placement(name, domain, *names, prepared[row.pk].password_hash))
    faults: Faults = {}
    for row, answer in zip(rows, batch.place(service, placements, now=now), strict=True):
        if isinstance(answer, Problem):
            faults[row.pk] = answer
        else:
            row.account, row.mailbox_id = answer, answer.mailbox_id
    _make_links(run, [row for row in rows if row.pk not in faults], prepared, now)
    return faults


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
            faults[row.pk] = rules.Rule.NAME_RESERVED
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
