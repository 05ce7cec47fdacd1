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
from panel.waking import wake

from .. import tables, tasks, workbooks
from ..access import run_for
from ..models import BulkRow, BulkRun
from ..runs import engine, retention, selecting
from ..runs import results as handing_out
from ..words import STOPS
from .mapping import show_mapping
from .parts import render_part, wants_part
from .preview import show_preview

State = BulkRun.State
PER_PAGE = 50


@never_cache
@login_required
def run(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """A run, as far as it is: its columns, its preview, its progress, its results."""
    found = run_for(request.user, service_name, run_id)
    if found.state == State.COLUMNS:
        return show_mapping(request, found)
    if found.state == State.CHECKING:
        return render(request, "accounts/bulk/checking.html", _context(found))
    if found.state == State.PREVIEW:
        return show_preview(request, found)
    return _progress(request, found)


def _context(run: BulkRun) -> dict[str, Any]:
    return {"service": run.service, "tab": "accounts", "run": run}


def _rows(request: HttpRequest, run: BulkRun, states: list[BulkRow.State]) -> tuple[list[BulkRow], int | None]:
    """A page of rows by their numbers, and the number after which the next page begins."""
    after = request.GET.get("after", "")
    rows = BulkRow.objects.filter(run=run, state__in=states).order_by("number").defer("password_hash", "secret")
    if after.isascii() and after.isdigit():
        rows = rows.filter(number__gt=int(after[:9]))
    page = list(rows[: PER_PAGE + 1])
    return page[:PER_PAGE], page[PER_PAGE - 1].number if len(page) > PER_PAGE else None


@dataclass(frozen=True, slots=True)
class RunPace:
    rate: float  # rows a second in this stretch
    left: int | None  # seconds, where they can be told


def _pace(run: BulkRun) -> RunPace:
    finished = run.done + run.refused - run.started_with
    seconds = (timezone.now() - run.started_at).total_seconds() if run.started_at else 0
    rate = finished / seconds if seconds > 1 else 0
    return RunPace(rate, round(run.left / rate) if rate else None)


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
        "kept_until": handing_out.kept_until(run) if to_hand_out else None,
        "stopped": STOPS.get(run.stop_code, "") if run.state == State.STOPPED else "",
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
    return do(request, lambda: engine.stop(found, by=person(request)), done, then=_page(found))


@login_required
@require_POST
@once
def resume(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    found = run_for(request.user, service_name, run_id)

    def go_on() -> None:
        engine.go_on(found)
        tasks.wake(found)

    return do(request, go_on, _("The run continues."), then=_page(found))


@login_required
@require_POST
def discard(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Throw a table away that was not applied."""
    found = run_for(request.user, service_name, run_id)
    if retention.discard(found):
        if found.total > retention.AT_ONCE:
            wake(tasks.delete_run, found.pk)
        else:
            retention.delete(found)
        messages.success(request, _("Discarded. Nothing was changed."))
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
    """The table as it was uploaded, in its own format, with a status, a reason and a suggestion for each row."""
    found = run_for(request.user, service_name, run_id)
    name = f"{found.service.name}-{found.pk}-reasons"
    if found.kind != BulkRun.Kind.CONFIGURE or not found.columns:
        lines = handing_out.results_csv(found, map(handing_out.RowResult, handing_out.rows_of(found)))
        return _csv(lines, f"{name}.csv")
    mine = found.by_id == person(request).pk
    rows = handing_out.table_with_reasons(found, passwords=mine, only_bad=request.GET.get("rows") == "bad")
    if found.format == tables.Format.CSV:
        return _csv(handing_out.as_csv(rows, found.delimiter), f"{name}.csv")
    if found.format == tables.Format.ODS:
        return _file(workbooks.ods(rows), workbooks.ODS_TYPE, f"{name}.ods")
    return _file(workbooks.xlsx(rows), workbooks.XLSX_TYPE, f"{name}.xlsx")


@never_cache
@login_required
@require_POST
def results(request: HttpRequest, service_name: str, run_id: int) -> HttpResponseBase:
    """Results with what was generated, to whoever ran it."""
    found = run_for(request.user, service_name, run_id)
    if not _may_have_secrets(request, found):
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
    if not _may_have_secrets(request, found):
        return redirect("accounts:run", service_name, run_id)
    made = [result for result in handing_out.hand_out(found) if result.secret]
    return render(request, "accounts/bulk/slips.html", {**_context(found), "slips": made})


@login_required
@require_POST
def forget(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Discard what was generated, on purpose: it is with its people."""
    found = run_for(request.user, service_name, run_id)
    if _may_have_secrets(request, found):
        handing_out.discard(found)
        messages.success(request, _("The generated passwords or links have been discarded. No copy is kept here."))
    return redirect("accounts:run", service_name, run_id)


def _may_have_secrets(request: HttpRequest, run: BulkRun) -> bool:
    """Whether there are secrets and they are this person's to have; says so where not."""
    if handing_out.may_hand_out_to(run, person(request)) and handing_out.to_hand_out(run):
        return True
    messages.error(request, _("The passwords or links have been discarded, or belong to another person."))
    return False


def _page(run: BulkRun) -> str:
    return reverse("accounts:run", args=[run.service.name, run.pk])


def _csv(lines: Iterator[str], filename: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _file(data: bytes, content_type: str, filename: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
