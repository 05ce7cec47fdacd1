"""Who or what changed the colour of a check: told from the activity log and from what the panel wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.urls import reverse
from django.utils.translation import gettext as _

from domains.models import Domain, ZoneChange
from panel.models import Activity

from .models import CheckChange

AT_ONCE = timedelta(seconds=5)  # between a person's word and the change that it made
SEEN_WITHIN = timedelta(hours=2)  # after the panel wrote, or the mode was changed
MOST = 500  # entries of the log that are weighed for one page
DOMAIN_VERBS = ("domain.mode_changed", "domain.attached", "domain.verified")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """A change of colour with its cause. `link` leads to the change of the zone that made it."""

    step: CheckChange
    cause: str
    link: str = ""


def told(domain: Domain, steps: Sequence[CheckChange]) -> list[ToldChange]:
    """Each with its cause, in two queries."""
    if not steps:
        return []
    first = min(step.at for step in steps) - SEEN_WITHIN
    last = max(step.at for step in steps) + AT_ONCE
    name = domain.name.name
    targets = [name, *{f"{step.kind} {name}" for step in steps}]
    log = list(
        Activity.objects.filter(
            service_id=domain.service_id,
            target__in=targets,
            at__range=(first, last),
            verb__in=("check.intended", "check.not_intended", *DOMAIN_VERBS),
        )
        .only("verb", "at", "actor_label", "target")
        .order_by("-id")[:MOST]
    )
    written = list(
        ZoneChange.objects.filter(domain=domain, finished_at__range=(first, last))
        .exclude(state=ZoneChange.State.FAILED)
        .select_related("applied_by", "undone_by")
        .order_by("-finished_at")[:MOST]
    )
    return [_told(domain, step, log, written) for step in steps]


def _told(domain: Domain, step: CheckChange, log: list[Activity], written: list[ZoneChange]) -> ToldChange:
    mine = f"{step.kind} {domain.name.name}"
    for entry in log:
        if entry.target == mine and abs(entry.at - step.at) <= AT_ONCE:
            words = (
                _("%(who)s marked it as intended")
                if entry.verb == "check.intended"
                else _("%(who)s had the rules applied again")
            )
            return ToldChange(step, words % {"who": entry.actor_label})
    for change in written:
        if change.finished_at is not None and step.at - SEEN_WITHIN <= change.finished_at <= step.at:
            undone = change.state == ZoneChange.State.UNDONE
            who = change.undone_by if undone else change.applied_by
            words = _("%(who)s had a change undone") if undone else _("%(who)s had changes applied")
            link = reverse("domains:change", args=[domain.service.name, change.pk])
            return ToldChange(step, words % {"who": who.email if who else _("the panel")}, link)
    for entry in log:
        if entry.target == domain.name.name and step.at - SEEN_WITHIN <= entry.at <= step.at:
            if entry.verb == "domain.mode_changed":
                return ToldChange(step, _("%(who)s changed the mode") % {"who": entry.actor_label})
            if entry.verb == "domain.verified" and step.kind == "CNAME":
                return ToldChange(step, _("the domain was verified"))
    return ToldChange(step, _("seen in the DNS"))
