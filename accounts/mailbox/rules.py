"""Inbox rules and automatic reply, as the mailbox's owner sees and changes them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from panel.once import once

from ..views import inbox_rules as pages
from .access import MailboxOwner, for_owner
from .menu import MENU


def _opened(owner: MailboxOwner) -> pages.OpenedRules:
    def address_of(name: str, *numbers: int) -> str:
        return reverse(f"mailbox:{name}", args=numbers)

    return pages.OpenedRules(
        account=owner.account,
        by=owner.actor,
        may_change=True,
        base="accounts/mailbox/_rules_base.html",
        back=reverse("mailbox:home"),
        address_of=address_of,
        around={"owner": owner, "menu": MENU, "tab": "mailbox:rules"},
    )


@for_owner
def rules(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    return pages.rule_list(request, _opened(owner))


@for_owner
@once
def new_rule(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    return pages.edit_rule(request, _opened(owner))


@for_owner
def rule(request: HttpRequest, owner: MailboxOwner, rule_id: int) -> HttpResponse:
    return pages.edit_rule(request, _opened(owner), rule_id)


@for_owner
def delete_rule(request: HttpRequest, owner: MailboxOwner, rule_id: int) -> HttpResponse:
    return pages.delete_rule_page(request, _opened(owner), rule_id)


@require_POST
@for_owner
def move_rule(request: HttpRequest, owner: MailboxOwner, rule_id: int) -> HttpResponse:
    return pages.move(request, _opened(owner), rule_id)


@require_POST
@for_owner
def switch_rule(request: HttpRequest, owner: MailboxOwner, rule_id: int) -> HttpResponse:
    return pages.switch(request, _opened(owner), rule_id)


@for_owner
def auto_reply(request: HttpRequest, owner: MailboxOwner) -> HttpResponse:
    return pages.edit_reply(request, _opened(owner))
