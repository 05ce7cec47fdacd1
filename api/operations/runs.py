"""Bulk runs: a table of accounts, checked, previewed and applied."""

from typing import Literal

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts import tables, tasks
from accounts.columns import Field
from accounts.models import BulkRow, BulkRun
from accounts.runs import checking, engine, loading, results, retention, selecting
from accounts.words import refusal_words
from panel.errors import Refused
from panel.waking import wake

from ..access import run_of, service_of
from ..framework import Asked, Reply, is_dry, operation
from ..models import RunOfToken
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.accounts import HandedOut, NewRun, Results, RowOut, RunOut, StartWish
from ..schemas.base import Id, Note
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = "/services/{service_name}/runs"
ONE = f"{ALL}/{{run_id}}"


@operation("GET", ALL, scope=READ, response=Page[RunOut])
def list_runs(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[RunOut]:
    """Bulk runs of a service, the newest first."""
    runs = BulkRun.objects.filter(service=service_of(request.auth, service_name))
    runs = runs.exclude(state=BulkRun.State.DISCARDED).defer("source")
    return page_of(request, runs, RunOut.of, key="id", after=after, limit=limit, falling=True)


@operation("POST", ALL, scope=WRITE, response=RunOut, status=201)
def upload_run(request: Asked, service_name: ServiceInPath, wish: NewRun) -> Reply:
    """Upload a table of accounts to configure.

    A worker checks its rows; once the state is `preview` the run can be started.
    """
    service = service_of(request.auth, service_name)
    try:
        run = loading.upload(service, wish.table.encode(), wish.filename, by=request.auth, owner=True)
    except tables.TableRefused as refused:
        raise Refused(str(refused.code), refusal_words(refused), field="table") from refused
    fields = [Field(field) for field in (run.columns if wish.columns is None else wish.columns)]
    if len(fields) != len(run.columns):
        raise Refused("columns", _("Name a field for every column of the table."), field="columns")
    if wish.domain and not service.domains.filter(name__name=wish.domain.lower()).exists():
        raise Refused("domain-unknown", _("The domain is not attached to this service."), field="domain")
    loading.begin_check(run, fields, wish.domain.lower(), wish.way, by_worker=True)
    RunOfToken.objects.create(run=run, token=request.auth)
    tasks.list_later(run)
    run.refresh_from_db()
    where = reverse("api:api_v1:get_run", args=[service.name, run.pk])
    return Reply(RunOut.of(run), status=201, location=where)


@operation("GET", ONE, scope=READ, response=RunOut)
def get_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> RunOut:
    """One bulk run, and how far it is."""
    return RunOut.of(run_of(request.auth, service_name, run_id))


@operation("GET", f"{ONE}/rows", scope=READ, response=Page[RowOut])
def list_rows(
    request: Asked,
    service_name: ServiceInPath,
    run_id: Id,
    state: Literal["", "good", "already", "bad", "hashed", "done", "refused"] = "",
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[RowOut]:
    """Rows of a run, each with why it is bad or was refused."""
    rows = BulkRow.objects.filter(run=run_of(request.auth, service_name, run_id))
    rows = rows.filter(state=state) if state else rows
    return page_of(request, rows, RowOut.of, key="number", after=after, limit=limit)


@operation("POST", f"{ONE}/start", scope=WRITE, response=RunOut)
def start_run(request: Asked, service_name: ServiceInPath, run_id: Id, wish: StartWish) -> RunOut:
    """Apply the good rows of a previewed run."""
    run = run_of(request.auth, service_name, run_id)
    engine.start(run, all_or_nothing=wish.all_or_nothing, owner=True)
    tasks.wake(run)
    return RunOut.of(run)


@operation("POST", f"{ONE}/stop", scope=WRITE, response=RunOut)
def stop_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> RunOut:
    """Stop a run after the rows that are being worked on."""
    run = run_of(request.auth, service_name, run_id)
    engine.stop(run, by=request.auth)
    return RunOut.of(run)


@operation("POST", f"{ONE}/resume", scope=WRITE, response=RunOut)
def resume_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> RunOut:
    """Go on with a stopped run."""
    run = run_of(request.auth, service_name, run_id)
    engine.go_on(run)
    tasks.wake(run)
    return RunOut.of(run)


@operation("POST", f"{ONE}/results", scope=WRITE, response=Results)
def hand_out_results(request: Asked, service_name: ServiceInPath, run_id: Id) -> Results:
    """Fetch what a finished run generated.

    Only the token that uploaded the table gets it, as often as it asks, until the results are discarded or a day is
    over. In a dry run secrets are empty.
    """
    run = run_of(request.auth, service_name, run_id)
    if not RunOfToken.objects.filter(run=run, token=request.auth).exists():
        raise Http404
    if not results.to_hand_out(run):
        raise Refused("nothing-to-hand-out", _("Nothing is left to hand out, or the run is not finished."))
    made = [result for result in results.hand_out(run) if result.secret]
    dry = is_dry(request)  # nobody would know that they were handed out
    items = [
        HandedOut(number=each.row.number, address=each.row.address, secret="" if dry else each.secret) for each in made
    ]
    return Results(items=items)


@operation("POST", f"{ONE}/check", scope=WRITE, response=RunOut)
def check_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> RunOut:
    """Check every row of a previewed run against the state as it is now."""
    run = run_of(request.auth, service_name, run_id)
    if run.state != BulkRun.State.PREVIEW:
        raise Refused("wrong-state", _("This run is not being previewed."))
    checking.check_again(run)
    run.refresh_from_db()
    return RunOut.of(run)


@operation("POST", f"{ONE}/discard", scope=WRITE, response=Note)
def discard_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> Note:
    """Throw a table away that was not applied."""
    run = run_of(request.auth, service_name, run_id)
    if not retention.discard(run):
        raise Refused("wrong-state", _("This run has been started: it can no longer be discarded."))
    wake(tasks.delete_run, run.pk)
    return Note(done=_("Discarded. Nothing was changed."))


@operation("POST", f"{ONE}/undo", scope=WRITE, response=RunOut, status=201)
def undo_run(request: Asked, service_name: ServiceInPath, run_id: Id) -> Reply:
    """Make a run that returns to slots what this one configured and nobody changed since.

    It is previewed like any other: start it when its state is `preview`.
    """
    run = run_of(request.auth, service_name, run_id)
    undoing = selecting.undo(run, by=request.auth, owner=True)
    if undoing.state == BulkRun.State.CHECKING:
        tasks.list_later(undoing)
    RunOfToken.objects.create(run=undoing, token=request.auth)
    where = reverse("api:api_v1:get_run", args=[run.service.name, undoing.pk])
    return Reply(RunOut.of(undoing), status=201, location=where)


@operation("POST", f"{ONE}/results/discard", scope=WRITE, response=Note)
def discard_results(request: Asked, service_name: ServiceInPath, run_id: Id) -> Note:
    """Forget what a finished run generated: it is with its people.

    Only the token that uploaded the table may.
    """
    run = run_of(request.auth, service_name, run_id)
    if not RunOfToken.objects.filter(run=run, token=request.auth).exists():
        raise Http404
    if not results.to_hand_out(run):
        raise Refused("nothing-to-hand-out", _("Nothing is left to hand out, or the run is not finished."))
    results.discard(run)
    return Note(done=_("The generated passwords or links have been discarded. No copy is kept here."))
