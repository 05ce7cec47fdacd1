"""Mail about domains that turned red and that recovered: one digest for each organization, once per real change.

A check is told of when a later look than the one that turned it said the same; so is its recovery. A flap tells nobody.
A check is marked told in the transaction that writes its organization's letters: a worker that dies loses no news and
repeats none. From there on the outbox delivers, under leases, for as long as it takes.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from domains.models import Domain
from domains.records import Level
from domains.rules.verdicts import RED, Status
from panel import mail, outbox
from panel.contacts import language_of
from panel.models import Contact, Organization, User

from .models import Check, CircuitBreaker, DigestWait
from .show.sentences import short
from .signals import check_told

MAX_LINES = 100  # of one digest
BATCH = 1_000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class News:
    """Checks of one organization to tell of."""

    red: list[Check] = field(default_factory=list)
    well: list[Check] = field(default_factory=list)


def tell_people() -> int:
    """Write the digests that are due. Returns of how many organizations."""
    news: dict[int, News] = defaultdict(News)
    now = timezone.now()
    waiting = DigestWait.objects.filter(until__gt=now).values("organization")
    turned = (
        _turned_red() if CircuitBreaker.holding() is None else Check.objects.none()
    )  # who lies may have lied before
    for check in turned.exclude(domain__service__organization__in=waiting)[:BATCH]:
        news[check.domain.service.organization_id].red.append(check)
    for check in _recovered().exclude(domain__service__organization__in=waiting)[:BATCH]:
        news[check.domain.service.organization_id].well.append(check)
    organizations = Organization.objects.in_bulk(list(news))
    return sum(_tell(organization, news[pk]) for pk, organization in organizations.items())


def _tell(organization: Organization, found: News) -> bool:
    """Mark the checks and write the letters, both or neither. What another worker has marked is its news to tell."""
    contacts = list(Contact.told(organization))
    wanted = organization.notify and organization.state == Organization.State.ACTIVE
    if wanted and contacts and outbox.room(organization) < len(contacts):
        outbox.tell_staff(organization)
        DigestWait.failed(organization, timezone.now())
        return False
    with transaction.atomic():
        now = timezone.now()
        red = [
            check for check in found.red if Check.objects.filter(pk=check.pk, told_red_at=None).update(told_red_at=now)
        ]
        told = Check.objects.exclude(told_red_at=None)
        well = [check for check in found.well if told.filter(pk=check.pk).update(told_red_at=None)]
        for check in (*red, *well):
            check_told.send(sender=Check, check=check, red=check in red)
        if not (wanted and contacts and (red or well)):
            return False
        _write(organization, News(red, well), contacts)
        DigestWait.objects.filter(organization=organization).delete()
    return True


def _checks() -> QuerySet[Check]:
    return Check.objects.select_related("domain__name", "domain__service__organization").order_by("pk")


def _turned_red() -> QuerySet[Check]:
    """Required checks of verified domains that at least two looks called red, and that nobody was told of."""
    red = _checks().filter(level=Level.REQUIRED, status__in=list(RED), told_red_at=None, stale_since=None)
    return red.filter(domain__state=Domain.State.VERIFIED, domain__check_run__checked_at__gt=F("changed_at"))


def _recovered() -> QuerySet[Check]:
    """Checks that were told of and that at least two looks called green, or that are not asked for any more."""
    told = _checks().exclude(told_red_at=None).filter(stale_since=None)
    well = told.filter(Q(status__in=[Status.OK, Status.OFF]) | Q(level=Level.RECOMMENDED, status__in=list(RED)))
    return well.filter(domain__check_run__checked_at__gt=F("changed_at"))


def _write(organization: Organization, news: News, contacts: list[Contact]) -> None:
    """One letter for each contact, with a link of his own to hear no more."""
    with translation.override(language_of(organization)):
        context = {
            "organization": organization,
            "red": _lines(news.red),
            "well": _lines(news.well),
            "more": max(len(news.red) - MAX_LINES, 0) + max(len(news.well) - MAX_LINES, 0),
            "panel_name": settings.PANEL_NAME,
            "page": settings.PUBLIC_URL + reverse("diagnostics:red_of_organization", args=[organization.code]),
        }
        for contact in contacts:
            stop = settings.PUBLIC_URL + reverse("panel:contact_unsubscribe", args=[contact.token])
            subject, body = mail.letter("diagnostics/mail/digest.txt", {**context, "stop": stop})
            headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
            outbox.post("digest", contact.email, subject, body, headers=headers, organization=organization)


def _lines(checks: list[Check]) -> list[dict[str, str]]:
    return [
        {
            "domain": check.domain.name.unicode,
            "kind": check.kind,
            "says": short(check.status, check.reason, check.facts, intended=check.intended),
            "page": settings.PUBLIC_URL
            + reverse("diagnostics:change", args=[check.domain.service.name, check.domain.name.name, check.kind]),
        }
        for check in checks[:MAX_LINES]
    ]


def tell_staff_of_breaker(breaker: CircuitBreaker) -> None:
    """Verdicts are held: staff should look."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    page = settings.PUBLIC_URL + reverse("diagnostics:operator")
    mail.send("diagnostics/mail/breaker.txt", staff, {"breaker": breaker, "page": page})
