from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for, staff_required
from panel.acting import do
from panel.activity import record
from panel.forms import carried_out
from panel.models import Role

from .. import batch
from ..forms import CancelSlotsForm, OrderForm
from ..models import Order, Tally


@login_required
def order(request: HttpRequest, service_name: str) -> HttpResponse:
    """How many → review → ordered."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    form = OrderForm(request.POST or None)
    reviewed = request.POST.get("step") == "confirm"
    template = "accounts/order.html"
    tally = Tally.of(service.pk)
    context = {"service": service, "tab": "accounts", "form": form, "have": sum(tally.values()), "free": tally["slot"]}
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context)
    quantity, note = form.cleaned_data["quantity"], form.cleaned_data["note"]
    if not reviewed:
        # The verb itself says whether it would refuse; nothing of it stays.
        with transaction.atomic():
            accepted = carried_out(form, lambda: batch.require_room(batch.locked(service.pk), quantity))
        return render(request, template, {**context, "review": accepted, "sum": sum(tally.values()) + quantity})
    placed: list[Order] = []
    if not carried_out(form, lambda: placed.append(Order.place(service, quantity, by=person(request), note=note))):
        return render(request, template, context)
    if placed[0].state == Order.State.APPROVED:
        words = ngettext("%(n)d account is there to configure.", "%(n)d accounts are there to configure.", quantity)
    else:
        words = ngettext(
            "%(n)d account ordered. It appears here once it is approved.",
            "%(n)d accounts ordered. They appear here once they are approved.",
            quantity,
        )
    messages.success(request, words % {"n": quantity})
    return redirect("accounts:list", service.name)


@login_required
def cancel_slots(request: HttpRequest, service_name: str) -> HttpResponse:
    """Give unused slots back."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    form = CancelSlotsForm(request.POST or None)
    free = Tally.of(service.pk)["slot"]

    def cancel() -> None:
        with transaction.atomic():
            locked = batch.locked(service.pk)
            gone = batch.cancel_slots(locked, form.cleaned_data["quantity"])
            record("slots.cancelled", actor=person(request), service=locked, target=gone)

    if request.method == "POST" and form.is_valid() and carried_out(form, cancel):
        messages.success(request, _("Unused accounts cancelled."))
        return redirect("accounts:list", service.name)
    return render(
        request, "accounts/cancel_slots.html", {"service": service, "tab": "accounts", "form": form, "free": free}
    )


@login_required
@require_POST
def cancel_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Withdrawn by its service's people."""
    found = Order.objects.select_related("service__organization").filter(pk=order_id).first()
    if found is None:
        raise Http404
    require(request.user, found.service.organization, Role.TECHNICIAN)
    back = reverse("accounts:list", args=[found.service.name])
    return do(request, lambda: found.cancel(by=person(request)), _("The order is withdrawn."), then=back)


@staff_required
def orders(request: HttpRequest) -> HttpResponse:
    """Staff: what waits for approval, and what was decided."""
    found = Order.objects.select_related("service__organization", "ordered_by", "decided_by")
    waiting = found.filter(state=Order.State.REQUESTED).order_by("id")
    decided = Paginator(found.exclude(state=Order.State.REQUESTED), 50).get_page(request.GET.get("page"))
    return render(request, "accounts/orders.html", {"waiting": waiting, "page": decided})


@staff_required
@require_POST
def approve_order(request: HttpRequest, order_id: int) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("service__organization"), pk=order_id)
    return do(
        request, lambda: found.approve(by=person(request)), _("Approved: the accounts are there."), then=_orders()
    )


@staff_required
@require_POST
def refuse_order(request: HttpRequest, order_id: int) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("service__organization"), pk=order_id)
    note = request.POST.get("note", "")[:500]
    return do(request, lambda: found.refuse(by=person(request), note=note), _("The order is refused."), then=_orders())


def _orders() -> str:
    return reverse("accounts:orders")
