from __future__ import annotations

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ... import outbox
from ...access import person, staff_required
from ...acting import do
from ...listing import listing
from ...models import Letter

STATES = {state.value: Q(state=state.value) for state in Letter.State}
FILTERS = {"state": {**STATES, "trouble": ~Q(error="") | Q(state="failed")}}


@staff_required
def letters(request: HttpRequest) -> HttpResponse:
    """The outbox: what waits, what was delivered, what went wrong."""
    found = listing(
        request,
        Letter.objects.defer("content").select_related("organization"),
        search=["recipient__istartswith", "organization__code"],
        sorts={"id": "id", "recipient": "recipient", "next": "next_at"},
        default="-id",
        filters=FILTERS,
    )
    states = [("trouble", _("with an error")), *Letter.State.choices]
    return render(request, "panel/staff/mail.html", {"list": found, "states": states, "now": timezone.now()})


@require_POST
@staff_required
def retry(request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.defer("content").select_related("organization"), pk=letter_id)

    def again() -> None:
        letter.retry(actor=person(request))
        outbox.wake()

    return do(request, again, _("The letter will be sent as soon as possible."), then=reverse("panel:staff_mail"))


@require_POST
@staff_required
def discard(request: HttpRequest, letter_id: int) -> HttpResponse:
    letter = get_object_or_404(Letter.objects.defer("content").select_related("organization"), pk=letter_id)
    return do(
        request,
        lambda: letter.discard(actor=person(request)),
        _("The letter has been discarded."),
        then=reverse("panel:staff_mail"),
    )


@require_POST
@staff_required
def retry_all(request: HttpRequest) -> HttpResponse:
    """After the mail server has been put right: all that was given up or waits because of an error."""
    number = outbox.retry_all(actor=person(request))
    if number:
        words = ngettext(
            "%(n)d letter is sent as soon as possible.", "%(n)d letters are sent as soon as possible.", number
        )
        messages.success(request, words % {"n": number})
    else:
        messages.info(request, _("No letter is waiting because of an error."))
    return redirect("panel:staff_mail")
