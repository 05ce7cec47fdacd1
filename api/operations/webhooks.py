"""Webhooks. A token's are those of its organization; a staff token's are staff's, which hear of everybody."""

from django.urls import reverse
from django.utils.translation import gettext as _

from ..access import delivery_of, endpoint_of, endpoints_of
from ..framework import Asked, Reply, is_dry, operation
from ..models import Delivery, Endpoint
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.base import Id, Note
from ..schemas.webhooks import DeliveryOut, NewWebhook, NewWebhookOut, WebhookChange, WebhookOut
from ..webhooks import outbox

READ, WRITE = "webhooks:read", "webhooks:write"
ONE = "/webhooks/{webhook_id}"


@operation("GET", "/webhooks", scope=READ, response=Page[WebhookOut])
def list_webhooks(request: Asked, after: AfterNumber = None, limit: Limit = LIMIT) -> Page[WebhookOut]:
    """Webhooks."""
    return page_of(request, endpoints_of(request.auth), WebhookOut.of, key="id", after=after, limit=limit)


@operation("POST", "/webhooks", scope=WRITE, response=NewWebhookOut, status=201)
def create_webhook(request: Asked, wish: NewWebhook) -> Reply:
    """Have events sent to an address."""
    token = request.auth
    endpoint, secret = Endpoint.create(token.organization, wish.url, list(wish.events), by=token)
    where = reverse("api:api_v1:get_webhook", args=[endpoint.pk])
    return Reply(_with_secret(request, endpoint, secret), status=201, location=where)


def _with_secret(request: Asked, endpoint: Endpoint, secret: str) -> NewWebhookOut:
    """A dry run shows none: what it would be nobody knows."""
    return NewWebhookOut(**WebhookOut.of(endpoint).model_dump(), secret="" if is_dry(request) else secret)


@operation("GET", ONE, scope=READ, response=WebhookOut)
def get_webhook(request: Asked, webhook_id: Id) -> WebhookOut:
    """One webhook."""
    return WebhookOut.of(endpoint_of(request.auth, webhook_id))


@operation("PATCH", ONE, scope=WRITE, response=WebhookOut)
def change_webhook(request: Asked, webhook_id: Id, wish: WebhookChange) -> WebhookOut:
    """Change the address or the events, or switch it off and on."""
    endpoint = endpoint_of(request.auth, webhook_id)
    fields = {name: value for name, value in wish.model_dump().items() if value is not None}
    endpoint.change(by=request.auth, **fields)
    return WebhookOut.of(endpoint)


@operation("DELETE", ONE, scope=WRITE, response=Note)
def remove_webhook(request: Asked, webhook_id: Id) -> Note:
    """Remove a webhook, and its log with it."""
    endpoint = endpoint_of(request.auth, webhook_id)
    endpoint.remove(by=request.auth)
    return Note(done=_("The webhook is removed."))


@operation("POST", f"{ONE}/secret", scope=WRITE, response=NewWebhookOut)
def rotate_webhook_secret(request: Asked, webhook_id: Id) -> NewWebhookOut:
    """Make another secret, shown this once.

    For a day messages carry a signature with each, so that a receiver may take the new one up when it suits.
    """
    endpoint = endpoint_of(request.auth, webhook_id)
    secret = endpoint.rotate_secret(by=request.auth)
    return _with_secret(request, endpoint, secret)


@operation("POST", f"{ONE}/test", scope=WRITE, response=Note, status=202)
def test_webhook(request: Asked, webhook_id: Id) -> Note:
    """Send a test event."""
    outbox.send_test(endpoint_of(request.auth, webhook_id))
    return Note(done=_("A test event is on its way."))


@operation("GET", f"{ONE}/deliveries", scope=READ, response=Page[DeliveryOut])
def list_deliveries(
    request: Asked, webhook_id: Id, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[DeliveryOut]:
    """The log of deliveries, the newest first."""
    rows = Delivery.objects.filter(endpoint=endpoint_of(request.auth, webhook_id))
    return page_of(request, rows, DeliveryOut.of, key="id", after=after, limit=limit, falling=True)


@operation("POST", f"{ONE}/deliveries/{{delivery_id}}/again", scope=WRITE, response=DeliveryOut, status=202)
def repeat_delivery(request: Asked, webhook_id: Id, delivery_id: Id) -> DeliveryOut:
    """Send a message of the log again, with the same `webhook-id`."""
    delivery = delivery_of(request.auth, webhook_id, delivery_id)
    outbox.send_again(delivery)
    return DeliveryOut.of(delivery)
