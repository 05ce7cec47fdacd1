"""What domains show on the overview."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.access import services_of
from panel.models import User
from panel.overview import MOST, Need, counted

from .models import Dispute, ZoneChange

LATELY = timedelta(days=14)  # after which a change that failed is no news
CHANGES = 5  # that are named one by one


def needs(user: User) -> list[Need]:
    found = [_failed(change) for change in failed_changes(user)[:CHANGES]]
    if user.is_staff:
        number = Dispute.objects.filter(state=Dispute.State.OPEN).order_by()[: MOST + 1].count()
        if number:
            words = ngettext("%(n)s dispute over a name is open", "%(n)s disputes over names are open", number)
            found.append(Need(words % {"n": counted(number)}, reverse("domains:disputes"), "red"))
    return found


def failed_changes(user: User) -> list[ZoneChange]:
    """Changes that were not applied, or in part, and that no later change of the same domain has made good."""
    failed = [ZoneChange.State.FAILED, ZoneChange.State.PARTIAL]
    later = ZoneChange.objects.filter(
        service=OuterRef("service"),
        zone_name=OuterRef("zone_name"),
        domain_name=OuterRef("domain_name"),
        pk__gt=OuterRef("pk"),
    )
    changes = ZoneChange.objects.filter(state__in=failed, created_at__gt=timezone.now() - LATELY)
    if not user.is_staff:
        changes = changes.filter(service__in=services_of(user))
    return list(changes.exclude(Exists(later)).select_related("service").order_by("-pk")[:CHANGES])


def _failed(change: ZoneChange) -> Need:
    name = change.domain_name or change.zone_name
    words = {
        ZoneChange.State.PARTIAL: _("The change of %(name)s was applied only in part"),
        ZoneChange.State.FAILED: _("The change of %(name)s was not applied"),
    }[ZoneChange.State(change.state)]
    return Need(words % {"name": name}, reverse("domains:change", args=[change.service.name, change.pk]), "red")
