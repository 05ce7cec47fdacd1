from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from ..access import person
from ..forms import Yourself


@login_required
def email_address(request: HttpRequest) -> HttpResponse:
    """In place of the sign-in library's own page: an address is changed by staff, so that nobody takes another's."""
    return redirect("panel:yourself")


@login_required
def yourself(request: HttpRequest) -> HttpResponse:
    """One's name and language, and the ways to password and second factor."""
    user = person(request)
    shown = {"second_factor": is_mfa_enabled(user), "memberships": user.memberships.select_related("organization")}
    form = Yourself(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        if user.language:
            translation.activate(user.language)
        messages.success(request, _("Saved."))
        return redirect("panel:yourself")
    return render(request, "panel/yourself.html", {"form": form, **shown}, status=400 if form.errors else 200)
