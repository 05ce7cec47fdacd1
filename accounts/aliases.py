"""Aliases of accounts: further addresses that receive and may be sent as."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Count, F, QuerySet
from django.utils import timezone

from panel.activity import record
from panel.errors import Refused
from panel.models import Service

from . import batch, preview, rules
from .addresses import split_addresses
from .columns import Field
from .models import Address, Alias, EmailAccount
from .pasted import AddressesRefused, RefusedAddress
from .preview import ALIASES_AT_MOST, RowProblem
from .words import fault_words

if TYPE_CHECKING:
    from panel.actors import Actor

type Pair = tuple[str, str]  # name and domain, as they are stored


def of_account(account: EmailAccount) -> QuerySet[Alias]:
    """In the order of their addresses."""
    aliases = Alias.objects.filter(account=account).select_related("address__name")
    return aliases.order_by("address__name__name", "address__local_part")


def alias_counts(accounts: Iterable[int]) -> dict[int, int]:
    """account id → how many aliases it has, of those that have some."""
    rows = Alias.objects.filter(account_id__in=list(accounts)).values_list("account_id")
    return dict(rows.annotate(count=Count("pk")).order_by())


def attach(accounts: Sequence[EmailAccount]) -> None:
    """Set `alias_count` of each: one question for all of them."""
    counts = alias_counts(account.pk for account in accounts)
    for account in accounts:
        account.alias_count = counts.get(account.pk, 0)


def pairs_of(addresses: Iterable[str]) -> list[Pair]:
    return [(name, domain) for name, _at, domain in (address.partition("@") for address in addresses)]


def read(text: str, domain: str) -> tuple[dict[Pair, str], list[RefusedAddress]]:
    """The addresses of a text, each with how it was written, and what cannot be one. `domain`: of bare names."""
    found: dict[Pair, str] = {}
    faults = []
    for written in split_addresses(text):
        row = preview.parse(0, {Field.ADDRESS: written}, default_domain=domain)
        if row.faults:
            faults.append(RefusedAddress(written, row.faults[0].code, row.faults[0].facts))
        else:
            found.setdefault((row.name, row.domain), written)
    return found, faults


@transaction.atomic
def add(account: EmailAccount, text: str, *, by: Actor, owner: bool) -> list[str]:
    """Give the account these aliases: all of them or, where one is refused, none. Returns the new ones; those that it
    has already are passed over. `owner`: whether reserved names may be among them. Raises Refused."""
    service = batch.locked(account.service_id)
    fresh = EmailAccount.objects.select_related("domain__name").get(pk=account.pk)
    if fresh.is_slot or fresh.domain is None:
        raise Refused("wrong-state", batch.NOT_CONFIGURED)
    wanted, faults = read(text, fresh.domain.name.name)
    domains = batch.domains_for_update(service, {domain for _name, domain in wanted})
    taken = batch.taken_among(domains, wanted)
    new = []
    for (name, domain), written in wanted.items():
        claim = taken.get((name, domain))
        if claim is not None and claim.alias_of == fresh.pk:
            continue
        new.append((name, domain))
        code = _problem_of(fresh, name, domain, batch.problem_of(name, domain, domains, taken), owner=owner)
        if code:
            faults.append(RefusedAddress(written, code, {}))
    if len(new) + Alias.objects.filter(account=fresh).count() > ALIASES_AT_MOST:
        words = fault_words(RowProblem.ALIASES_MANY, {"limit": ALIASES_AT_MOST})
        raise Refused(RowProblem.ALIASES_MANY, words, field="addresses")
    if faults:
        raise AddressesRefused(faults)
    if not new:
        return []
    add_to_each(service, {fresh.pk: new}, timezone.now())
    _touch(fresh)
    added = [f"{name}@{domain}" for name, domain in new]
    record("account.aliases_added", actor=by, service=service, target=fresh.shown_address, after={"aliases": added})
    account.refresh_from_db()
    return added


def _problem_of(account: EmailAccount, name: str, domain: str, problem: RowProblem | None, *, owner: bool) -> str:
    if f"{name}@{domain}" == account.address_key:
        return RowProblem.ADDRESS_OWN
    if name in rules.RESERVED and not owner:
        return rules.NameRule.NAME_RESERVED
    return RowProblem.ADDRESS_ACCOUNT if problem is RowProblem.ADDRESS_TAKEN else problem or ""


@transaction.atomic
def remove(account: EmailAccount, ids: Iterable[int], *, by: Actor) -> list[str]:
    """Their addresses are free again. Returns those that went. Raises Refused where the service is closed."""
    service = batch.locked(account.service_id)
    chosen = Alias.objects.filter(account=account, pk__in=list(ids)[: 2 * ALIASES_AT_MOST])
    gone = [str(alias) for alias in chosen.select_related("address__name")]
    if not gone:
        return []
    batch.remove_aliases(chosen)
    _touch(account)
    record("account.aliases_removed", actor=by, service=service, target=account.shown_address, before={"aliases": gone})
    account.refresh_from_db()
    return gone


def _touch(account: EmailAccount) -> None:
    EmailAccount.objects.filter(pk=account.pk).update(changed_at=timezone.now(), version=F("version") + 1)


# Many accounts, within a run. The caller holds the service's row.


def lost(service: Service, wanted: Mapping[int, Sequence[Pair]]) -> set[int]:
    """Keys of those that cannot have all their addresses now, since somebody has one or a domain is not attached."""
    domains = batch.domains_for_update(service, {domain for pairs in wanted.values() for _name, domain in pairs})
    taken = batch.taken_among(domains, [pair for pairs in wanted.values() for pair in pairs])
    found: set[int] = set()
    for key, pairs in wanted.items():
        if any(batch.problem_of(name, domain, domains, taken) for name, domain in pairs):
            found.add(key)
        else:
            taken |= dict.fromkeys(pairs, batch.Claim(service.pk))
    return found


def add_to_each(service: Service, wanted: Mapping[int, Sequence[Pair]], now: datetime) -> None:
    """account id → aliases that nobody has."""
    domains = batch.domains_for_update(service, {domain for pairs in wanted.values() for _name, domain in pairs})
    flat = [(account, name, domains[domain]) for account, pairs in wanted.items() for name, domain in pairs]
    addresses = Address.objects.bulk_create(
        [Address(name=domain.name, local_part=name) for _account, name, domain in flat], batch_size=batch.AT_ONCE
    )
    Alias.objects.bulk_create(
        [
            Alias(address=address, account_id=account, domain=domain, created_at=now)
            for (account, _name, domain), address in zip(flat, addresses, strict=True)
        ],
        batch_size=batch.AT_ONCE,
    )
