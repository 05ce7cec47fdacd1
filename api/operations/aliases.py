"""Further addresses that reach an account: aliases, and the catch-all of a domain."""

from accounts import aliases, catching
from accounts.models import Alias, CatchAll

from ..access import account_of, domain_of, service_of, the_one_that_went
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.accounts import AliasesOut, AliasOut, CatchAllOut, CatchAllWish, NewAliases
from ..schemas.base import Id, Note
from .accounts import ONE as ACCOUNT
from .domains import NameInPath
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = f"{ACCOUNT}/aliases"
CATCH_ALLS = "/services/{service_name}/catch-alls"


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
    added = aliases.add(account, "\n".join(wish.addresses), by=request.auth, owner=True)
    return Reply(AliasesOut(added=added), status=201)


@operation("DELETE", f"{ALL}/{{alias_id}}", scope=WRITE, response=Note)
def remove_alias(request: Asked, service_name: ServiceInPath, account_id: Id, alias_id: Id) -> Note:
    """Take an alias away: mail to it is refused from then on."""
    account = account_of(request.auth, service_name, account_id)
    return Note(done=the_one_that_went(aliases.remove(account, [alias_id], by=request.auth)))


@operation("GET", CATCH_ALLS, scope=READ, response=Page[CatchAllOut])
def list_catch_alls(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[CatchAllOut]:
    """Which accounts take mail to unknown addresses, by domain."""
    rows = CatchAll.objects.filter(domain__service=service_of(request.auth, service_name))
    related = rows.select_related("domain__name", "account")
    return page_of(request, related, CatchAllOut.of, key="id", after=after, limit=limit)


@operation("PUT", f"{CATCH_ALLS}/{{name}}", scope=WRITE, response=CatchAllOut)
def set_catch_all(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: CatchAllWish) -> CatchAllOut:
    """Have an account take mail to unknown addresses of an authoritative domain.

    A change of the domain's mode ends it.
    """
    domain = domain_of(request.auth, service_name, name)
    account = catching.account_named(domain, wish.account)
    catching.set_catch_all(domain, account, by=request.auth)
    return CatchAllOut.of(CatchAll.objects.select_related("domain__name", "account").get(domain=domain))


@operation("DELETE", f"{CATCH_ALLS}/{{name}}", scope=WRITE, response=Note)
def end_catch_all(request: Asked, service_name: ServiceInPath, name: NameInPath) -> Note:
    """Have mail to unknown addresses of a domain refused again."""
    domain = domain_of(request.auth, service_name, name)
    catching.set_catch_all(domain, None, by=request.auth)
    return Note(done=domain.name.name)
