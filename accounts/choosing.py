"""Choosing a domain of a service: from a list while it is short, by typing where there are thousands."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from domains.models import Domain
from domains.names import NameRefused, host_to_ascii
from domains.search import encoded

IN_A_LIST = 100  # more are found by typing
SUGGESTED = 20
TEXT_AT_MOST = 253


def domains_of(service_id: int, *, verified: bool = False) -> QuerySet[Domain]:
    domains = Domain.objects.filter(service_id=service_id).select_related("name").order_by("name__name")
    return domains.filter(state=Domain.State.VERIFIED) if verified else domains


def listed(service_id: int, *, verified: bool = False) -> tuple[list[Domain], bool]:
    """The domains to choose from, and whether there are more than a list takes (then the first ones)."""
    found = list(domains_of(service_id, verified=verified)[: IN_A_LIST + 1])
    return found[:IN_A_LIST], len(found) > IN_A_LIST


def pending(service_id: int) -> list[Domain]:
    """Some that cannot be chosen yet: shown, so that nobody wonders where they are."""
    waiting = Domain.objects.filter(service_id=service_id, state=Domain.State.PENDING).select_related("name")
    return list(waiting.order_by("name__name")[:SUGGESTED])


def why_not(domain: Domain) -> str:
    """A domain that cannot be chosen, with why."""
    return _("%(name)s (not verified yet)") % {"name": domain.name.unicode}


def suggested(service_id: int, text: str, *, verified: bool = False) -> list[Domain]:
    """Some domains whose name holds what was typed, in either form."""
    typed = text.replace("\0", "").strip().lower().rstrip(".")[:TEXT_AT_MOST]
    wanted = typed if typed.isascii() else encoded(typed)
    return list(domains_of(service_id, verified=verified).filter(name__name__contains=wanted)[:SUGGESTED])


def named(service_id: int, text: str) -> Domain | None:
    """The service's domain of this name, in either form."""
    try:
        name = host_to_ascii(text.strip()[:TEXT_AT_MOST])
    except NameRefused:
        return None
    return domains_of(service_id).filter(name__name=name).first()
