from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for
from panel.errors import Refused
from panel.models import Role

from .. import tables, tasks
from ..access import run_for
from ..columns import TEMPLATE, Field
from ..forms import UploadForm
from ..models import BulkRow, BulkRun, Tally
from ..runs import checking, loading
from ..tables import Format, Refusal, Shape, csv_line
from ..words import refusal_words
from .runs import show_preview

CHECKED_AT_ONCE = 20_000  # rows; more are checked by a worker while the page waits


@sensitive_post_parameters("cells")
@login_required
def upload(request: HttpRequest, service_name: str) -> HttpResponse:
    """Choose a file or paste cells; below, the runs of the service."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    owner = require(request.user, service.organization) is Role.OWNER
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        data = file.read() if file else form.cleaned_data["cells"].encode()
        name = file.name if file else _("pasted cells")
        try:
            run = loading.upload(service, data, name, by=person(request), owner=owner)
        except tables.Refused as refused:
            form.add_error(None, refusal_words(refused))
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("accounts:run", service.name, run.pk)
    elif request.method == "POST" and int(request.META.get("CONTENT_LENGTH") or 0) > settings.BULK_MAX_BYTES:
        form.errors.clear()
        form.add_error(None, refusal_words(tables.Refused(Refusal.BYTES, limit=settings.BULK_MAX_BYTES)))
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
    """Read the text in another encoding or with another delimiter."""
    run = run_for(request.user, service_name, run_id)
    encoding, delimiter = request.POST.get("encoding", ""), request.POST.get("delimiter", "")
    known = encoding in (*tables.ENCODINGS, run.encoding) and delimiter in tables.DELIMITERS
    if run.state == BulkRun.State.COLUMNS and run.format == Format.CSV and known:
        try:
            loading.reshape(run, loading.source_of(run), Shape(Format.CSV, encoding, delimiter))
        except tables.Refused as refused:
            messages.error(request, refusal_words(refused))
        else:
            run.save(update_fields=["encoding", "delimiter", "heading", "columns", "total"])
    return redirect("accounts:run", service_name, run_id)


@login_required
@require_POST
def columns(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """What each column holds, and how people get their passwords: then the rows are checked."""
    run = run_for(request.user, service_name, run_id)
    chosen = request.POST.getlist("column")
    fields = [Field(text) if text in Field else Field.IGNORE for text in chosen][: len(run.columns)]
    fields += [Field.IGNORE] * (len(run.columns) - len(fields))
    way = request.POST.get("way", "")
    attached = run.service.domains.filter(name__name=request.POST.get("domain", "")).first()
    later = run.total > CHECKED_AT_ONCE
    try:
        loading.begin_check(
            run,
            fields,
            attached.name.name if attached else "",
            way if way in BulkRun.Way else BulkRun.Way.PASSWORDS,
            by_worker=later,
        )
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        if later:
            tasks.check_table.delay(run.pk)
        else:
            loading.check(run)
    return redirect("accounts:run", service_name, run_id)


@sensitive_post_parameters("value")
@login_required
@require_POST
def mend(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Put another value into a cell of the preview."""
    run = run_for(request.user, service_name, run_id)
    number, field = request.POST.get("row", ""), request.POST.get("field", "")
    if number.isascii() and number.isdigit() and len(number) < 10 and field in Field:
        try:
            checking.mend(run, int(number), Field(field), request.POST.get("value", ""))
        except BulkRow.DoesNotExist:
            raise Http404 from None
        except Refused as refused:
            messages.error(request, str(refused))
    if request.headers.get("HX-Request"):
        return show_preview(request, run_for(request.user, service_name, run_id), partial=True)
    return redirect("accounts:run", service_name, run_id)


@login_required
@require_POST
def again(request: HttpRequest, service_name: str, run_id: int) -> HttpResponse:
    """Check every row against the state as it is now."""
    checking.check_again(run_for(request.user, service_name, run_id))
    return redirect("accounts:run", service_name, run_id)
