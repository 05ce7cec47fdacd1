"""Requests that do something once, however often they are sent: `Idempotency-Key`.

The answer is kept in the transaction that does the work. Of two requests with one key the second waits for the first
and gets its answer; whatever undoes the work (a crash, a refusal) makes the key good again. The same key with another
request is a mistake, and said to be one.
"""

from __future__ import annotations

import re
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from .models import KeptAnswer, Token
from .problems import Problem

HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(days=1)
AT_ONCE = 1000
HEADERS = ("Location", "Content-Type")


def key_of(request: HttpRequest) -> str:
    """The key that the request came with; empty without one."""
    key = request.headers.get(HEADER)
    if key is None:
        return ""
    if not KEY.fullmatch(key):
        detail = _("A key has 1 to 255 characters, all of them printable ASCII without spaces.")
        raise Problem(422, "idempotency-key", detail)
    return key


def begin(token: Token, key: str, request: HttpRequest) -> KeptAnswer | HttpResponse:
    """Take the key, or answer again. Waits while another request that has it is at work. Raises Problem."""
    asked = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    digest = salted_hmac("api.key", key, algorithm="sha256").hexdigest()
    fingerprint = salted_hmac("api.request", asked.hex(), algorithm="sha256").hexdigest()
    try:
        with transaction.atomic():
            return KeptAnswer.objects.create(token=token, key=digest, fingerprint=fingerprint)
    except IntegrityError:
        kept = KeptAnswer.objects.get(token=token, key=digest)
    if kept.fingerprint != fingerprint:
        raise Problem(422, "idempotency-key-reused", _("This key came with another request before."))
    response = HttpResponse(kept.body, status=kept.status)
    for name, value in kept.headers.items():
        response[name] = value
    response["Idempotent-Replayed"] = "true"
    return response


def keep(kept: KeptAnswer, response: HttpResponse) -> None:
    kept.status, kept.body = response.status_code, response.content.decode()
    kept.headers = {name: response[name] for name in HEADERS if response.has_header(name)}
    kept.save(update_fields=["status", "body", "headers"])


def prune() -> None:
    old = KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT)
    while ids := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        KeptAnswer.objects.filter(pk__in=ids).delete()
