from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for, staff_required
from panel.acting import do
from panel.forms import carried_out
from panel.models import Role, Service
from panel.once import once

from .. import batch, ordering
from ..forms import CancelSlotsForm, OrderForm
from ..models import Order, Tally
from .parts import wants_part

ORDERS_ON_A_PAGE = 50


@login_required
@once
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
    if not carried_out(form, lambda: placed.append(ordering.place(service, quantity, by=person(request), note=note))):
        return render(request, template, context)
    if placed[0].is_under_way:
        words = ngettext("%(n)d account is being created.", "%(n)d accounts are being created.", quantity)
    elif placed[0].state == Order.State.APPROVED:
        words = ngettext("%(n)d account is ready to configure.", "%(n)d accounts are ready to configure.", quantity)
    else:
        words = ngettext(
            "%(n)d account ordered. It appears here once it is approved.",
            "%(n)d accounts ordered. They appear here once they are approved.",
            quantity,
        )
    messages.success(request, words % {"n": quantity})
    return redirect("accounts:list", service.name)


@login_required
@once
def cancel_slots(request: HttpRequest, service_name: str) -> HttpResponse:
    """How many unused slots → the number that will go → given back."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    form = CancelSlotsForm(request.POST or None)
    free = batch.unused(service)
    context = {"service": service, "tab": "accounts", "form": form, "free": free}
    template = "accounts/cancel_slots.html"
    if request.method != "POST" or not form.is_valid():
        return render(request, template, context)
    quantity = form.cleaned_data["quantity"]
    if request.POST.get("step") != "confirm":
        going = min(quantity, free)
        return render(request, template, {**context, "review": True, "going": going, "fewer": going < quantity})
    placed: list[Order] = []
    if not carried_out(form, lambda: placed.append(ordering.give_back(service, quantity, by=person(request)))):
        return render(request, template, {**context, "free": batch.unused(service)})
    if placed[0].is_under_way:
        words = ngettext(
            "%(n)d unused account is being cancelled.", "%(n)d unused accounts are being cancelled.", quantity
        )
    else:
        words = ngettext("%(n)d unused account cancelled.", "%(n)d unused accounts cancelled.", quantity)
    messages.success(request, words % {"n": quantity})
    return redirect("accounts:list", service.name)


@login_required
@require_POST
@once
def cancel_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Withdrawn by its service's people."""
    found = Order.objects.select_related("service__organization").filter(pk=order_id).first()
    if found is None:
        raise Http404
    require(request.user, found.service.organization, Role.TECHNICIAN)
    back = reverse("accounts:list", args=[found.service.name])
    return do(
        request, lambda: ordering.cancel(found, by=person(request)), _("The order has been withdrawn."), then=back
    )


@staff_required
def orders(request: HttpRequest) -> HttpResponse:
    """Staff: what waits for approval, and what was decided."""
    found = Order.objects.select_related("service__organization", "ordered_by", "decided_by")
    waiting, after = _page(found.filter(state=Order.State.REQUESTED).order_by("id"), request.GET.get("after"), "gt")
    decided, before = _page(found.exclude(state=Order.State.REQUESTED), request.GET.get("before"), "lt")
    context = {"waiting": waiting, "after": after, "decided": decided, "before": before}
    return render(request, "accounts/orders.html", context)


def _page(orders: QuerySet[Order], key: str | None, beyond: str) -> tuple[list[Order], int | None]:
    """A page of orders in their order by id, and the id to go on from."""
    if key and key.isascii() and key.isdigit() and len(key) < 19:
        orders = orders.filter(**{f"id__{beyond}": int(key)})
    page = list(orders[: ORDERS_ON_A_PAGE + 1])
    more = len(page) > ORDERS_ON_A_PAGE
    return page[:ORDERS_ON_A_PAGE], page[ORDERS_ON_A_PAGE - 1].pk if more else None


def under_way(service: Service) -> list[Order]:
    """What is being made or cancelled now, for the list's progress."""
    return list(Order.under_way().filter(service=service).order_by("id")[:5])


@login_required
def progress(request: HttpRequest, service_name: str) -> HttpResponse:
    """How far the orders under way are; the whole list comes again once they are finished."""
    service = service_for(request.user, service_name)
    orders = under_way(service)
    if not wants_part(request):
        return redirect("accounts:list", service.name)
    response = render(request, "accounts/_under_way.html", {"service": service, "under_way": orders})
    if not orders:
        response["HX-Refresh"] = "true"
    return response


@staff_required
@require_POST
@once
def approve_order(request: HttpRequest, order_id: int) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("service__organization"), pk=order_id)
    at_once = found.quantity <= ordering.CHUNK
    done = (
        _("Approved. The accounts are ready to configure.")
        if at_once
        else _("Approved. The accounts are being created.")
    )
    return do(request, lambda: ordering.approve(found, by=person(request)), done, then=_orders())


@staff_required
@require_POST
@once
def refuse_order(request: HttpRequest, order_id: int) -> HttpResponse:
    found = get_object_or_404(Order.objects.select_related("service__organization"), pk=order_id)
    note = request.POST.get("note", "")[:500]
    return do(
        request,
        lambda: ordering.refuse(found, by=person(request), note=note),
        _("The order has been refused."),
        then=_orders(),
    )


def _orders() -> str:
    return reverse("accounts:orders")
