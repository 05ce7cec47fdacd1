from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for
from panel.errors import Refused
from panel.models import Role, Service
from panel.once import once_apart
from panel.uploads import TooLarge, receiving, takes_upload
from panel.waking import wake

from .. import choosing, tables, tasks
from ..access import run_for
from ..columns import TEMPLATE, Field
from ..forms import UploadForm
from ..models import BulkRun, Tally
from ..preview import RowProblem
from ..runs import checking, loading
from ..tables import Refusal, csv_line
from ..words import fault_words, refusal_words
from .mapping import choices_of
from .preview import answered

CHECKED_AT_ONCE = 20_000  # rows; more are checked by a worker while the page waits


@takes_upload
@sensitive_post_parameters("cells")
@login_required
def upload(request: HttpRequest, service_name: str) -> HttpResponse:
    """Choose a file or paste cells; below, the runs of the service. Who may is decided before the file is read."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    owner = require(request.user, service.organization) is Role.OWNER
    if request.method != "POST":
        return _show_upload(request, service, UploadForm())
    try:
        with receiving(request, service.organization_id, settings.BULK_MAX_BYTES):
            return _load(request, service, owner=owner)
    except TooLarge:
        refusal = refusal_words(tables.TableRefused(Refusal.BYTES, limit=settings.BULK_MAX_BYTES))
    except Refused as refused:
        refusal = str(refused)
    form = UploadForm({})
    form.errors.clear()
    form.add_error(None, refusal)
    return _show_upload(request, service, form)


@csrf_protect
@once_apart
def _load(request: HttpRequest, service: Service, *, owner: bool) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read() if file else form.cleaned_data["cells"].encode()
        name = file.name if file else _("pasted cells")
        try:
            run = loading.upload(service, data, name, by=person(request), owner=owner)
        except tables.TableRefused as refused:
            form.add_error(None, refusal_words(refused))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("accounts:run", service.name, run.pk)
    return _show_upload(request, service, form)


def _show_upload(request: HttpRequest, service: Service, form: UploadForm) -> HttpResponse:
    runs = BulkRun.objects.filter(service=service).exclude(state=BulkRun.State.DISCARDED).select_related("by")
    context = {
        "service": service,
        "tab": "accounts",
        "form": form,
        "free": Tally.of(service.pk)["slot"],
        "runs": runs[:20],
        "rows": settings.BULK_MAX_ROWS,
        "mib": settings.BULK_MAX_BYTES // (1024 * 1024),
    }
    return render(request, "accounts/bulk/upload.html", context)


@login_required
def template(request: HttpRequest, service_name: str) -> HttpResponse:
    """Our own table to fill in."""
    service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    response = HttpResponse("\ufeff" + csv_line(TEMPLATE), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="accounts.csv"'
    return response


@login_required
@require_POST
def reshape(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Read the table in another encoding, with another delimiter, from another sheet, with other headings."""
    run = run_for(request.user, service_name, run_id)
    choices = choices_of(request, run)
    if run.state == BulkRun.State.COLUMNS and choices is not None:
        try:
            loading.reshape(run, loading.source_of(run), choices)
        except tables.TableRefused as refused:
            messages.error(request, refusal_words(refused))
        else:
            run.save(update_fields=["encoding", "delimiter", "heading", "columns", "total", "reading"])
    return redirect("accounts:run", service_name, run_id)


@login_required
@require_POST
def columns(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """What each column holds, and how people get their passwords: then the rows are checked."""
    run = run_for(request.user, service_name, run_id)
    chosen = request.POST.getlist("column")
    fields = [Field(text) if text in Field else Field.IGNORE for text in chosen][: len(run.columns)]
    fields += [Field.IGNORE] * (len(run.columns) - len(fields))
    wanted = request.POST.get("way", "")
    way = BulkRun.Way(wanted) if wanted in BulkRun.Way else BulkRun.Way.PASSWORDS
    ignored = [int(text) for text in request.POST.getlist("ignore") if text.isascii() and text.isdigit()]
    typed = request.POST.get("domain", "").strip()
    attached = choosing.named(run.service_id, typed) if typed else None
    default_domain = attached.name.name if attached else ""
    later = run.total > CHECKED_AT_ONCE
    checking.set_mode(run, request.POST.get("mode", ""), change_passwords=bool(request.POST.get("change_passwords")))
    try:
        if typed and attached is None:
            raise Refused("domain-unknown", fault_words(RowProblem.DOMAIN_UNKNOWN))
        loading.begin_check(
            run,
            fields,
            default_domain,
            way,
            ignored=ignored,
            by_worker=later,
        )
    except Refused as refused:
        loading.keep_answers(run, fields, default_domain, way, ignored)
        messages.error(request, str(refused))
    else:
        if later:
            wake(tasks.check_table, run.pk)
        else:
            loading.check(run)
    return redirect("accounts:run", service_name, run_id)


@sensitive_post_parameters("value")
@login_required
@require_POST
def mend(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Put another value into a cell of the preview."""
    number, field = request.POST.get("row", ""), request.POST.get("field", "")
    known = number.isascii() and number.isdigit() and len(number) < 10 and field in Field

    def put(run: BulkRun) -> None:
        if known:
            checking.mend(run, int(number), Field(field), request.POST.get("value", ""))

    return answered(request, service_name, run_id, put)


@login_required
@require_POST
def again(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Check every row against the state as it is now."""
    checking.check_again(run_for(request.user, service_name, run_id))
    return redirect("accounts:run", service_name, run_id)
