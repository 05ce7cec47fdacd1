"""Tokens and webhooks, of an organization (for its owners) and of staff."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panel.access import organization_for, person
from panel.acting import do
from panel.forms import carried_out
from panel.models import Organization, Role
from panel.once import keep_answer, once

from ..forms import NewToken, NewWebhook
from ..models import Delivery, Endpoint, Token
from ..webhooks import outbox

SHOWN = 50


def _owner(request: HttpRequest, code: str) -> Organization | None:
    """The organization, for its owners; None: staff's own, for staff. Others get a 404."""
    if code:
        return organization_for(request.user, code, at_least=Role.OWNER)
    if not person(request).is_staff:
        raise Http404
    return None


def _address(name: str, code: str, *more: object) -> str:
    return reverse(f"api:{name}" if code else f"api:staff_{name}", args=[*([code] if code else []), *more])


def _page(request: HttpRequest, organization: Organization | None, *, status: int = 200, **more: Any) -> HttpResponse:
    code = organization.code if organization else ""
    webhooks = [
        (endpoint, _address("webhook", code, endpoint.pk))
        for endpoint in Endpoint.objects.filter(organization=organization)
    ]
    tokens = [
        (token, _address("revoke_token", code, token.pk))
        for token in Token.objects.filter(organization=organization, revoked_at=None).select_related("made_by")
    ]
    context = {
        "organization": organization,
        "tokens": tokens,
        "webhooks": webhooks,
        "token_form": NewToken(),
        "webhook_form": NewWebhook(),
        "token_address": _address("new_token", code),
        "webhook_address": _address("new_webhook", code),
        "now": timezone.now(),
        **more,
    }
    return render(request, "api/overview.html", context, status=status)


@never_cache
@login_required
def overview(request: HttpRequest, code: str = "") -> HttpResponse:
    return _page(request, _owner(request, code))


@never_cache
@login_required
@require_POST
@once
def new_token(request: HttpRequest, code: str = "") -> HttpResponse:
    """Make a token and show it this once."""
    organization = _owner(request, code)
    form = NewToken(request.POST)
    made: list[tuple[Token, str]] = []

    def issue() -> None:
        last = datetime.combine(form.cleaned_data["expires"], time.max, timezone.get_current_timezone())
        name = form.cleaned_data["name"]
        made.append(Token.issue(organization, name, form.scopes, last, by=person(request)))

    if form.is_valid() and carried_out(form, issue):
        token, secret = made[0]
        return keep_answer(_page(request, organization, secret=secret, secret_of=token.name))
    return _page(request, organization, token_form=form, status=400)


@login_required
@require_POST
def revoke(request: HttpRequest, token_id: int, code: str = "") -> HttpResponse:
    token = get_object_or_404(Token, organization=_owner(request, code), pk=token_id)
    done = _("%(name)s works no more.") % {"name": token.name}
    return do(request, lambda: token.revoke(by=person(request)), done, then=_address("overview", code))


@never_cache
@login_required
@require_POST
@once
def new_webhook(request: HttpRequest, code: str = "") -> HttpResponse:
    """Make a webhook and show its secret this once."""
    organization = _owner(request, code)
    form = NewWebhook(request.POST)
    made: list[tuple[Endpoint, str]] = []

    def create() -> None:
        data = form.cleaned_data
        made.append(Endpoint.create(organization, data["url"], data["events"], by=person(request)))

    if form.is_valid() and carried_out(form, create):
        endpoint, secret = made[0]
        return keep_answer(_page(request, organization, secret=secret, secret_of=endpoint.url))
    return _page(request, organization, webhook_form=form, status=400)


@login_required
def webhook(request: HttpRequest, webhook_id: int, code: str = "") -> HttpResponse:
    """A webhook and the log of its deliveries."""
    organization = _owner(request, code)
    endpoint = get_object_or_404(Endpoint, organization=organization, pk=webhook_id)
    deliveries = Delivery.objects.filter(endpoint=endpoint)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit() and len(before) < 19:
        deliveries = deliveries.filter(pk__lt=int(before))
    page = list(deliveries[: SHOWN + 1])
    context = {
        "organization": organization,
        "webhook": endpoint,
        "events": [label for value, label in NewWebhook.base_fields["events"].choices if value in endpoint.events],  # type: ignore[attr-defined]
        "deliveries": [
            (delivery, _address("repeat_delivery", code, endpoint.pk, delivery.pk)) for delivery in page[:SHOWN]
        ],
        "older": page[SHOWN - 1].pk if len(page) > SHOWN else None,
        "overview_address": _address("overview", code),
        "test_address": _address("test_webhook", code, endpoint.pk),
        "secret_address": _address("new_secret", code, endpoint.pk),
        "old_secret": len(endpoint.secrets) > 1,
        "switch_address": _address("switch_webhook", code, endpoint.pk),
        "remove_address": _address("remove_webhook", code, endpoint.pk),
    }
    return render(request, "api/webhook.html", context)


@login_required
@require_POST
@once
def send_test(request: HttpRequest, webhook_id: int, code: str = "") -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, organization=_owner(request, code), pk=webhook_id)
    then = _address("webhook", code, endpoint.pk)
    return do(request, lambda: outbox.send_test(endpoint), _("A test event is on its way."), then=then)


@never_cache
@login_required
@require_POST
@once
def new_secret(request: HttpRequest, webhook_id: int, code: str = "") -> HttpResponse:
    """Another secret, shown this once; the old one signs beside it for a day."""
    organization = _owner(request, code)
    endpoint = get_object_or_404(Endpoint, organization=organization, pk=webhook_id)
    secret = endpoint.rotate_secret(by=person(request))
    return keep_answer(_page(request, organization, secret=secret, secret_of=endpoint.url))


@login_required
@require_POST
def switch(request: HttpRequest, webhook_id: int, code: str = "") -> HttpResponse:
    """Off, or on again: also after its receiver said that it is gone."""
    endpoint = get_object_or_404(Endpoint, organization=_owner(request, code), pk=webhook_id)
    active = request.POST.get("active") == "on"
    done = _("The webhook is on.") if active else _("The webhook is off: nothing is sent.")
    then = _address("webhook", code, webhook_id)
    return do(request, lambda: endpoint.change(by=person(request), active=active), done, then=then)


@login_required
@require_POST
@once
def repeat_delivery(request: HttpRequest, webhook_id: int, delivery_id: int, code: str = "") -> HttpResponse:
    """Send a message of the log again."""
    ours = Delivery.objects.select_related("endpoint").filter(endpoint__organization=_owner(request, code))
    delivery = get_object_or_404(ours, endpoint=webhook_id, pk=delivery_id)
    then = _address("webhook", code, webhook_id)
    return do(request, lambda: outbox.send_again(delivery), _("The message is sent again."), then=then)


@login_required
@require_POST
def remove(request: HttpRequest, webhook_id: int, code: str = "") -> HttpResponse:
    endpoint = get_object_or_404(Endpoint, organization=_owner(request, code), pk=webhook_id)
    endpoint.remove(by=person(request))
    messages.success(request, _("The webhook is removed."))
    return redirect(_address("overview", code))
