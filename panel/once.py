"""Forms that do something once, however often they are sent: by a double click, by the back button, by a retry.

A form that creates or starts something has `{% once_token %}` in it and its view is decorated with `once`. The token,
bound to what the form says, is kept in the transaction that does the work. So of two requests with one token the
second waits for the first, finds the token spent and gets the first one's answer; and whatever undoes the work (a
crash, a refusal that is raised) makes the token good again. A form that comes back changed is another one; a form
without a token is carried out as ever.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any

from django.contrib.messages import add_message, get_messages
from django.contrib.messages.storage.base import BaseStorage
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac

from .access import person
from .models import SpentToken

FIELD = "once"
CSRF = "csrfmiddlewaretoken"  # differs from page to page
KEPT = timedelta(days=1)  # longer than anybody goes back to a page
AT_ONCE = 1000  # rows that one statement prunes

type View[Answer: HttpResponseBase] = Callable[..., Answer | HttpResponse]


def new_token() -> str:
    return secrets.token_urlsafe(24)


def once[Answer: HttpResponseBase](view: Callable[..., Answer]) -> View[Answer]:
    """Carry the view out for the first POST with a token; the others get its answer.

    The view's answer is kept when it is a redirect, or a page that the view marked with `keep_answer`. Any other page
    says that nothing was done yet (a form with its errors, a review), and the token stays good.
    The view runs in one transaction with the token: it must be short and call nothing outside.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer | HttpResponse:
        token = _token_of(request) if request.method == "POST" and request.POST.get(FIELD) else ""
        if not token or not request.user.is_authenticated:
            return view(request, *args, **kwargs)
        with transaction.atomic():
            spent = _spend(request, token)
            if spent is None:
                return _answer_again(request, token)
            response = view(request, *args, **kwargs)
            _keep(request, response, spent)
        return response

    return wrapper


def keep_answer(response: HttpResponse) -> HttpResponse:
    """Mark a page as the result of what was done: whoever sends the same form again sees it again."""
    response.is_result = True  # type: ignore[attr-defined]
    return response


def prune() -> None:
    """Forget tokens that nobody sends again; some at a time."""
    old = SpentToken.objects.filter(at__lt=timezone.now() - KEPT)
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        SpentToken.objects.filter(pk__in=ids).delete()


def _token_of(request: HttpRequest) -> str:
    """The token with all that the form says, as a keyed digest: nothing of the form can be read from it."""
    said = [request.path, *sorted((name, values) for name, values in request.POST.lists() if name != CSRF)]
    return salted_hmac("panel.once", json.dumps(said), algorithm="sha256").hexdigest()


def _spend(request: HttpRequest, token: str) -> SpentToken | None:
    """Keep the token; None where it is spent. Waits while another request that has it is at work."""
    try:
        with transaction.atomic():
            return SpentToken.objects.create(user=person(request), token=token)
    except IntegrityError:
        return None


def _keep(request: HttpRequest, response: HttpResponseBase, spent: SpentToken) -> None:
    if isinstance(response, HttpResponseRedirect):
        spent.messages = _said(request)
        spent.location = response.url
    elif isinstance(response, HttpResponse) and getattr(response, "is_result", False):
        spent.body = response.content.decode()
    else:
        spent.delete()
        return
    spent.save(update_fields=["messages", "location", "body"])


def _answer_again(request: HttpRequest, token: str) -> HttpResponse:
    spent = SpentToken.objects.get(user=person(request), token=token)
    if spent.location:
        waiting = _said(request)
        for level, text in spent.messages:
            if [level, text] not in waiting:  # the first answer may have come through after all
                add_message(request, level, text)
        return HttpResponseRedirect(spent.location)
    return HttpResponse(spent.body)


def _said(request: HttpRequest) -> list[list[Any]]:
    """[level, text] of the messages that wait for the next page; they go on waiting."""
    waiting = get_messages(request)
    said = [[message.level, str(message.message)] for message in waiting]
    if isinstance(waiting, BaseStorage):
        waiting.used = False
    return said
