"""Orders of accounts."""

from typing import Literal

from django.urls import reverse

from accounts import ordering
from accounts.models import Order

from ..access import order_of, service_of
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.accounts import NewOrder, OrderOfService, OrderOut, RefusalWish
from ..schemas.base import Id
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = "/services/{service_name}/orders"
ONE = f"{ALL}/{{order_id}}"


@operation("GET", ALL, scope=READ, response=Page[OrderOut])
def list_orders(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[OrderOut]:
    """Orders of a service, the newest first."""
    rows = Order.objects.filter(service=service_of(request.auth, service_name))
    return page_of(request, rows, OrderOut.of, key="id", after=after, limit=limit, falling=True)


@operation("GET", "/orders", scope=READ, response=Page[OrderOfService])
def list_all_orders(
    request: Asked,
    state: Literal["", "requested", "approved", "refused", "cancelled"] = "",
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[OrderOfService]:
    """Orders of all services that the token reaches, the newest first."""
    rows = Order.objects.select_related("service__organization")
    if not request.auth.is_staff:
        rows = rows.filter(service__organization=request.auth.organization_id)
    rows = rows.filter(state=state) if state else rows
    return page_of(request, rows, OrderOfService.of, key="id", after=after, limit=limit, falling=True)


@operation("POST", ALL, scope=WRITE, response=OrderOut, status=201)
def place_order(request: Asked, service_name: ServiceInPath, wish: NewOrder) -> Reply:
    """Order accounts, or give unused ones back."""
    service = service_of(request.auth, service_name)
    if wish.kind == "cancel":
        order = ordering.give_back(service, wish.quantity, by=request.auth)
    else:
        order = ordering.place(service, wish.quantity, by=request.auth, note=wish.note)
    where = reverse("api:api_v1:get_order", args=[service.name, order.pk])
    return Reply(OrderOut.of(order), status=201, location=where)


@operation("GET", ONE, scope=READ, response=OrderOut)
def get_order(request: Asked, service_name: ServiceInPath, order_id: Id) -> OrderOut:
    """One order, and how far it is carried out."""
    return OrderOut.of(order_of(request.auth, service_name, order_id))


@operation("POST", f"{ONE}/approve", scope=WRITE, response=OrderOut, staff=True)
def approve_order(request: Asked, service_name: ServiceInPath, order_id: Id) -> OrderOut:
    """Approve an order."""
    order = order_of(request.auth, service_name, order_id)
    ordering.approve(order, by=request.auth)
    return OrderOut.of(order)


@operation("POST", f"{ONE}/refuse", scope=WRITE, response=OrderOut, staff=True)
def refuse_order(request: Asked, service_name: ServiceInPath, order_id: Id, wish: RefusalWish) -> OrderOut:
    """Refuse an order."""
    order = order_of(request.auth, service_name, order_id)
    ordering.refuse(order, by=request.auth, note=wish.note)
    order.refresh_from_db()
    return OrderOut.of(order)


@operation("POST", f"{ONE}/cancel", scope=WRITE, response=OrderOut)
def cancel_order(request: Asked, service_name: ServiceInPath, order_id: Id) -> OrderOut:
    """Withdraw an order that waits for approval."""
    order = order_of(request.auth, service_name, order_id)
    ordering.cancel(order, by=request.auth)
    return OrderOut.of(order)
