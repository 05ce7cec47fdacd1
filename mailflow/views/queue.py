"""The mail that waits on the mail machines, and what staff do about it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import person, staff_required
from panel.activity import record

from ..models import Machine, QueuedMessage

PAGE = 50
SHOWN = 3  # recipients of one message
QUEUES = ("deferred", "hold", "active", "incoming")


@staff_required
def queue(request: HttpRequest) -> HttpResponse:
    text = request.GET.get("q", "").replace("\0", "").strip()[:200]
    chosen = request.GET.get("queue", "")
    rows = QueuedMessage.objects.select_related("machine__platform")
    if text:
        rows = rows.filter(Q(sender__icontains=text) | Q(recipients__icontains=text) | Q(queue_id=text))
    if chosen in QUEUES:
        rows = rows.filter(queue=chosen)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    machines = Machine.objects.select_related("platform")
    context = {
        "page": page,
        "rows": [(row, row.recipients[:SHOWN], max(len(row.recipients) - SHOWN, 0)) for row in page],
        "text": text,
        "queue": chosen,
        "queues": QUEUES,
        "machines": machines,
        "queued": machines.aggregate(sum=Sum("queued"))["sum"] or 0,
        "waiting": any(row.action for row in page),
    }
    return render(request, "mailflow/queue.html", context)


@require_POST
@staff_required
def queue_act(request: HttpRequest) -> HttpResponse:
    """Note what is wanted; the machine's agent does it within seconds."""
    action = request.POST.get("action", "")
    ids = [int(pk) for pk in request.POST.getlist("message") if pk.isascii() and pk.isdigit() and len(pk) < 19]
    if action in QueuedMessage.Action.values and ids:
        asked = QueuedMessage.objects.filter(pk__in=ids[:PAGE])
        count = asked.update(action=action)
        record("queue.acted", actor=person(request), after={"action": action, "messages": count})
        if action == QueuedMessage.Action.DELETE:
            words = ngettext("%(n)d message is being deleted.", "%(n)d messages are being deleted.", count)
        else:
            words = ngettext("Retrying %(n)d message.", "Retrying %(n)d messages.", count)
        messages.success(request, words % {"n": count})
    return redirect("mailflow:queue")
