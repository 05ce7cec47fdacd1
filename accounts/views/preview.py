"""The preview of a table: what would happen to each row, and putting rows right before anything happens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.access import person
from panel.errors import Refused

from .. import preview
from ..access import run_for
from ..columns import Field
from ..models import BulkRow, BulkRun, Tally
from ..preview import RowAdvice, RowProblem
from ..runs import checking
from ..tables import plain
from ..vault import Vault
from ..words import FIELDS

PER_PAGE = 50
SUGGESTIONS_SHOWN = 200  # the others are in the table with the reasons
ADDRESS_FIELDS = (Field.ADDRESS, Field.NAME, Field.DOMAIN)  # what one column of the page shows
OF_DOMAINS = (RowProblem.DOMAIN_UNKNOWN, RowProblem.DOMAIN_PENDING)
FILTERS: dict[str, list[BulkRow.State]] = {
    "bad": [BulkRow.State.BAD],
    "out": [BulkRow.State.LEFT_OUT],
    "all": list(BulkRow.State),
}


@dataclass(frozen=True, slots=True)
class Input:
    """A cell at fault, to be edited where it stands."""

    field: Field
    value: str
    faults: list[list[Any]]
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A column of a row as the page shows it."""

    label: str
    text: str
    inputs: list[Input] = field(default_factory=list)
    mono: bool = False
    short: bool = False  # its words stay on one line

    @property
    def beside(self) -> str:
        """What is shown beside the inputs: the address that they make up, where a password comes from."""
        return "" if any(each.value == self.text for each in self.inputs) else self.text


@dataclass(frozen=True, slots=True)
class Shown:
    row: BulkRow
    cells: list[Cell]
    faults: list[list[Any]]  # of fields that the table has no column for


@dataclass(frozen=True, slots=True)
class Pages:
    number: int
    last: int

    @property
    def previous(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        return self.number + 1 if self.number < self.last else None


def show_preview(request: HttpRequest, run: BulkRun, *, partial: bool = False) -> HttpResponse:
    """What would happen to each row."""
    asked = request.GET.get("rows", "")
    only = asked if asked in FILTERS else "bad" if run.bad else "all"
    rows, pages = _page(request, run, only)
    is_table = run.kind == BulkRun.Kind.CONFIGURE
    vault = Vault(run.key) if run.key and is_table else None
    context = {
        "service": run.service,
        "tab": "accounts",
        "run": run,
        "rows": [_shown(run, row, vault) for row in rows],
        "heads": _heads(run),
        "pages": pages,
        "only": only,
        "free": Tally.of(run.service_id)["slot"],
        "step": "preview",
        "mine": run.by_id == person(request).pk,
    }
    if is_table:
        counts = checking.passwords_from(run)
        context["passwords"] = [
            (label, counts[value]) for value, label in BulkRow.PasswordFrom.choices if value in counts
        ]
        context["suggested"] = _suggested(run).count() if run.bad else 0
        context["unset"] = 0 if run.change_passwords else _passwords_not_set(run).count()
    return render(request, f"accounts/bulk/preview.html{'#preview' if partial else ''}", context)


def _page(request: HttpRequest, run: BulkRun, only: str) -> tuple[list[BulkRow], Pages]:
    """The page that is asked for: by its number, or as the one that has the row of a number."""
    rows = BulkRow.objects.filter(run=run, state__in=FILTERS[only]).order_by("number")
    last = max(1, -(-rows.count() // PER_PAGE))
    number, row = _number(request, "page"), _number(request, "row")
    if row is not None:
        number = rows.filter(number__lt=row).count() // PER_PAGE + 1
    number = min(max(1, number or 1), last)
    found = rows.defer("password_hash", "secret")[(number - 1) * PER_PAGE : number * PER_PAGE]
    return list(found), Pages(number, last)


def _number(request: HttpRequest, name: str) -> int | None:
    text = request.GET.get(name, "")
    return int(text[:9]) if text.isascii() and text.isdigit() else None


def _suggested(run: BulkRun) -> QuerySet[BulkRow]:
    return BulkRow.objects.filter(run=run, suggested=True, state=BulkRow.State.BAD)


def _passwords_not_set(run: BulkRun) -> QuerySet[BulkRow]:
    """Rows of people who are there already, with a password that the run as it is does not set."""
    waiting = [BulkRow.State.ALREADY, BulkRow.State.GOOD]
    rows = BulkRow.objects.filter(run=run, state__in=waiting, password_from=BulkRow.PasswordFrom.KEPT)
    return rows.annotate(said=Cast("advice", TextField())).filter(said__contains=RowAdvice.PASSWORD_NOT_SET)


def _heads(run: BulkRun) -> list[str]:
    if run.kind != BulkRun.Kind.CONFIGURE:
        return [_("Address"), _("Name")]
    return [str(head) for head in (_("Address"), *(FIELDS[each] for each in _fields(run)))]


def _fields(run: BulkRun) -> list[Field]:
    """The columns beside the address: names and password always, what else the run needs."""
    extra = [Field.CONTACT] if run.way == BulkRun.Way.MAIL or Field.CONTACT in run.columns else []
    extra += [each for each in (Field.SLOT, Field.ALIASES) if each in run.columns]
    return [Field.FIRST_NAME, Field.LAST_NAME, Field.DISPLAY_NAME, Field.PASSWORD, *extra]


def _shown(run: BulkRun, row: BulkRow, vault: Vault | None) -> Shown:
    if vault is None:
        cells = [Cell(_("Address"), row.address, mono=True), Cell(_("Name"), row.display_name)]
        return Shown(row, cells, row.faults)
    values = preview.cells_of(vault.open_cells(row.cells), [Field(name) for name in run.columns]) if row.cells else {}
    inputs = _inputs(run, row, values)
    texts = {
        Field.FIRST_NAME: row.first_name,
        Field.LAST_NAME: row.last_name,
        Field.DISPLAY_NAME: row.display_name,
        Field.PASSWORD: BulkRow.PasswordFrom(row.password_from).label if row.password_from else "",
        Field.CONTACT: row.contact,
        Field.SLOT: row.slot,
        Field.ALIASES: "; ".join(row.aliases),
    }
    at_address = [each for each in inputs if each.field in ADDRESS_FIELDS]
    cells = [Cell(_("Address"), row.address or _written(values), at_address, mono=True)]
    for name in _fields(run):
        here = [each for each in inputs if each.field is name]
        cells.append(Cell(str(FIELDS[name]), str(texts[name]), here, short=name is Field.PASSWORD))
    editable = {each.field for each in inputs}
    elsewhere = [fault for fault in row.faults if _column(run, fault) not in editable]
    return Shown(row, cells, elsewhere)


def _column(run: BulkRun, fault: list[Any]) -> Field:
    """Where a fault is put right: a domain in a column of its own is edited there, not the name beside it."""
    field = Field(fault[1])
    if field is Field.ADDRESS and fault[0] in OF_DOMAINS and field not in run.columns and Field.DOMAIN in run.columns:
        return Field.DOMAIN
    return checking.column_of(run, field)


def _written(values: dict[Field, str]) -> str:
    """The address as the table has it, in one column or in two."""
    parts = [plain(values[field]) for field in (Field.NAME, Field.DOMAIN) if values.get(field)]
    return plain(values.get(Field.ADDRESS, "")) or "@".join(parts)


def _inputs(run: BulkRun, row: BulkRow, values: dict[Field, str]) -> list[Input]:
    """The cells that faults name and that the table has; a password is not shown."""
    if row.state != BulkRow.State.BAD or row.unread:
        return []
    faults: dict[Field, list[list[Any]]] = {}
    for fault in row.faults:
        faults.setdefault(_column(run, fault), []).append(fault)
    better = dict(checking.suggestions_of(run, row))
    return [
        Input(name, "" if name is Field.PASSWORD else plain(values[name]), found, better.get(name, ""))
        for name, found in faults.items()
        if name in values
    ]


def answered(request: HttpRequest, service_name: str, run_id: int, change: Callable[[BulkRun], object]) -> HttpResponse:
    """Do something to a preview and show it again: as a part where htmx asks, else by its page."""
    run = run_for(request.user, service_name, run_id)
    try:
        change(run)
    except BulkRow.DoesNotExist:
        raise Http404 from None
    except Refused as refused:
        messages.error(request, str(refused))
    if request.headers.get("HX-Request"):
        return show_preview(request, run_for(request.user, service_name, run_id), partial=True)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("accounts:run", args=[service_name, run_id]) + query)


@login_required
@require_POST
def leave_out(request: HttpRequest, service_name: str, run_id: int, number: int) -> HttpResponse:
    """Leave a row out, or take it in again."""
    out = request.POST.get("out", "1") == "1"
    return answered(request, service_name, run_id, lambda run: checking.leave_out(run, number, out=out))


@never_cache
@login_required
def suggestions(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """All suggestions: a list of what accepting them does (GET), and accepting them (POST)."""
    run = run_for(request.user, service_name, run_id)
    if run.state != BulkRun.State.PREVIEW or run.kind != BulkRun.Kind.CONFIGURE or not run.key:
        return redirect("accounts:run", service_name, run_id)
    if request.method == "POST":
        return answered(request, service_name, run_id, lambda run: _accept(request, run))
    found = checking.suggested(run, SUGGESTIONS_SHOWN)
    context = {
        "service": run.service,
        "tab": "accounts",
        "run": run,
        "suggested": _suggested(run).count(),
        "listed": found,
        "step": "preview",
    }
    return render(request, "accounts/bulk/preview_suggestions.html", context)


def _accept(request: HttpRequest, run: BulkRun) -> None:
    count = checking.accept_suggestions(run)
    done = ngettext("%(n)d suggestion was accepted.", "%(n)d suggestions were accepted.", count)
    messages.success(request, done % {"n": count})


@login_required
@require_POST
def change_passwords(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Set the passwords of the table for people who are there already, too."""
    return answered(request, service_name, run_id, checking.change_their_passwords)


@sensitive_post_parameters("password")
@never_cache
@login_required
def row(request: HttpRequest, service_name: str, run_id: int, number: int) -> HttpResponse:
    """All cells of one row, good or not, to be edited."""
    run = run_for(request.user, service_name, run_id)
    if run.state != BulkRun.State.PREVIEW or run.kind != BulkRun.Kind.CONFIGURE or not run.key:
        return redirect("accounts:run", service_name, run_id)
    found = BulkRow.objects.filter(run=run, number=number).first()
    if found is None:
        raise Http404
    fields = [Field(name) for name in run.columns if name != Field.IGNORE]
    if request.method == "POST":
        return answered(request, service_name, run_id, lambda run: checking.edit(run, number, _typed(request, fields)))
    values = preview.cells_of(Vault(run.key).open_cells(found.cells), [Field(name) for name in run.columns])
    cells = [
        (name.value, FIELDS[name], "" if name is Field.PASSWORD else plain(values.get(name, ""))) for name in fields
    ]
    context = {"service": run.service, "tab": "accounts", "run": run, "row": found, "cells": cells, "step": "preview"}
    return render(request, "accounts/bulk/preview_row.html", context)


def _typed(request: HttpRequest, fields: Sequence[Field]) -> dict[Field, str]:
    """What was typed; an empty password leaves the one of the file, unless it is to be taken out."""
    typed = {name: request.POST[name.value] for name in fields if name.value in request.POST}
    if request.POST.get("no_password"):
        typed[Field.PASSWORD] = ""
    elif not typed.get(Field.PASSWORD):
        typed.pop(Field.PASSWORD, None)
    return {name: value for name, value in typed.items() if name in fields}
