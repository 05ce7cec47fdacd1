"""Mail about domains that turned red and that recovered: one digest for each organization, once per real change.

A check is told of when a later look than the one that turned it said the same; so is its recovery. A flap tells nobody.
A digest that cannot be sent is tried again after ever longer waits.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from domains.models import Domain
from domains.records import Level
from domains.rules.verdicts import RED, Status
from panel import mail
from panel.models import Organization, User

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
    """Send the digests that are due. Returns how many. A check is marked before, so that nobody is told twice."""
    news: dict[int, News] = defaultdict(News)
    now = timezone.now()
    waiting = DigestWait.objects.filter(until__gt=now).values("organization")
    turned = (
        _turned_red() if CircuitBreaker.holding() is None else Check.objects.none()
    )  # who lies may have lied before
    for check in turned.exclude(domain__service__organization__in=waiting)[:BATCH]:
        if _noted(check, Check.objects.filter(pk=check.pk, told_red_at=None), now):
            news[check.domain.service.organization_id].red.append(check)
    for check in _recovered().exclude(domain__service__organization__in=waiting)[:BATCH]:
        if _noted(check, Check.objects.filter(pk=check.pk).exclude(told_red_at=None), None):
            news[check.domain.service.organization_id].well.append(check)
    organizations = Organization.objects.filter(pk__in=list(news), notify=True, state=Organization.State.ACTIVE)
    return sum(_send(organization, news[organization.pk]) for organization in organizations)


@transaction.atomic
def _noted(check: Check, untold: QuerySet[Check], at: datetime | None) -> bool:
    """Whether it is ours to tell of. `at`: when it was red; None: it recovered."""
    if not untold.update(told_red_at=at):
        return False
    check_told.send(sender=Check, check=check, red=at is not None)
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


def _send(organization: Organization, news: News) -> int:
    if not organization.contacts:
        return 0
    with translation.override(language_of(organization)):
        subject, body = mail.letter(
            "diagnostics/mail/digest.txt",
            {
                "organization": organization,
                "red": _lines(news.red),
                "well": _lines(news.well),
                "more": max(len(news.red) - MAX_LINES, 0) + max(len(news.well) - MAX_LINES, 0),
                "panel_name": settings.PANEL_NAME,
                "page": settings.PUBLIC_URL + reverse("diagnostics:red_of_organization", args=[organization.code]),
            },
        )
    try:
        EmailMessage(subject, body, to=list(organization.contacts)).send()
    except (OSError, SMTPException, ValueError) as error:  # of an address that no mail can be written to: ValueError
        log.warning("digest to %s not sent, tried again later: %s", organization.code, error)
        Check.objects.filter(pk__in=[check.pk for check in news.red]).update(told_red_at=None)
        Check.objects.filter(pk__in=[check.pk for check in news.well]).update(told_red_at=timezone.now())
        DigestWait.failed(organization, timezone.now())
        return 0
    DigestWait.objects.filter(organization=organization).delete()
    return 1


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


def language_of(organization: Organization) -> str:
    """The language of its first owner who chose one."""
    owners = User.objects.filter(memberships__organization=organization, memberships__role="owner").exclude(language="")
    return owners.order_by("pk").values_list("language", flat=True).first() or settings.LANGUAGE_CODE


def tell_staff_of_breaker(breaker: CircuitBreaker) -> None:
    """Verdicts are held: staff should look."""
    staff = User.objects.filter(is_staff=True, is_active=True).order_by("pk")
    page = settings.PUBLIC_URL + reverse("diagnostics:operator")
    mail.send("diagnostics/mail/breaker.txt", staff, {"breaker": breaker, "page": page})
