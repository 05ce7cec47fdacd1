from __future__ import annotations

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ...access import person, staff_required
from ...acting import do
from ...counting import each
from ...forms import EditUser, NewStaff, carried_out
from ...listing import listing
from ...models import User
from ...once import keep_answer, once
from ...provisioning import new_password_link

FILTERS = {
    "kind": {"staff": Q(is_staff=True), "members": Q(is_staff=False), "blocked": Q(is_active=False)},
}


@staff_required
def users(request: HttpRequest) -> HttpResponse:
    found = listing(
        request,
        User.objects.annotate(n_organizations=each(User.objects.all(), Count("memberships"))),
        search=["email__icontains", "name__icontains"],
        sorts={"email": "email", "name": "name", "organizations": "n_organizations", "last": "last_login"},
        default="email",
        filters=FILTERS,
    )
    kinds = [("staff", _("staff")), ("members", _("members")), ("blocked", _("may not sign in"))]
    return render(request, "panel/staff/users.html", {"list": found, "kinds": kinds})


@staff_required
@once
def new_staff(request: HttpRequest) -> HttpResponse:
    """A colleague: the link to choose a password is mailed and shown once."""
    form = NewStaff(request.POST or None)
    made: dict[str, str] = {}

    @transaction.atomic
    def create() -> None:
        data = form.cleaned_data
        user = User.invite_staff(data["email"], data["name"], actor=person(request))
        made["email"], made["link"] = user.email, new_password_link(user, actor=person(request))

    if request.method == "POST" and form.is_valid() and carried_out(form, create):
        user = User.objects.get(email=made["email"])
        page = render(request, "panel/staff/link.html", {"person": user, "link": made["link"], "new": True})
        return keep_answer(page)
    return render(request, "panel/staff/new_staff.html", {"form": form}, status=400 if form.errors else 200)


@staff_required
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=user_id)
    names = ("name", "email", "is_active", "is_staff")
    form = EditUser(request.POST or None, initial={name: getattr(found, name) for name in names})
    if (
        request.method == "POST"
        and form.is_valid()
        and carried_out(form, lambda: found.change(actor=person(request), **form.cleaned_data))
    ):
        messages.success(request, _("Saved."))
        return redirect("panel:staff_user", found.pk)
    context = {
        "person": found,
        "form": form,
        "second_factor": is_mfa_enabled(found),
        "memberships": found.memberships.select_related("organization").order_by("organization__name"),
    }
    return render(request, "panel/staff/user.html", context, status=400 if form.errors else 200)


@never_cache
@require_POST
@staff_required
@once
def user_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """Another link to choose a password."""
    found = get_object_or_404(User, pk=user_id, is_active=True)
    link = new_password_link(found, actor=person(request))
    return keep_answer(render(request, "panel/staff/link.html", {"person": found, "link": link}))


@require_POST
@staff_required
def remove_second_factor(request: HttpRequest, user_id: int) -> HttpResponse:
    """For someone who has lost phone and keys."""
    found = get_object_or_404(User, pk=user_id)
    return do(
        request,
        lambda: found.remove_second_factor(actor=person(request)),
        _("%(email)s now signs in with the password alone.") % {"email": found.email},
        then=reverse("panel:staff_user", args=[found.pk]),
    )
