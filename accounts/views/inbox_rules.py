"""Rules and automatic reply of one account. Whose account it is and where the pages are, `OpenedRules` says: the panel
mounts them for members of the organization, and others may for the mailbox's own person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from panel.access import person, require
from panel.actors import Actor
from panel.errors import Refused
from panel.models import Role
from panel.once import once

from .. import outside
from ..access import account_for
from ..inbox_rules import terms, usecases, words
from ..inbox_rules.forms import ReplyForm, RuleForm, done_or_marked
from ..models import EmailAccount, InboxRule, OwnScript


@dataclass(frozen=True, slots=True)
class OpenedRules:
    """An account whose rules somebody may see. `address_of`: of the page of this name, with a rule's number; `back`:
    the page from which one came; `base`: the template around, whose context is `around`."""

    account: EmailAccount
    by: Actor
    may_change: bool
    base: str
    back: str
    address_of: Callable[..., str]
    around: Mapping[str, Any] = field(default_factory=dict)

    def shown(self, request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
        links = {name: self.address_of(name) for name in ("rules", "new_rule", "auto_reply")}
        facts = {
            "account": self.account,
            "may_change": self.may_change,
            "configured": not self.account.is_slot,
            "base": self.base,
            "back": self.back,
            "links": links,
        }
        return render(request, template, {**self.around, **facts, **context}, status=status)


def rule_list(request: HttpRequest, opened: OpenedRules) -> HttpResponse:
    """All rules in their order, the reply and the own script."""
    account = opened.account
    rows = usecases.of_account(account)
    reply = usecases.reply_of(account)
    return opened.shown(
        request,
        "accounts/rules.html",
        rules=[_line(opened, row, place, len(rows)) for place, row in enumerate(rows)],
        full=len(rows) >= terms.RULES_AT_MOST,
        limit=terms.RULES_AT_MOST,
        reply=reply,
        reply_words=words.reply_sentence(reply.reply) if reply else "",
        own=OwnScript.objects.filter(account=account).first(),
        allowed=outside.allowed(account.service),
    )


def _line(opened: OpenedRules, row: InboxRule, place: int, number: int) -> dict[str, Any]:
    names = ("rule", "move_rule", "switch_rule", "delete_rule")
    return {
        "row": row,
        "sentence": words.sentence(row.rule),
        "first": place == 0,
        "last": place == number - 1,
        "links": {name: opened.address_of(name, row.pk) for name in names},
    }


def edit_rule(request: HttpRequest, opened: OpenedRules, number: int | None = None) -> HttpResponse:
    """A new rule, or another one in its place."""
    row = None if number is None else _row(opened.account, number)
    form = RuleForm(request.POST or None, rule=row.rule if row else None)

    def save() -> None:
        if row is None:
            usecases.add(opened.account, form.rule, by=opened.by)
        else:
            usecases.change(opened.account, row.pk, form.rule, by=opened.by)

    if request.method == "POST" and form.is_valid() and done_or_marked(form, save):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect(opened.address_of("rules"))
    return opened.shown(
        request,
        "accounts/rule.html",
        200 if request.method != "POST" else 400,
        form=form,
        rule=row,
        allowed=outside.allowed(opened.account.service),
    )


def delete_rule_page(request: HttpRequest, opened: OpenedRules, number: int) -> HttpResponse:
    """A page that says what is deleted, and its button."""
    row = _row(opened.account, number)
    if request.method != "POST":
        return opened.shown(request, "accounts/delete_rule.html", rule=row, sentence=words.sentence(row.rule))
    _carried_out(request, lambda: usecases.delete(opened.account, number, by=opened.by), _("The rule is deleted."))
    return redirect(opened.address_of("rules"))


def move(request: HttpRequest, opened: OpenedRules, number: int) -> HttpResponse:
    _row(opened.account, number)
    up = request.POST.get("to") == "up"
    _carried_out(request, lambda: usecases.move(opened.account, number, up=up, by=opened.by))
    return redirect(opened.address_of("rules"))


def switch(request: HttpRequest, opened: OpenedRules, number: int) -> HttpResponse:
    _row(opened.account, number)
    on = request.POST.get("on") == "1"
    said = _("The rule is on.") if on else _("The rule is off.")
    _carried_out(request, lambda: usecases.switch(opened.account, number, on=on, by=opened.by), said)
    return redirect(opened.address_of("rules"))


def edit_reply(request: HttpRequest, opened: OpenedRules) -> HttpResponse:
    row = usecases.reply_of(opened.account)
    names = ("enabled", "starts", "ends", "subject", "text", "audience", "days")
    form = ReplyForm(request.POST or None, initial={name: getattr(row, name) for name in names} if row else None)

    def save() -> None:
        usecases.set_reply(opened.account, form.reply, by=opened.by)

    if request.method == "POST" and form.is_valid() and done_or_marked(form, save):
        messages.success(request, _("Saved. It holds from the next message on."))
        return redirect(opened.address_of("auto_reply"))
    return opened.shown(
        request,
        "accounts/auto_reply.html",
        200 if request.method != "POST" else 400,
        form=form,
        reply=row,
        reply_words=words.reply_sentence(row.reply) if row else "",
    )


def _row(account: EmailAccount, number: int) -> InboxRule:
    found = InboxRule.objects.filter(account=account, pk=number).first()
    if found is None:
        raise Http404
    return found


def _carried_out(request: HttpRequest, verb: Callable[[], object], said: str = "") -> None:
    try:
        verb()
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        if said:
            messages.success(request, said)


# As the panel mounts them.


def _opened(request: HttpRequest, service_name: str, account_id: int, *, at_least: Role = Role.VIEWER) -> OpenedRules:
    account = account_for(request.user, service_name, account_id, at_least=at_least)
    role = require(request.user, account.service.organization)

    def address_of(name: str, *numbers: int) -> str:
        return reverse(f"accounts:{name}", args=[service_name, account_id, *numbers])

    return OpenedRules(
        account=account,
        by=person(request),
        may_change=role.rank >= Role.TECHNICIAN.rank,
        base="accounts/_rules_base.html",
        back=address_of("account"),
        address_of=address_of,
        around={"service": account.service, "tab": "accounts"},
    )


@login_required
def rules(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    return rule_list(request, _opened(request, service_name, account_id))


@login_required
@once
def new_rule(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    return edit_rule(request, _opened(request, service_name, account_id, at_least=Role.TECHNICIAN))


@login_required
def rule(request: HttpRequest, service_name: str, account_id: int, rule_id: int) -> HttpResponse:
    return edit_rule(request, _opened(request, service_name, account_id, at_least=Role.TECHNICIAN), rule_id)


@login_required
def delete_rule(request: HttpRequest, service_name: str, account_id: int, rule_id: int) -> HttpResponse:
    return delete_rule_page(request, _opened(request, service_name, account_id, at_least=Role.TECHNICIAN), rule_id)


@login_required
@require_POST
def move_rule(request: HttpRequest, service_name: str, account_id: int, rule_id: int) -> HttpResponse:
    return move(request, _opened(request, service_name, account_id, at_least=Role.TECHNICIAN), rule_id)


@login_required
@require_POST
def switch_rule(request: HttpRequest, service_name: str, account_id: int, rule_id: int) -> HttpResponse:
    return switch(request, _opened(request, service_name, account_id, at_least=Role.TECHNICIAN), rule_id)


@login_required
def auto_reply(request: HttpRequest, service_name: str, account_id: int) -> HttpResponse:
    least = Role.TECHNICIAN if request.method == "POST" else Role.VIEWER
    return edit_reply(request, _opened(request, service_name, account_id, at_least=least))
