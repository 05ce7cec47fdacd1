"""Groups, and the forwarding of accounts."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from accounts.forwarding import TARGETS_AT_MOST
from accounts.groups import MEMBERS_AT_MOST
from accounts.models import Forwarding, ForwardTarget, GroupMember, MailGroup

from .accounts import DomainName, LocalPart, MailAddress
from .base import NO_NUL, Wish

Senders = Literal["everyone", "organization", "members", "named"]
Title = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
Addresses = Annotated[list[MailAddress], Field(max_length=MEMBERS_AT_MOST)]


class GroupOut(BaseModel):
    """One address whose members each get what is sent to it. `senders`: who may write to it; `named`: the addresses
    that may, where they are named."""

    id: int
    address: str
    title: str
    senders: Senders
    named: list[str]

    @classmethod
    def of(cls, group: MailGroup) -> Self:
        facts = {"address": str(group), "named": [str(entry) for entry in group.named.all()]}
        return cls.model_validate({"id": group.pk, "title": group.title, "senders": str(group.senders), **facts})


class NewGroup(Wish):
    """`name` is what stands before the @."""

    name: LocalPart
    domain: DomainName
    title: Title = ""
    senders: Senders = "everyone"
    named: Addresses = []


class GroupChange(Wish):
    """What is left out stays."""

    title: Title | None = None
    senders: Senders | None = None
    named: Addresses | None = None


class MemberOfGroupOut(BaseModel):
    """`account`: its number, of an account of the service."""

    id: int
    address: str
    account: int | None

    @classmethod
    def of(cls, member: GroupMember) -> Self:
        return cls(id=member.pk, address=str(member), account=member.account_id)


class NewMembersOfGroup(Wish):
    addresses: list[MailAddress] = Field(min_length=1, max_length=MEMBERS_AT_MOST)


class MembersAddedOut(BaseModel):
    """Those that are new: the group may have had the others already."""

    added: list[str]


class ForwardOut(BaseModel):
    """`outside`: it leaves the organization. `keep`: a copy stays in the mailbox."""

    id: int
    account: int
    address: str
    to: str
    outside: bool
    keep: bool

    @classmethod
    def of(cls, target: ForwardTarget) -> Self:
        forwarding = target.forwarding
        return cls(
            id=target.pk,
            account=forwarding.account_id,
            address=forwarding.account.shown_address,
            to=str(target),
            outside=target.leaves,
            keep=forwarding.keep,
        )


class ForwardingOut(BaseModel):
    """Empty where nothing is forwarded."""

    to: list[str]
    keep: bool

    @classmethod
    def of(cls, forwarding: Forwarding | None) -> Self:
        if forwarding is None:
            return cls(to=[], keep=True)
        return cls(to=[str(target) for target in forwarding.targets.all()], keep=forwarding.keep)


class ForwardingWish(Wish):
    to: list[MailAddress] = Field(max_length=TARGETS_AT_MOST)
    keep: StrictBool = True
