"""Aliases of accounts."""

from django.http import Http404

from accounts import aliases
from accounts.models import Alias

from ..access import account_of
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.accounts import AliasesOut, AliasOut, NewAliases
from ..schemas.base import Id, Note
from .accounts import ONE as ACCOUNT
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = f"{ACCOUNT}/aliases"


@operation("GET", ALL, scope=READ, response=Page[AliasOut])
def list_aliases(
    request: Asked, service_name: ServiceInPath, account_id: Id, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[AliasOut]:
    """Further addresses of an account, the oldest first."""
    account = account_of(request.auth, service_name, account_id)
    rows = Alias.objects.filter(account=account).select_related("address__name")
    return page_of(request, rows, AliasOut.of, key="id", after=after, limit=limit)


@operation("POST", ALL, scope=WRITE, response=AliasesOut, status=201)
def add_aliases(request: Asked, service_name: ServiceInPath, account_id: Id, wish: NewAliases) -> Reply:
    """Give an account aliases: all of these or, where one is refused, none.

    The detail of a refusal has a line for each address that was refused.
    """
    account = account_of(request.auth, service_name, account_id)
    added = aliases.add(account, "\n".join(wish.addresses), by=request.auth.label, owner=True)
    return Reply(AliasesOut(added=added), status=201)


@operation("DELETE", f"{ALL}/{{alias_id}}", scope=WRITE, response=Note)
def remove_alias(request: Asked, service_name: ServiceInPath, account_id: Id, alias_id: Id) -> Note:
    """Take an alias away: mail to it is refused from then on."""
    account = account_of(request.auth, service_name, account_id)
    gone = aliases.remove(account, [alias_id], by=request.auth.label)
    if not gone:
        raise Http404
    return Note(done=gone[0])
