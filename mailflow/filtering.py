"""What the people of a domain want done about spam: changed here, holding for the next message."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from domains.models import Domain
from domains.names import NameRefused, to_ascii
from panel.activity import record
from panel.errors import Refused

from .addresses import split
from .models import ListedSender, Machine, SpamFilter
from .spam import MOST_LISTED

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Platform

_LOCAL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,64}\Z")


def runs(platform: Platform) -> bool:
    """Whether a mail machine of the platform has a spam filter: without one nothing may be claimed."""
    return Machine.objects.filter(platform=platform, filters_spam=True).exists()


@transaction.atomic
def set_filter(domain: Domain, *, action: str, threshold: int, by: Actor) -> SpamFilter:
    """From the next message on."""
    stored = SpamFilter.objects.select_for_update().filter(domain=domain).first()
    before = _facts(stored or SpamFilter(domain=domain))
    values = {"action": action, "threshold": threshold}
    after, _made = SpamFilter.objects.update_or_create(domain=domain, defaults=values)
    if _facts(after) != before:
        record(
            "domain.spam",
            actor=by,
            service=domain.service,
            target=domain.name.name,
            before=before,
            after=_facts(after),
        )
    return after


def _facts(stored: SpamFilter) -> dict[str, Any]:
    return {"action": stored.action, "threshold": stored.threshold}


def cleaned(text: str) -> str:
    """An address or a domain, as it is compared. Raises Refused."""
    local, at, name = text.strip().lower().rpartition("@")
    try:
        domain = to_ascii(name)
    except NameRefused:
        domain = ""
    if not domain or (local and not _LOCAL.match(local)):
        raise Refused(
            "no-sender", _("Write an e-mail address, or a domain, which stands for all its addresses."), field="sender"
        )
    return str(split(f"{local}@{domain}")) if at and local else domain


@transaction.atomic
def list_sender(domain: Domain, text: str, kind: str, *, by: Actor) -> ListedSender:
    """Allow or block a sender; one that is listed already changes sides. Raises Refused."""
    sender = cleaned(text)
    Domain.objects.select_for_update().get(pk=domain.pk)
    mine = ListedSender.objects.filter(domain=domain)
    before = mine.filter(sender=sender).first()
    if before is None and mine.count() >= MOST_LISTED:
        raise Refused("too-many", _("A domain lists at most %(most)d senders.") % {"most": MOST_LISTED}, field="sender")
    if before is not None and before.kind == kind:
        return before
    found, _made = ListedSender.objects.update_or_create(domain=domain, sender=sender, defaults={"kind": kind})
    record(
        "domain.sender_listed",
        actor=by,
        service=domain.service,
        target=domain.name.name,
        before={"kind": before.kind} if before else None,
        after={"sender": sender, "kind": kind},
    )
    return found


@transaction.atomic
def forget_sender(listed: ListedSender, *, by: Actor) -> None:
    before = {"sender": listed.sender, "kind": listed.kind}
    domain = listed.domain
    listed.delete()
    record(
        "domain.sender_forgotten", actor=by, service=domain.service, target=domain.name.name, before=before, after=None
    )
