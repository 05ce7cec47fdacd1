"""Letters to owners and contacts 30, 7 and 1 days before a service renews or ends."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q
from django.utils import timezone

from . import links, mail
from .contacts import language_of
from .models import Contact, Organization, Role, Service, User

DAYS = (1, 7, 30)
BATCH = 500  # services read at a time


def remind() -> int:
    """Write what is due today. A day that was missed is made up for by the next run; no letter is written twice.
    Returns how many services somebody was reminded of."""
    today = timezone.localdate()
    last = today + timedelta(days=max(DAYS))
    ahead = Q(renews_on__gt=today, renews_on__lte=last) | Q(ends_on__gt=today, ends_on__lte=last)
    ahead |= Q(organization__ends_on__gt=today, organization__ends_on__lte=last)
    services = (
        Service.objects.filter(ahead, state=Service.State.ACTIVE, organization__state=Organization.State.ACTIVE)
        .select_related("organization")
        .order_by("pk")
    )
    return sum(_remind(service, today) for service in services.iterator(chunk_size=BATCH))


def _remind(service: Service, today: date) -> bool:
    """An end is told instead of a renewal: what ends before does not renew."""
    ends = min((day for day in (service.ends_on, service.organization.ends_on) if day), default=None)
    renews = service.renews_on
    if ends is not None and (renews is None or ends <= renews):
        return _tell("panel/mail/service_ends.txt", "ends", service, ends, today)
    return renews is not None and _tell("panel/mail/service_renews.txt", "renews", service, renews, today)


def due(day: date, today: date) -> int | None:
    """Which of the reminders is due: the one of the fewest days that are not fewer than are left."""
    left = (day - today).days
    return next((days for days in DAYS if 0 < left <= days), None)


def _tell(template: str, what: str, service: Service, day: date, today: date) -> bool:
    days = due(day, today)
    if days is None:
        return False
    organization = service.organization
    context = {
        "service": service,
        "day": day,
        "days": (day - today).days,
        "link": links.page("panel:service", service.name),
    }
    key = f"{what}:{service.pk}:{day}:{days}"
    owners = User.objects.filter(
        memberships__organization=organization, memberships__role=Role.OWNER, is_active=True
    ).order_by("pk")
    told = {owner.email for owner in owners}
    mail.send(template, owners, context, organization=organization, key=key)
    for contact in Contact.told(organization).exclude(email__in=told):
        mail.send(
            template, contact.email, context, language=language_of(organization), organization=organization, key=key
        )
    return True
