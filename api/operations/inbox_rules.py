"""Inbox rules and automatic replies of accounts."""

from accounts.inbox_rules import usecases
from accounts.models import OwnScript

from ..access import account_of
from ..framework import Asked, operation
from ..schemas.base import Id
from ..schemas.inbox_rules import AutoReplyOut, AutoReplyWish, InboxRulesOut, InboxRulesWish
from .accounts import ONE as ACCOUNT
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
RULES, REPLY = f"{ACCOUNT}/rules", f"{ACCOUNT}/auto-reply"


@operation("GET", RULES, scope=READ, response=InboxRulesOut)
def get_rules(request: Asked, service_name: ServiceInPath, account_id: Id) -> InboxRulesOut:
    """What an account does with its mail as it arrives, in the order in which the rules apply."""
    account = account_of(request.auth, service_name, account_id)
    return InboxRulesOut.of(usecases.of_account(account), OwnScript.objects.filter(account=account).first())


@operation("PUT", RULES, scope=WRITE, response=InboxRulesOut)
def set_rules(request: Asked, service_name: ServiceInPath, account_id: Id, wish: InboxRulesWish) -> InboxRulesOut:
    """Give an account these rules, in place of those before: all of them or, where one is refused, none.

    They hold from the next message on. An empty list ends them. Rules that are as before keep their `id`.
    """
    account = account_of(request.auth, service_name, account_id)
    rows = usecases.put(account, [rule.rule() for rule in wish.rules], by=request.auth)
    return InboxRulesOut.of(rows, OwnScript.objects.filter(account=account).first())


@operation("GET", REPLY, scope=READ, response=AutoReplyOut)
def get_auto_reply(request: Asked, service_name: ServiceInPath, account_id: Id) -> AutoReplyOut:
    """What an account answers by itself."""
    return AutoReplyOut.of(usecases.reply_of(account_of(request.auth, service_name, account_id)))


@operation("PUT", REPLY, scope=WRITE, response=AutoReplyOut)
def set_auto_reply(request: Asked, service_name: ServiceInPath, account_id: Id, wish: AutoReplyWish) -> AutoReplyOut:
    """Set what an account answers by itself, from the next message on. `enabled`: false ends it and keeps the text."""
    account = account_of(request.auth, service_name, account_id)
    return AutoReplyOut.of(usecases.set_reply(account, wish.reply(), by=request.auth))
