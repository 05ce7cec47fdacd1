from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panel.access import person, require
from panel.acting import do
from panel.errors import Refused
from panel.models import Role
from panel.once import once

from .. import preview, tables, tasks
from ..access import run_for
from ..columns import Field
from ..models import BulkRow, BulkRun, Tally
from ..runs import engine, loading, retention, selecting
from ..runs import results as handing_out
from ..vault import Vault
from ..words import FIELDS
from .parts import render_part, wants_part

State = BulkRun.State
PER_PAGE = 50


@never_cache
@login_required
def run(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """A run, as far as it is: its columns, its preview, its progress, its results."""
    found = run_for(request.user, service_name, run_id)
    if found.state == State.COLUMNS:
        return _columns(request, found)
    if found.state == State.CHECKING:
        return render(request, "accounts/bulk/checking.html", _context(found))
    if found.state == State.PREVIEW:
        return show_preview(request, found)
    return _progress(request, found)


def _context(run: BulkRun) -> dict[str, Any]:
    return {"service": run.service, "tab": "accounts", "run": run}


@dataclass(frozen=True, slots=True)
class Column:
    heading: str
    field: Field
    cells: list[str]  # of the first rows; of passwords only that there is one


def _columns(request: HttpRequest, run: BulkRun) -> HttpResponse:
    sample = loading.sample_of(run)
    columns = []
    for index, name in enumerate(run.columns):
        cells = [line.cells[index] if index < len(line.cells) else "" for line in sample]
        if name == Field.PASSWORD:
            cells = ["••••" if cell and not preview.asked_to_generate(cell) else cell for cell in cells]
        heading = run.heading[index] if index < len(run.heading) else ""
        columns.append(Column(heading, Field(name), cells))
    context = {
        **_context(run),
        "columns": columns,
        "fields": [(field.value, FIELDS[field]) for field in Field],
        "ways": BulkRun.Way.choices,
        "domains": run.service.domains.filter(state="verified").select_related("name")[:200],
        "encodings": dict.fromkeys((*tables.ENCODINGS, run.encoding)),
        "delimiters": tables.DELIMITERS,
        "step": "columns",
    }
    return render(request, "accounts/bulk/columns.html", context)


def show_preview(request: HttpRequest, run: BulkRun, *, partial: bool = False) -> HttpResponse:
    """What would happen to each row."""
    only_bad = request.GET.get("rows", "bad" if run.bad else "all") != "all"
    rows, following = _rows(request, run, [BulkRow.State.BAD] if only_bad else list(BulkRow.State))
    vault = Vault(run.key) if run.key and run.kind == BulkRun.Kind.CONFIGURE else None
    fields = [Field(field) for field in run.columns]
    shown = []
    for row in rows:
        values = preview.cells_of(vault.open_cells(row.cells), fields) if vault and row.cells else {}
        shown.append((row, _cells_to_mend(row, values)))
    free = Tally.of(run.service_id)["slot"]
    context = {
        **_context(run),
        "rows": shown,
        "next": following,
        "only_bad": only_bad,
        "free": free,
        "step": "preview",
        "mine": run.by_id == person(request).pk,
    }
    return render(request, f"accounts/bulk/preview.html{'#preview' if partial else ''}", context)


def _cells_to_mend(row: BulkRow, values: dict[Field, str]) -> list[tuple[str, str]]:
    """(field, value) of each cell that a fault names and that the table has; a password is not shown."""
    cells = {}
    for _code, name, _facts in row.faults:
        field = Field(name)
        if field in (Field.ADDRESS, Field.NAME) and field not in values:
            field = Field.NAME if Field.NAME in values else Field.ADDRESS
        if field in values:
            cells[field.value] = "" if field is Field.PASSWORD else values[field]
    return list(cells.items())


def _rows(request: HttpRequest, run: BulkRun, states: list[BulkRow.State]) -> tuple[list[BulkRow], int | None]:
    """A page of rows by their numbers, and the number after which the next page begins."""
    after = request.GET.get("after", "")
    rows = BulkRow.objects.filter(run=run, state__in=states).order_by("number").defer("password_hash", "secret")
    if after.isascii() and after.isdigit():
        rows = rows.filter(number__gt=int(after[:9]))
    page = list(rows[: PER_PAGE + 1])
    return page[:PER_PAGE], page[PER_PAGE - 1].number if len(page) > PER_PAGE else None


@dataclass(frozen=True, slots=True)
class Pace:
    rate: float  # rows a second in this stretch
    left: int | None  # seconds, where they can be told


def _pace(run: BulkRun) -> Pace:
    finished = run.done + run.refused - run.started_with
    seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else 0
    rate = finished / seconds if seconds > 1 else 0
    return Pace(rate, round(run.left / rate) if rate else None)


def _progress(request: HttpRequest, run: BulkRun) -> HttpResponse:
    rows, following = _rows(request, run, [BulkRow.State.BAD, BulkRow.State.REFUSED])
    waits = run.state == State.RUNNING and run.all_or_nothing
    hashed = BulkRow.objects.filter(run=run, state=BulkRow.State.HASHED).count() if waits else 0
    to_hand_out = handing_out.to_hand_out(run)
    context = {
        **_context(run),
        "pace": _pace(run),
        "finished": run.total - run.left + hashed,
        "rows": rows,
        "next": following,
        "to_hand_out": to_hand_out,
        "may_hand_out": to_hand_out and handing_out.may_hand_out_to(run, person(request)),
        "undoable": selecting.undoable(run),
        "step": "apply",
    }
    response = render_part(request, "accounts/bulk/run.html", "run", context)
    if wants_part(request) and run.state != State.RUNNING:
        response["HX-Refresh"] = "true"  # the numbers above the tabs have changed too
    return response


@login_required
@require_POST
@once
def start(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    found = run_for(request.user, service_name, run_id)
    owner = require(request.user, found.service.organization) is Role.OWNER
    try:
        engine.start(found, all_or_nothing=request.POST.get("how") == "all", owner=owner)
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        tasks.wake(found)
    return redirect("accounts:run", service_name, run_id)


@login_required
@require_POST
@once
def stop(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    found = run_for(request.user, service_name, run_id)
    done = _("The run stops after the rows that are being worked on.")
    return do(request, lambda: engine.stop(found), done, then=_page(found))


@login_required
@require_POST
@once
def resume(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    found = run_for(request.user, service_name, run_id)

    def go_on() -> None:
        engine.go_on(found)
        tasks.wake(found)

    return do(request, go_on, _("The run goes on."), then=_page(found))


@login_required
@require_POST
def discard(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Throw a table away that was not applied."""
    found = run_for(request.user, service_name, run_id)
    if retention.discard(found):
        if found.total > retention.AT_ONCE:
            tasks.delete_run.delay(found.pk)
        else:
            retention.delete(found)
        messages.success(request, _("Thrown away; nothing was changed."))
        return redirect("accounts:upload" if found.kind == BulkRun.Kind.CONFIGURE else "accounts:list", service_name)
    return redirect("accounts:run", service_name, run_id)


@login_required
@require_POST
@once
def undo(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """A run that takes this one back; it is previewed like any other."""
    found = run_for(request.user, service_name, run_id)
    owner = require(request.user, found.service.organization) is Role.OWNER
    try:
        undoing = selecting.undo(found, by=person(request), owner=owner)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("accounts:run", service_name, run_id)
    if undoing.state == State.CHECKING:
        tasks.list_later(undoing)
    return redirect("accounts:run", service_name, undoing.pk)


@never_cache
@login_required
def reasons(request: HttpRequest, service_name: str, run_id: int) -> HttpResponseBase:
    """The table as it was uploaded, with a status and a reason for each row."""
    found = run_for(request.user, service_name, run_id)
    if found.kind == BulkRun.Kind.CONFIGURE and found.columns:
        mine = found.by_id == person(request).pk
        lines = handing_out.table_with_reasons(found, passwords=mine, only_bad=request.GET.get("rows") == "bad")
    else:
        lines = handing_out.results_csv(found, [handing_out.Result(row) for row in handing_out.rows_of(found)])
    return _csv(lines, f"{found.service.name}-{found.pk}-reasons.csv")


@never_cache
@login_required
@require_POST
def results(request: HttpRequest, service_name: str, run_id: int) -> HttpResponseBase:
    """Results with what was generated: once, to whoever ran it."""
    found = run_for(request.user, service_name, run_id)
    if not handing_out.may_hand_out_to(found, person(request)) or not handing_out.to_hand_out(found):
        messages.error(request, _("The passwords have been downloaded already, or are another person's to download."))
        return redirect("accounts:run", service_name, run_id)
    return _csv(
        handing_out.results_csv(found, handing_out.hand_out(found)), f"{found.service.name}-{found.pk}-results.csv"
    )


@never_cache
@login_required
@require_POST
def slips(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """A page to print for each account: its address and the link to set its password, or the password made for it."""
    found = run_for(request.user, service_name, run_id)
    if not handing_out.may_hand_out_to(found, person(request)) or not handing_out.to_hand_out(found):
        messages.error(request, _("The slips have been printed already, or are another person's to print."))
        return redirect("accounts:run", service_name, run_id)
    made = [result for result in handing_out.hand_out(found) if result.secret]
    return render(request, "accounts/bulk/slips.html", {**_context(found), "slips": made})


def _page(run: BulkRun) -> str:
    return reverse("accounts:run", args=[run.service.name, run.pk])


def _csv(lines: Iterator[str], filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
