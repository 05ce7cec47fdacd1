"""What a run gives back: results with what was generated (once), the table with its reasons, slips to print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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
from ..words import fault_words, place_words

BATCH = 500
_UNKNOWN = (Field.PASSWORD, Field.IGNORE)  # not for the eyes of others
SECRET_STATES = (BulkRow.State.DONE,)


@dataclass(frozen=True, slots=True)
class Result:
    row: BulkRow
    secret: str = ""  # a generated password, or the address of the link to set one


def rows_of(run: BulkRun, *, only_bad: bool = False) -> Iterator[BulkRow]:
    """All rows in their order, a batch at a time."""
    last = -1
    rows = BulkRow.objects.filter(run=run).order_by("number")
    if only_bad:
        rows = rows.filter(state__in=[BulkRow.State.BAD, BulkRow.State.REFUSED])
    while batch := list(rows.filter(number__gt=last)[:BATCH]):
        last = batch[-1].number
        yield from batch


def reasons(row: BulkRow) -> list[str]:
    """Why a row is bad, each reason with the column to mend, in the reader's language."""
    return [f"{place_words(field)}: {fault_words(code, facts)}" for code, field, facts in row.faults]


def to_hand_out(run: BulkRun) -> bool:
    """Whether there are generated passwords or links that nobody fetched yet."""
    if not run.is_over or not run.key or run.handed_out_at or run.way == BulkRun.Way.MAIL:
        return False
    return BulkRow.objects.filter(run=run, state__in=SECRET_STATES).exclude(secret=b"").exists()


def may_hand_out_to(run: BulkRun, user: User) -> bool:
    """Only whoever ran it; what the command line ran, only staff."""
    return run.by_id == user.pk if run.by_id else user.is_staff


def results_of(run: BulkRun) -> list[Result]:
    """Every row, with its secret where nobody fetched it yet."""
    vault = Vault(run.key) if to_hand_out(run) else None
    return [Result(row, _secret_of(run, row, vault)) for row in rows_of(run)]


@transaction.atomic
def hand_out(run: BulkRun) -> list[Result]:
    """Every row, with its secret this one time; afterwards the secrets and the run's key are gone."""
    run = BulkRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    results = results_of(run)
    close_hand_out(run)
    return results


def close_hand_out(run: BulkRun) -> None:
    """The secrets are with their person: forget them."""
    if to_hand_out(run):
        BulkRun.objects.filter(pk=run.pk).update(handed_out_at=timezone.now())
        forget_secrets(run)


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


def results_csv(run: BulkRun, results: list[Result]) -> Iterator[str]:
    """One line for each row: line, address, status, reason, and the password or link where one was generated."""
    told = _("Password") if run.way == BulkRun.Way.PASSWORDS else _("Link to set the password")
    yield "\ufeff" + csv_line([_("Line"), _("Address"), _("Status"), _("Reason"), told])
    for result in results:
        row = result.row
        status = str(BulkRow.State(row.state).label)
        yield csv_line([str(row.number), row.address, status, " ".join(reasons(row)), result.secret])


def table_with_reasons(run: BulkRun, *, passwords: bool, only_bad: bool = False) -> Iterator[str]:
    """The uploaded table with a status and a reason for each row, ready to be mended and uploaded again.

    `passwords`: with the passwords that it came with, for the person who uploaded it.
    """
    fields = [Field(field) for field in run.columns]
    keep = len(fields) - (2 if columns.came_from_us(run.heading) else 0)
    delimiter = run.delimiter or ","
    heading = run.heading or [_HEADINGS.get(field, "") for field in fields]
    heading = (list(heading) + [""] * keep)[:keep]
    yield "\ufeff" + csv_line([*heading, columns.STATUS, columns.REASON], delimiter)
    vault = Vault(run.key) if run.key else None
    for row in rows_of(run, only_bad=only_bad):
        cells = _cells_of(row, fields, vault)
        if not passwords:
            # a column that was ignored may hold passwords, too
            cells = ["" if field in _UNKNOWN else cell for field, cell in zip(fields, cells, strict=True)]
        status = str(BulkRow.State(row.state).label)
        yield csv_line([*cells[:keep], status, " ".join(reasons(row))], delimiter)


_HEADINGS = {
    Field.ADDRESS: "E-mail address",
    Field.NAME: "Account name",
    Field.DOMAIN: "Domain",
    Field.FIRST_NAME: "First name",
    Field.LAST_NAME: "Last name",
    Field.DISPLAY_NAME: "Display name",
    Field.PASSWORD: "Password",
    Field.CONTACT: "Contact address",
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
    }
    return [known.get(field, "") for field in fields]
