"""Groups, and the forwarding of accounts."""

from typing import Annotated

from django.http import Http404
from django.urls import reverse
from ninja import Query

from accounts import forwarding, groups
from accounts.models import GroupMember, MailGroup
from accounts.preview import RowProblem
from accounts.words import fault_words
from panel.errors import Refused

from ..access import account_of, domain_of, group_of, service_of, the_one_that_went
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.base import Id, Note
from ..schemas.groups import (
    ForwardingOut,
    ForwardingWish,
    ForwardOut,
    GroupChange,
    GroupOut,
    MemberOfGroupOut,
    MembersAddedOut,
    NewGroup,
    NewMembersOfGroup,
)
from .accounts import ONE as ACCOUNT
from .services import ServiceInPath

READ, WRITE = "accounts:read", "accounts:write"
ALL = "/services/{service_name}/groups"
ONE = f"{ALL}/{{group_id}}"
MEMBERS = f"{ONE}/members"


@operation("GET", ALL, scope=READ, response=Page[GroupOut])
def list_groups(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[GroupOut]:
    """Groups of a service, the oldest first."""
    rows = MailGroup.objects.filter(service=service_of(request.auth, service_name))
    related = rows.select_related("address__name").prefetch_related("named")
    return page_of(request, related, GroupOut.of, key="id", after=after, limit=limit)


@operation("POST", ALL, scope=WRITE, response=GroupOut, status=201)
def create_group(request: Asked, service_name: ServiceInPath, wish: NewGroup) -> Reply:
    """Make a group without members: until it has some, mail to it is refused."""
    service = service_of(request.auth, service_name)
    try:
        domain = domain_of(request.auth, service_name, wish.domain)
    except Http404:
        raise Refused(RowProblem.DOMAIN_UNKNOWN, fault_words(RowProblem.DOMAIN_UNKNOWN), field="domain") from None
    facts = groups.GroupWish(wish.title, wish.senders, wish.named)
    made = groups.create(service, wish.name, domain, facts, by=request.auth, owner=True)
    where = reverse("api:api_v1:get_group", args=[service.name, made.pk])
    return Reply(GroupOut.of(made), status=201, location=where)


@operation("GET", ONE, scope=READ, response=GroupOut)
def get_group(request: Asked, service_name: ServiceInPath, group_id: Id) -> GroupOut:
    """One group."""
    return GroupOut.of(group_of(request.auth, service_name, group_id))


@operation("PATCH", ONE, scope=WRITE, response=GroupOut)
def change_group(request: Asked, service_name: ServiceInPath, group_id: Id, wish: GroupChange) -> GroupOut:
    """Change its name, or who may write to it."""
    found = group_of(request.auth, service_name, group_id)
    said = wish.model_dump(exclude_none=True)
    named = [entry.address for entry in found.named.all()]
    title, senders = said.get("title", found.title), said.get("senders", found.senders)
    groups.change(found, groups.GroupWish(title, senders, said.get("named", named)), by=request.auth)
    return GroupOut.of(group_of(request.auth, service_name, group_id))


@operation("DELETE", ONE, scope=WRITE, response=Note)
def delete_group(request: Asked, service_name: ServiceInPath, group_id: Id) -> Note:
    """Have mail to a group refused, and its address be free again."""
    found = group_of(request.auth, service_name, group_id)
    address = str(found)
    groups.delete(found, by=request.auth)
    return Note(done=address)


@operation("GET", MEMBERS, scope=READ, response=Page[MemberOfGroupOut])
def list_members_of_group(
    request: Asked, service_name: ServiceInPath, group_id: Id, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[MemberOfGroupOut]:
    """Who gets what is sent to a group."""
    rows = GroupMember.objects.filter(group=group_of(request.auth, service_name, group_id))
    related = rows.select_related("account")
    return page_of(request, related, MemberOfGroupOut.of, key="id", after=after, limit=limit)


@operation("POST", MEMBERS, scope=WRITE, response=MembersAddedOut, status=201)
def add_members_to_group(request: Asked, service_name: ServiceInPath, group_id: Id, wish: NewMembersOfGroup) -> Reply:
    """Add accounts, or addresses outside: all of these or, where one is refused, none."""
    found = group_of(request.auth, service_name, group_id)
    added = groups.add_members(found, "\n".join(wish.addresses), by=request.auth)
    return Reply(MembersAddedOut(added=added), status=201)


@operation("DELETE", f"{MEMBERS}/{{member_id}}", scope=WRITE, response=Note)
def remove_member_of_group(request: Asked, service_name: ServiceInPath, group_id: Id, member_id: Id) -> Note:
    """Take one out of a group."""
    found = group_of(request.auth, service_name, group_id)
    return Note(done=the_one_that_went(groups.remove_members(found, [member_id], by=request.auth)))


@operation("GET", "/services/{service_name}/forwarding", scope=READ, response=Page[ForwardOut])
def list_forwarding(
    request: Asked,
    service_name: ServiceInPath,
    outside: Annotated[bool, Query(description="Only what leaves the organization.")] = False,
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[ForwardOut]:
    """Where the accounts of a service pass mail on to."""
    rows = forwarding.of_service(service_of(request.auth, service_name), only_outside=outside)
    return page_of(request, rows, ForwardOut.of, key="id", after=after, limit=limit)


@operation("GET", f"{ACCOUNT}/forwarding", scope=READ, response=ForwardingOut)
def get_forwarding(request: Asked, service_name: ServiceInPath, account_id: Id) -> ForwardingOut:
    """Where an account passes mail on to."""
    account = account_of(request.auth, service_name, account_id)
    return ForwardingOut.of(forwarding.of_account(account))


@operation("PUT", f"{ACCOUNT}/forwarding", scope=WRITE, response=ForwardingOut)
def set_forwarding(request: Asked, service_name: ServiceInPath, account_id: Id, wish: ForwardingWish) -> ForwardingOut:
    """Pass an account's mail on to these addresses, in place of those before.

    An empty list ends it. `keep`: a copy stays in the mailbox.
    """
    account = account_of(request.auth, service_name, account_id)
    forwarding.set_forwarding(account, "\n".join(wish.to), keep=wish.keep, by=request.auth)
    return ForwardingOut.of(forwarding.of_account(account))
