from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from panel.access import person, require, service_for
from panel.errors import Refused
from panel.models import Role
from panel.once import once

from .. import groups as use_cases
from .. import outside
from ..access import group_for
from ..forms import AddressesForm, GroupForm, NewGroupForm
from ..models import MailGroup
from ..shown import shown
from .parts import done_or_said, remove_ticked

PAGE = 50


@login_required
def groups(request: HttpRequest, service_name: str) -> HttpResponse:
    """The groups of a service."""
    service = service_for(request.user, service_name)
    role = require(request.user, service.organization)
    context = {
        "service": service,
        "tab": "accounts",
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "page": Paginator(use_cases.of_service(service), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "accounts/groups.html", context)


@login_required
@once
def new_group(request: HttpRequest, service_name: str) -> HttpResponse:
    """A group without members; its page is next."""
    service = service_for(request.user, service_name, at_least=Role.TECHNICIAN)
    owner = require(request.user, service.organization) is Role.OWNER
    form = NewGroupForm(request.POST or None, service=service)
    made: list[MailGroup] = []

    def create() -> None:
        data = form.cleaned_data
        made.append(use_cases.create(service, data["name"], data["domain"], form.wish, by=person(request), owner=owner))

    if request.method == "POST" and form.is_valid() and done_or_said(form, create):
        words = _("%(address)s is a group. Add its members: until then mail to it is refused.")
        messages.success(request, words % {"address": shown(str(made[0]))})
        return redirect("accounts:group", service.name, made[0].pk)
    context = {"service": service, "tab": "accounts", "form": form}
    return render(request, "accounts/new_group.html", context, status=400 if form.errors else 200)


@login_required
@once
def group(request: HttpRequest, service_name: str, group_id: int) -> HttpResponse:
    """A group: its members, and adding some."""
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    found = group_for(request.user, service_name, group_id, at_least=least)
    role = require(request.user, found.service.organization)
    form = AddressesForm(request.POST or None)
    form.fields["addresses"].label = _("New members")
    form.fields["addresses"].help_text = _(
        "Accounts, and addresses outside: one or several, divided by line breaks, blanks or semicolons."
    )
    added: list[str] = []

    def add() -> None:
        added.extend(use_cases.add_members(found, form.cleaned_data["addresses"], by=person(request)))

    if request.method == "POST" and form.is_valid() and done_or_said(form, add):
        words = ngettext("%(n)d member was added.", "%(n)d members were added.", len(added)) % {"n": len(added)}
        messages.success(request, words if added else _("They are members already."))
        return redirect("accounts:group", service_name, group_id)
    context = {
        "service": found.service,
        "tab": "accounts",
        "group": found,
        "may_change": role.rank >= Role.TECHNICIAN.rank,
        "members": use_cases.members_of(found),
        "named": list(found.named.all()),
        "allowed": outside.allowed(found.service),
        "form": form,
    }
    return render(request, "accounts/group.html", context, status=400 if form.errors else 200)


@login_required
def change_group(request: HttpRequest, service_name: str, group_id: int) -> HttpResponse:
    """Its name, and who may write to it."""
    found = group_for(request.user, service_name, group_id, at_least=Role.TECHNICIAN)
    named = "\n".join(map(str, found.named.all()))
    initial = {"title": found.title, "senders": found.senders, "named": named}
    form = GroupForm(request.POST or None, initial=initial)

    def change() -> None:
        use_cases.change(found, form.wish, by=person(request))

    if request.method == "POST" and form.is_valid() and done_or_said(form, change):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect("accounts:group", service_name, group_id)
    context = {"service": found.service, "tab": "accounts", "group": found, "form": form}
    return render(request, "accounts/change_group.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
@once
def remove_members(request: HttpRequest, service_name: str, group_id: int) -> HttpResponse:
    """Those that are ticked."""
    found = group_for(request.user, service_name, group_id, at_least=Role.TECHNICIAN)
    remove_ticked(
        request,
        "member",
        lambda ids: use_cases.remove_members(found, ids, by=person(request)),
        lambda n: ngettext("%(n)d member was removed.", "%(n)d members were removed.", n),
        _("Tick the members to remove."),
    )
    return redirect("accounts:group", service_name, group_id)


@login_required
def delete_group(request: HttpRequest, service_name: str, group_id: int) -> HttpResponse:
    """A page that says what it means, and its button."""
    found = group_for(request.user, service_name, group_id, at_least=Role.TECHNICIAN)
    if request.method == "POST":
        address = shown(str(found))
        try:
            use_cases.delete(found, by=person(request))
        except Refused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("The group %(address)s has been deleted.") % {"address": address})
        return redirect("accounts:groups", service_name)
    context = {"service": found.service, "tab": "accounts", "group": found}
    return render(request, "accounts/delete_group.html", context)
