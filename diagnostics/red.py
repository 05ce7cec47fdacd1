"""What is red, for pages that list or count it."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from domains.records import Level
from domains.rules.verdicts import RED
from panel.access import seats_of
from panel.models import Organization, Service, User

from .models import Check, CheckRun

MOST = 99  # red domains that are counted one by one


def red_checks(services: QuerySet[Service]) -> QuerySet[Check]:
    """Required checks that are red. What has ended is looked at no more, and nobody has to mend it."""
    going_on = services.exclude(Q(state=Service.State.ENDED) | Q(organization__state=Organization.State.ENDED))
    red = Check.objects.filter(level=Level.REQUIRED, status__in=list(RED), domain__service__in=going_on)
    return red.select_related("domain__name", "domain__service__organization")


def red_domains(user: User | AnonymousUser) -> int:
    """How many domains that the user may see are red; MOST + 1 says more. One query, of as many rows at most."""
    if not user.is_authenticated:
        return 0
    check_runs = CheckRun.objects.filter(red__gt=0)
    if not user.is_staff:
        check_runs = check_runs.filter(organization__in=seats_of(user).values("organization"))
    return check_runs[: MOST + 1].count()
