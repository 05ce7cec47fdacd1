"""What a contact opens from a letter, without signing in: to confirm, and to hear no more.

A page with a button, since programs that look at mail open its links, too. Mail programs that unsubscribe with one
click (RFC 8058) post to the same address.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from ..models import Contact


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    return _page(request, token, "confirm")


@csrf_exempt  # whoever has the link may; a mail program that posts knows no cookie
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    return _page(request, token, "unsubscribe")


def _page(request: HttpRequest, token: str, verb: str) -> HttpResponse:
    contact = Contact.of_token(token)
    if contact is None:
        return render(request, "panel/contact.html", {"gone": True}, status=410)
    done = request.method == "POST"
    if done:
        contact.confirm() if verb == "confirm" else contact.unsubscribe()
    return render(request, "panel/contact.html", {"contact": contact, "verb": verb, "done": done})
