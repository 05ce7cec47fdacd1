"""What a run gives back: results with what was generated, the table with its reasons, slips to print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from panel.models import User

from .. import columns
from ..columns import Field
from ..models import BulkRow, BulkRun
from ..models.runs import HANDED_OUT_WITHIN
from ..tables import csv_line, plain
from ..vault import Vault
from ..words import FIELDS, change_words, fault_words, place_words, remark_words

BATCH = 500
_UNKNOWN = (Field.PASSWORD, Field.IGNORE)  # not for the eyes of others
SECRET_STATES = (BulkRow.State.DONE,)


@dataclass(frozen=True, slots=True)
class RowResult:
    row: BulkRow
    secret: str = ""  # a generated password, or the address of the link to set one


def rows_of(run: BulkRun, *, only_bad: bool = False) -> Iterator[BulkRow]:
    """All rows in their order, a batch at a time; what was left out is no part of what the run gives back."""
    last = -1
    rows = BulkRow.objects.filter(run=run).exclude(state=BulkRow.State.LEFT_OUT).order_by("number")
    if only_bad:
        rows = rows.filter(state__in=[BulkRow.State.BAD, BulkRow.State.REFUSED])
    while batch := list(rows.filter(number__gt=last)[:BATCH]):
        last = batch[-1].number
        yield from batch


def reasons(row: BulkRow) -> list[str]:
    """Why a row is bad, each reason with the column to mend, in the reader's language."""
    return [f"{place_words(field)}: {fault_words(code, facts)}" for code, field, facts in row.faults]


def remarks(row: BulkRow) -> list[str]:
    """What else is to be said of a row: advice, and what an update changes."""
    return [*map(remark_words, row.advice), *map(change_words, row.changes)]


def suggestions(row: BulkRow) -> str:
    """What the cells at fault probably should say; the column is named where there are several."""
    better = {field: str(facts["suggestion"]) for _code, field, facts in row.faults if "suggestion" in facts}
    if len(better) == 1:
        return next(iter(better.values()))
    return "; ".join(f"{FIELDS[field]}: {text}" for field, text in better.items())


def to_hand_out(run: BulkRun) -> bool:
    """Whether there are generated passwords or links to be had: as soon as the run is over, or was stopped."""
    ready = run.is_over or run.state == BulkRun.State.STOPPED
    if not ready or not run.key or run.way == BulkRun.Way.MAIL:
        return False
    return BulkRow.objects.filter(run=run, state__in=SECRET_STATES).exclude(secret=b"").exists()


def may_hand_out_to(run: BulkRun, user: User) -> bool:
    """Only whoever ran it; what the command line ran, only staff."""
    return run.by_id == user.pk if run.by_id else user.is_staff


def results_of(run: BulkRun) -> list[RowResult]:
    """Every row, with its secret while there is one."""
    vault = Vault(run.key) if to_hand_out(run) else None
    return [RowResult(row, _secret_of(run, row, vault)) for row in rows_of(run)]


def hand_out(run: BulkRun) -> list[RowResult]:
    """Every row, with its secret: as often as it is asked for, until the secrets are discarded or their day is over."""
    results = results_of(run)
    mark_handed_out(run)
    return results


def mark_handed_out(run: BulkRun) -> None:
    if to_hand_out(run):
        BulkRun.objects.filter(pk=run.pk, handed_out_at=None).update(handed_out_at=timezone.now())


@transaction.atomic
def discard(run: BulkRun) -> None:
    """The secrets are with their person: forget them. A run that was stopped can still go on."""
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if not to_hand_out(run):
        return
    if run.is_over:
        forget_secrets(run)
    else:
        BulkRow.objects.filter(run=run, state__in=SECRET_STATES).exclude(secret=b"").update(secret=b"")
    BulkRun.objects.filter(pk=run.pk, handed_out_at=None).update(handed_out_at=timezone.now())


def kept_until(run: BulkRun) -> datetime:
    """When the generated passwords are gone by themselves."""
    return (run.finished_at or run.touched_at) + HANDED_OUT_WITHIN


def _secret_of(run: BulkRun, row: BulkRow, vault: Vault | None) -> str:
    if vault is None or not row.secret or row.state not in SECRET_STATES:
        return ""
    secret = vault.open(row.secret).decode()
    return secret if run.way == BulkRun.Way.PASSWORDS else link_address(secret)


def link_address(token: str) -> str:
    return settings.PUBLIC_URL + reverse("accounts:set_password", args=[token])


def forget_secrets(run: BulkRun) -> None:
    """Erase everything that the run's key protects, and the key. Mailed links go with their mail."""
    BulkRow.objects.filter(run=run).exclude(secret=b"").update(secret=b"")
    BulkRow.objects.filter(run=run).exclude(cells=b"").update(cells=b"")
    BulkRun.objects.filter(pk=run.pk).update(key="", source=b"")
    run.key = ""


def forgettable() -> list[BulkRun]:
    """Runs whose day is over and that still hold secrets."""
    before = timezone.now() - HANDED_OUT_WITHIN
    return list(BulkRun.objects.filter(finished_at__lt=before).exclude(key=""))


def results_csv(run: BulkRun, results: Iterable[RowResult]) -> Iterator[str]:
    """One line for each row, as a mail merge wants it: line, address, names, contact, status, reason, suggestion, and
    last the password or link where one was generated."""
    told = _("Password") if run.way == BulkRun.Way.PASSWORDS else _("Link")
    names = [FIELDS[field] for field in (Field.FIRST_NAME, Field.LAST_NAME, Field.DISPLAY_NAME, Field.CONTACT)]
    slot = [str(FIELDS[Field.SLOT])] if Field.SLOT in run.columns else []
    aliases = [str(FIELDS[Field.ALIASES])] if Field.ALIASES in run.columns else []
    said = [_("Status"), _("Reason"), _("Suggestion"), told]
    heads = [_("Line"), _("Address"), *map(str, names), *slot, *aliases, *said]
    yield "\ufeff" + csv_line(heads)
    for result in results:
        row = result.row
        known = [str(row.number), row.address, row.first_name, row.last_name, row.display_name, row.contact]
        known += [*([row.slot] if slot else []), *(["; ".join(row.aliases)] if aliases else [])]
        yield csv_line([*known, *_said(row), result.secret])


def _said(row: BulkRow) -> list[str]:
    """Status, reason and suggestion."""
    return [str(BulkRow.State(row.state).label), " ".join([*reasons(row), *remarks(row)]), suggestions(row)]


def table_with_reasons(run: BulkRun, *, passwords: bool, only_bad: bool = False) -> Iterator[list[str]]:
    """The uploaded table with a status, a reason and a suggestion for each row, ready to be put right and uploaded
    again: its headings, then its rows.

    `passwords`: with the passwords that it came with, for the person who uploaded it.
    """
    fields = [Field(field) for field in run.columns]
    added = columns.ours(run.heading)
    keep = [index for index in range(len(fields)) if index not in added]
    heading = run.heading or [_HEADINGS.get(field, "") for field in fields]
    heading = list(heading) + [""] * (len(fields) - len(heading))
    yield [*(heading[index] for index in keep), columns.STATUS, columns.REASON, columns.SUGGESTION]
    vault = Vault(run.key) if run.key else None
    for row in rows_of(run, only_bad=only_bad):
        cells = _cells_of(row, fields, vault)
        if not passwords:
            # a column that was ignored may hold passwords, too
            cells = ["" if field in _UNKNOWN else cell for field, cell in zip(fields, cells, strict=True)]
        yield [*(cells[index] for index in keep), *_said(row)]


def as_csv(rows: Iterable[list[str]], delimiter: str) -> Iterator[str]:
    for number, cells in enumerate(rows):
        yield ("" if number else "\ufeff") + csv_line(cells, delimiter or ",")


_HEADINGS = {
    Field.ADDRESS: "E-mail address",
    Field.NAME: "Account name",
    Field.DOMAIN: "Domain",
    Field.FIRST_NAME: "First name",
    Field.LAST_NAME: "Last name",
    Field.DISPLAY_NAME: "Display name",
    Field.PASSWORD: "Password",
    Field.CONTACT: "Contact address",
    Field.SLOT: "Account to configure",
    Field.ALIASES: "Aliases",
}


def _cells_of(row: BulkRow, fields: list[Field], vault: Vault | None) -> list[str]:
    """The cells as uploaded; once they are erased, what the row still knows."""
    if row.cells and vault:
        cells = [plain(cell) for cell in vault.open_cells(row.cells)]
        return (cells + [""] * len(fields))[: len(fields)]
    name, _at, domain = row.address.partition("@")
    known = {
        Field.ADDRESS: row.address,
        Field.NAME: name,
        Field.DOMAIN: domain,
        Field.FIRST_NAME: row.first_name,
        Field.LAST_NAME: row.last_name,
        Field.DISPLAY_NAME: row.display_name,
        Field.CONTACT: row.contact,
        Field.SLOT: row.slot,
        Field.ALIASES: "; ".join(row.aliases),
    }
    return [known.get(field, "") for field in fields]
