"""Groups: one address, many members, and who may write to it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from panel.activity import record
from panel.errors import Refused
from panel.models import Service

from . import batch, outside, preview, rules
from .addresses import split_addresses
from .columns import Field
from .models import Address, GroupMember, GroupSender, MailGroup
from .pasted import AddressesRefused, RefusedAddress
from .preview import RowProblem
from .words import fault_words

if TYPE_CHECKING:
    from panel.actors import Actor

MEMBERS_AT_MOST = 1000
GROUPS_AT_MOST = 1000  # of a service

type Member = tuple[int | None, str, str]  # account, or name and domain


@dataclass(frozen=True, slots=True)
class GroupWish:
    """What a group is to be; the address is read as an account's."""

    title: str
    senders: str
    named: Sequence[str] = ()  # as written


def of_service(service: Service) -> QuerySet[MailGroup]:
    groups = MailGroup.objects.filter(service=service).select_related("address__name", "domain__name")
    return groups.annotate(size=Count("members")).order_by("address__name__name", "address__local_part")


def members_of(group: MailGroup) -> list[GroupMember]:
    """In the order of their addresses."""
    return sorted(group.members.select_related("account"), key=str)


@transaction.atomic
def create(service: Service, name: str, domain: Domain, wish: GroupWish, *, by: Actor, owner: bool) -> MailGroup:
    """A group without members, which receives nothing yet. Raises Refused."""
    service = batch.locked(service.pk)
    row = preview.parse(0, {Field.ADDRESS: name}, default_domain=domain.name.name)
    if row.faults:
        raise Refused(row.faults[0].code, fault_words(row.faults[0].code, row.faults[0].facts), field="name")
    if row.name in rules.RESERVED and not owner:
        raise Refused(rules.NameRule.NAME_RESERVED, fault_words(rules.NameRule.NAME_RESERVED), field="name")
    if MailGroup.objects.filter(service=service).count() >= GROUPS_AT_MOST:
        raise Refused("groups-many", _("The limit of groups of a service is %(limit)s.") % {"limit": GROUPS_AT_MOST})
    domains = batch.domains_for_update(service, [row.domain])
    problem = batch.problem_of(row.name, row.domain, domains, batch.taken_among(domains, [(row.name, row.domain)]))
    if problem:
        code = RowProblem.ADDRESS_ACCOUNT if problem is RowProblem.ADDRESS_TAKEN else problem
        raise Refused(code, fault_words(code), field="name")
    at = domains[row.domain]
    address = Address.objects.create(name=at.name, local_part=row.name)
    group = MailGroup.objects.create(service=service, domain=at, address=address)
    _set(group, wish)
    record("group.created", actor=by, service=service, target=str(group), after=_facts(group))
    return group


@transaction.atomic
def change(group: MailGroup, wish: GroupWish, *, by: Actor) -> None:
    """Another title, other senders. Raises Refused."""
    service = batch.locked(group.service_id)
    before = _facts(group)
    _set(group, wish)
    after = _facts(group)
    if before != after:
        record("group.changed", actor=by, service=service, target=str(group), before=before, after=after)


def _set(group: MailGroup, wish: GroupWish) -> None:
    if wish.senders not in MailGroup.Senders:
        raise Refused("senders", _("Choose who may write to it."), field="senders")
    named, faults = _read_outside("\n".join(wish.named))
    if faults:
        raise AddressesRefused(faults, field="named")
    if wish.senders == MailGroup.Senders.NAMED and not named:
        raise Refused("senders-missing", _("Name at least one address."), field="named")
    if len(named) > MEMBERS_AT_MOST:
        raise _too_many("named")
    group.title = rules.normalise_text(wish.title)[: rules.TEXT_MAX]
    if rules.broken_by_text(group.title):
        raise Refused("title", _("The name contains characters that cannot be displayed."), field="title")
    group.senders = wish.senders
    group.save(update_fields=["title", "senders"])
    GroupSender.objects.filter(group=group).delete()
    if wish.senders == MailGroup.Senders.NAMED:
        GroupSender.objects.bulk_create(GroupSender(group=group, address=f"{n}@{d}") for n, d in named)


def _read_outside(text: str) -> tuple[dict[tuple[str, str], str], list[RefusedAddress]]:
    """Addresses of anybody, each with how it was written."""
    found: dict[tuple[str, str], str] = {}
    faults = []
    for written in split_addresses(text):
        pair = outside.parse(written)
        if pair is None:
            faults.append(RefusedAddress(written, RowProblem.ADDRESS_FORM, {}))
        else:
            found.setdefault(pair, written)
    return found, faults


def _facts(group: MailGroup) -> dict[str, object]:
    return {
        "title": group.title,
        "senders": str(group.senders),
        "named": list(group.named.values_list("address", flat=True)),
    }


@transaction.atomic
def add_members(group: MailGroup, text: str, *, by: Actor) -> list[str]:
    """All of these or, where one is refused, none. Returns the new ones. Raises Refused."""
    service = batch.locked(group.service_id)
    wanted, faults = _read_outside(_with_domain(text, group.domain.name.name))
    found = outside.owners(service, wanted)
    allowed = outside.allowed(service)
    have = {_key(member) for member in group.members.all()}
    new: dict[Member, str] = {}
    for (name, domain), written in wanted.items():
        owner = found.get((name, domain))
        as_account = owner is not None and owner.account_id and "+" not in name  # a detail is to stay
        member: Member = (owner.account_id, "", "") if owner and as_account else (None, name, domain)
        if member in have:
            continue
        code = _problem_of(member, owner, allowed=allowed or (owner is not None and owner.inside))
        if code:
            faults.append(RefusedAddress(written, code, {}))
        else:
            new.setdefault(member, written)
    if faults:
        raise AddressesRefused(faults, field="addresses")
    if len(have) + len(new) > MEMBERS_AT_MOST:
        raise _too_many("addresses")
    rows = [GroupMember(group=group, account_id=pk, local_part=name, domain=domain) for pk, name, domain in new]
    GroupMember.objects.bulk_create(rows, batch_size=batch.AT_ONCE)
    added = sorted(str(member) for member in group.members.select_related("account") if _key(member) in new)
    if added:
        record("group.members_added", actor=by, service=service, target=str(group), after={"members": added})
    return added


def _with_domain(text: str, domain: str) -> str:
    """A bare name is meant at the group's own domain."""
    return "\n".join(each if "@" in each else f"{each}@{domain}" for each in split_addresses(text))


def _key(member: GroupMember) -> Member:
    return member.account_id, member.local_part, member.domain


def _problem_of(member: Member, owner: outside.Owner | None, *, allowed: bool) -> str:
    if owner is not None and owner.group_id:
        return RowProblem.MEMBER_GROUP
    if member[0] is None and owner is not None and owner.unknown:
        return RowProblem.ADDRESS_UNKNOWN
    return "" if member[0] is not None or allowed else RowProblem.OUTSIDE_FORBIDDEN


def _too_many(field: str) -> Refused:
    words = _("The limit of members of a group is %(limit)s.") % {"limit": MEMBERS_AT_MOST}
    return Refused("members-many", words, field=field)


@transaction.atomic
def remove_members(group: MailGroup, ids: Iterable[int], *, by: Actor) -> list[str]:
    """Returns those that went. Raises Refused where the service is closed."""
    service = batch.locked(group.service_id)
    chosen = GroupMember.objects.filter(group=group, pk__in=list(ids)[: 2 * MEMBERS_AT_MOST])
    gone = sorted(str(member) for member in chosen.select_related("account"))
    if gone:
        chosen.delete()
        record("group.members_removed", actor=by, service=service, target=str(group), before={"members": gone})
    return gone


@transaction.atomic
def delete(group: MailGroup, *, by: Actor) -> None:
    """Its address is free again. Raises Refused where the service is closed."""
    service = batch.locked(group.service_id)
    before = {**_facts(group), "members": sorted(map(str, group.members.select_related("account")))}
    address = str(group)
    address_id = group.address_id
    group.delete()
    Address.objects.filter(pk=address_id).delete()
    record("group.deleted", actor=by, service=service, target=address, before=before)
