"""E-mail accounts."""

from typing import Annotated, Literal

from django.conf import settings
from ninja import Header, Query

from accounts import credentials, lists, usage, verbs
from accounts.hashing import hash_password
from accounts.models import EmailAccount
from accounts.models.accounts import Seen
from accounts.preview import RowProblem
from accounts.runs.results import link_address
from accounts.words import fault_words
from panel.errors import Refused
from panel.keyset import Cursor

from ..access import account_of, service_of, services_of
from ..framework import Asked, operation
from ..paging import Page, next_address
from ..placing import password_for, placement_of, row_of
from ..problems import Problem
from ..schemas.accounts import AccountOfService, AccountOut, Configuration, ConfiguredOut, LinkOut, Names, PasswordWish
from ..schemas.base import NO_NUL, Id
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = "/services/{service_name}/accounts"
ONE = f"{ALL}/{{account_id}}"
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", max_length=60, description="The version that was seen: refused (`stale`) if it changed."),
]
Typed = Annotated[str, Query(max_length=253, pattern=NO_NUL)]


@operation("GET", ALL, scope=READ, response=Page[AccountOut])
def list_accounts(
    request: Asked,
    service_name: ServiceInPath,
    q: Annotated[str, Query(max_length=200, pattern=NO_NUL, description="Part of an address or a name.")] = "",
    state: Literal["", "slot", "active", "suspended"] = "",
    domain: Typed = "",
    sort: Literal["address", "-address", "name", "-name", "configured", "-configured"] = "address",
    after: Annotated[str, Query(max_length=1000, pattern=NO_NUL, description="As in `next`.")] = "",
) -> Page[AccountOut]:
    """Accounts of a service, 50 on a page."""
    service = service_of(request.auth, service_name)
    if after and Cursor.parse(after) is None:
        raise Problem(422, "invalid", errors=[{"field": "after", "code": "cursor", "detail": "Take it from `next`."}])
    parameters = {"q": q, "state": state, "domain": domain, "sort": sort, "after": after}
    question = lists.ListQuery.of(service.pk, parameters)
    page = lists.page_of(service.pk, question, ())
    usage.attach(service, page.accounts)
    credentials.attach(service, page.accounts)
    following = next_address(request, page.next) if page.next else None
    return Page(items=[AccountOut.of(account) for account in page.accounts], next=following)


@operation("GET", "/accounts", scope=READ, response=Page[AccountOfService])
def find_account(
    request: Asked,
    address: Annotated[str, Query(min_length=1, max_length=320, pattern=NO_NUL, description="The whole address.")],
) -> Page[AccountOfService]:
    """The account with this address, of whichever service that the token reaches; of a slot, its own address."""
    token, _at, domain = address.strip().lower().rpartition("@")
    rows = EmailAccount.objects.select_related("service__organization", "service__platform")
    rows = rows.filter(service__in=services_of(request.auth))
    is_slot = domain == settings.SLOT_DOMAIN
    rows = rows.filter(slot_token=token) if is_slot else rows.filter(address_key=address.strip().lower())
    return Page(items=[AccountOfService.of(account) for account in rows[:1]])


@operation("GET", ONE, scope=READ, response=AccountOut)
def get_account(request: Asked, service_name: ServiceInPath, account_id: Id) -> AccountOut:
    """One account."""
    return AccountOut.of(account_of(request.auth, service_name, account_id))


@operation("POST", ALL, scope=WRITE, response=ConfiguredOut, status=201)
def configure_next_account(request: Asked, service_name: ServiceInPath, wish: Configuration) -> ConfiguredOut:
    """Turn the service's next free slot into a mailbox."""
    service = service_of(request.auth, service_name)
    slot = EmailAccount.objects.filter(service=service, state=EmailAccount.State.SLOT).order_by("id").first()
    if slot is None:
        raise Refused(RowProblem.NO_SLOT, fault_words(RowProblem.NO_SLOT))
    slot.service = service
    return _configure(request, slot, wish, None)


@operation("POST", f"{ONE}/configure", scope=WRITE, response=ConfiguredOut)
def configure_account(
    request: Asked, service_name: ServiceInPath, account_id: Id, wish: Configuration, if_match: IfMatch = None
) -> ConfiguredOut:
    """Turn this slot into a mailbox."""
    return _configure(request, account_of(request.auth, service_name, account_id), wish, seen_of(if_match))


def _configure(request: Asked, account: EmailAccount, wish: Configuration, seen: Seen | None) -> ConfiguredOut:
    row = row_of(account, wish)
    password, told = password_for(account.service_id, wish.password, (row.name, row.display_name))
    placement = placement_of(row, hash_password(password))
    verbs.configure(account, placement, by=request.auth, owner=True, seen=seen)
    return ConfiguredOut(**AccountOut.of(account).model_dump(), password=told or None)


@operation("PATCH", ONE, scope=WRITE, response=AccountOut)
def rename_account(
    request: Asked, service_name: ServiceInPath, account_id: Id, wish: Names, if_match: IfMatch = None
) -> AccountOut:
    """Change address and names of a configured account.

    No mail moves: the mailbox stays the same.
    """
    account = account_of(request.auth, service_name, account_id)
    placement = placement_of(row_of(account, wish))
    verbs.rename(account, placement, by=request.auth, owner=True, seen=seen_of(if_match))
    return AccountOut.of(account)


@operation("POST", f"{ONE}/suspend", scope=WRITE, response=AccountOut)
def suspend_account(
    request: Asked, service_name: ServiceInPath, account_id: Id, if_match: IfMatch = None
) -> AccountOut:
    """Stop login and sending; mail still arrives."""
    account = account_of(request.auth, service_name, account_id)
    verbs.suspend(account, by=request.auth, seen=seen_of(if_match))
    return AccountOut.of(account)


@operation("POST", f"{ONE}/resume", scope=WRITE, response=AccountOut)
def resume_account(request: Asked, service_name: ServiceInPath, account_id: Id, if_match: IfMatch = None) -> AccountOut:
    """Make a suspended account active again."""
    account = account_of(request.auth, service_name, account_id)
    verbs.resume(account, by=request.auth, seen=seen_of(if_match))
    return AccountOut.of(account)


@operation("POST", f"{ONE}/reset", scope=WRITE, response=AccountOut)
def reset_account(request: Asked, service_name: ServiceInPath, account_id: Id, if_match: IfMatch = None) -> AccountOut:
    """Make a slot of it again.

    Its mail is kept for 30 days.
    """
    account = account_of(request.auth, service_name, account_id)
    verbs.reset(account, by=request.auth, seen=seen_of(if_match))
    return AccountOut.of(account)


@operation("POST", f"{ONE}/password", scope=WRITE, response=ConfiguredOut)
def change_password(
    request: Asked, service_name: ServiceInPath, account_id: Id, wish: PasswordWish, if_match: IfMatch = None
) -> ConfiguredOut:
    """Set a password, or have one generated."""
    account = account_of(request.auth, service_name, account_id)
    names = (account.address_key.partition("@")[0], account.display_name)
    password, told = password_for(account.service_id, wish.password, names)
    verbs.set_password(account, hash_password(password), by=request.auth, seen=seen_of(if_match))
    return ConfiguredOut(**AccountOut.of(account).model_dump(), password=told or None)


@operation("POST", f"{ONE}/password-link", scope=WRITE, response=LinkOut)
def make_password_link(request: Asked, service_name: ServiceInPath, account_id: Id) -> LinkOut:
    """Make a link with which its person sets the password.

    Until it is used nobody can sign in.
    """
    account = account_of(request.auth, service_name, account_id)
    token, link = verbs.make_link(account, by=request.auth)
    return LinkOut(link=link_address(token), expires_at=link.expires_at)


def seen_of(if_match: str | None) -> Seen | None:
    """The version that an If-Match header names. Raises Problem where it names none."""
    if if_match is None or if_match.strip() == "*":
        return None
    seen = Seen.parse(if_match.strip().strip('"'))
    if seen is None:
        raise Problem(
            422, "invalid", errors=[{"field": "If-Match", "code": "version", "detail": "Take it from `version`."}]
        )
    return seen
