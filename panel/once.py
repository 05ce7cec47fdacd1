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
import time
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.contrib.messages import add_message, get_messages
from django.contrib.messages.storage.base import BaseStorage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from .access import person
from .models import SpentToken, User

FIELD = "once"
SESSION = "session_of_form"  # attribute of a request
CSRF = "csrfmiddlewaretoken"  # differs from page to page
KEPT = timedelta(days=1)  # longer than anybody goes back to a page
WAIT, POLL = 20, 0.2  # seconds that a request waits for another one with its token, and between its looks
DEAD = timedelta(minutes=3)  # no request takes so long
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
        if not token or not _is_somebody(request):
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


def not_done[Answer: HttpResponseBase](response: Answer) -> Answer:
    """Mark a redirect as a refusal: the token stays good."""
    response.is_refusal = True  # type: ignore[attr-defined]
    return response


def once_apart[Answer: HttpResponseBase](view: Callable[..., Answer]) -> View[Answer]:
    """Like `once`, for a view that calls other servers or takes long: no transaction lasts as long as it does.

    The token is reserved first and finished afterwards. Another request that has it waits for the answer, up to `WAIT`
    seconds. A view that raises gives the token back; one whose process died, after `DEAD`.
    """

    @wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Answer | HttpResponse:
        token = _token_of(request) if request.method == "POST" and request.POST.get(FIELD) else ""
        if not token or not _is_somebody(request):
            return view(request, *args, **kwargs)
        until = time.monotonic() + WAIT
        while (spent := _reserve(request, token)) is None:
            known = _spent_by(request, token).first()
            if known is not None and (known.location or known.body):
                return _answer_again(request, token)
            if time.monotonic() > until:
                messages.info(request, _("The same form is still being processed."))
                return HttpResponseRedirect(request.get_full_path())
            time.sleep(POLL)
        try:
            response = view(request, *args, **kwargs)
        except BaseException:
            spent.delete()
            raise
        _keep(request, response, spent)
        return response

    return wrapper


def _reserve(request: HttpRequest, token: str) -> SpentToken | None:
    """Keep the token; None where somebody else has it, unless it was left by a process that died."""
    spent = _spend(request, token)
    if spent is not None:
        return spent
    left = _spent_by(request, token).filter(location="", at__lt=timezone.now() - DEAD)
    if not any(each.body == "" for each in left) or not left.update(at=timezone.now()):
        return None
    return _spent_by(request, token).get()


def prune() -> None:
    """Forget tokens that nobody sends again; some at a time."""
    old = SpentToken.objects.filter(at__lt=timezone.now() - KEPT)
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        SpentToken.objects.filter(pk__in=ids).delete()


def sent_by(request: HttpRequest, session: str) -> None:
    """For pages whose people are not users of the panel: the session whose form this is."""
    setattr(request, SESSION, session)


def _is_somebody(request: HttpRequest) -> bool:
    return request.user.is_authenticated or hasattr(request, SESSION)


def _user(request: HttpRequest) -> User | None:
    """None: a session that is no user's; it is part of the digest."""
    return None if hasattr(request, SESSION) else person(request)


def _spent_by(request: HttpRequest, token: str) -> QuerySet[SpentToken]:
    return SpentToken.objects.filter(user=_user(request), token=token)


def _token_of(request: HttpRequest) -> str:
    """The token with all that the form says, as a keyed digest: nothing of the form can be read from it."""
    said: list[Any] = [
        request.path,
        getattr(request, SESSION, ""),
        *sorted((name, values) for name, values in request.POST.lists() if name != CSRF),
    ]
    said += sorted((name, [_digest(file) for file in files]) for name, files in request.FILES.lists())
    return salted_hmac("panel.once", json.dumps(said), algorithm="sha256").hexdigest()


def _digest(file: UploadedFile) -> str:
    """Of what a file holds; leaves it as it was."""
    found = sha256(b"".join(file.chunks())).hexdigest()
    file.seek(0)
    return found


def _spend(request: HttpRequest, token: str) -> SpentToken | None:
    """Keep the token; None where it is spent. Waits while another request that has it is at work."""
    try:
        with transaction.atomic():
            return SpentToken.objects.create(user=_user(request), token=token)
    except IntegrityError:
        return None


def _keep(request: HttpRequest, response: HttpResponseBase, spent: SpentToken) -> None:
    if getattr(response, "is_refusal", False):
        spent.delete()
        return
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
    spent = _spent_by(request, token).get()
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
