"""Mail to the owners of organizations about their domains, and to staff where they must decide."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.urls import reverse

from panel import mail
from panel.models import Role, User

if TYPE_CHECKING:
    from panel.models import Organization

    from .models import Domain


def tell_released(holder: Domain, claimant: Domain) -> None:
    """Staff gave a disputed name to the claimant: both hear of it, neither is told who the other is."""
    _tell(holder, "domains/mail/lost.txt")
    _tell(claimant, "domains/mail/won.txt")


def tell_staff_of_dispute(holder: Domain, claimant: Domain) -> None:
    """Staff must decide who has a name: once for each case, when it is opened for certain."""
    context = {
        "domain": holder.name.unicode,
        "holder": holder.service.name,
        "claimant": claimant.service.name,
        "page": settings.PUBLIC_URL + reverse("domains:disputes"),
    }
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    mail.send("domains/mail/dispute.txt", staff, context)


def remind_pending(domain: Domain, *, remove_on: date) -> None:
    """The proof is still awaited."""
    _tell(domain, "domains/mail/pending.txt", remove_on=remove_on)


def tell_removed(domain: Domain) -> None:
    """A domain whose proof never came has been removed."""
    _tell(domain, "domains/mail/removed.txt")


def _tell(domain: Domain, template: str, **facts: Any) -> None:
    """One letter to each owner, in the owner's language, written in the caller's transaction."""
    service = domain.service
    page = settings.PUBLIC_URL + reverse("diagnostics:domains", args=[service.name])
    context = {
        "domain": domain.name.unicode,
        "service": service.name,
        "page": page,
        "record": f"{domain.ownership.token}.{domain.name.name}",
        "host": domain.platform.verification_host,
        **facts,
    }
    owners = _owners(service.organization)
    mail.send(template, owners, context, organization=service.organization)


def _owners(organization: Organization) -> list[User]:
    owners = User.objects.filter(memberships__organization=organization, memberships__role=Role.OWNER, is_active=True)
    return list(owners.order_by("pk"))
