"""Who may use a name: decided under the lock of the name's row, so that the rules hold under a race.

A verified authoritative attachment excludes every other verified one of its name in the installation. Pending
attachments claim nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from panel.activity import record
from panel.errors import Refused
from panel.limits import allowed

from .models.names import Name
from .names import to_unicode

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Organization, Service

    from .models import Domain

DETECTIONS_AN_HOUR = 20  # of names that others hold, by one organization
DETECTED = "authoritative-domain-detected"


class AuthoritativeDetected(Refused):
    """The name is claimed in a way that excludes what was asked. `other` is set where it is one's own attachment."""

    def __init__(self, message: str, other: Domain | None) -> None:
        super().__init__(DETECTED, message)
        self.other = other


@contextmanager
def counting(service: Service, name: str, actor: Actor) -> Iterator[None]:
    """Log whoever finds that another organization holds a name, and stop who looks for such names.

    Outside of transactions: what is refused is rolled back, its count is not.
    """
    try:
        yield
    except AuthoritativeDetected as refusal:
        if refusal.other is not None:
            raise
        record("domain.detected", actor=actor, service=service, target=name)
        organization = service.organization_id
        if not allowed("detected", organization, times=DETECTIONS_AN_HOUR, seconds=3600):
            raise Refused("too-many-attempts", _("Too many names. Wait an hour, or ask our staff.")) from None
        raise


@contextmanager
def locked(name: str) -> Iterator[Name]:
    """The name's row, locked until the transaction ends. On SQLite every transaction is IMMEDIATE: one at a time."""
    with transaction.atomic():
        Name.objects.get_or_create(name=name)
        yield Name.objects.select_for_update().get(name=name)


def require_free(
    name: Name, *, organization: Organization, authoritative: bool, but: Domain | None = None, joining: bool = False
) -> None:
    """Refuse where a verified attachment other than `but` excludes one more. Call it under the name's lock.

    `joining`: the attachment will be pending and claim nothing; it may then stand beside a holder of another
    organization whose own proof is gone, so that its right to the name can be proven and staff can decide.
    """
    for other in _verified(name, but):
        if not authoritative and other.mode == other.Mode.NON_AUTHORITATIVE:
            continue
        own = other.service.organization_id == organization.pk
        if joining and not own and other.proof_lost_at is not None:
            continue
        raise AuthoritativeDetected(_detected(other, own=own), other if own else None)


def require_place(name: Name, platform_id: int, *, organization: Organization, but: Domain | None = None) -> None:
    """Refuse a second verified attachment on one platform: it could not tell whose mail is whose."""
    for other in _verified(name, but):
        if other.platform_id == platform_id:
            if other.service.organization_id == organization.pk:
                raise Refused(
                    "attached-on-platform",
                    _("%(name)s is attached to %(service)s, which is on the same platform.")
                    % {"name": to_unicode(name.name), "service": other.service.name},
                )
            raise Refused(
                "attached-on-platform",
                _("%(name)s is already used on this platform.") % {"name": to_unicode(name.name)},
            )


def holder_without_proof(name: Name, *, organization: Organization) -> Domain | None:
    """The verified attachment of another organization whose own proof is gone, if there is one."""
    others = (
        other
        for other in _verified(name, None)
        if other.proof_lost_at is not None and other.service.organization_id != organization.pk
    )
    return next(others, None)


def _verified(name: Name, but: Domain | None) -> list[Domain]:
    domains = name.domains.filter(state="verified").select_related("service", "name")
    return list(domains.exclude(pk=but.pk) if but is not None else domains)


def _detected(other: Domain, *, own: bool) -> str:
    name = to_unicode(other.name.name)
    if other.mode == other.Mode.AUTHORITATIVE:
        if own:
            return _(
                "Authoritative domain detected: %(name)s is in authoritative mode on your service %(service)s. For "
                "both to work, each must be in non-authoritative mode: change the mode there first."
            ) % {"name": name, "service": other.service.name}
        return _(
            "Authoritative domain detected: %(name)s is in authoritative mode on another service. For both to work, "
            "each must be in non-authoritative mode: the other one must be changed first by its manager."
        ) % {"name": name}
    if own:
        return _(
            "%(name)s is also used, in non-authoritative mode, on your service %(service)s. Authoritative mode would "
            "take its mail: choose non-authoritative mode here, or detach it there first."
        ) % {"name": name, "service": other.service.name}
    return _(
        "%(name)s is also used, in non-authoritative mode, on another service. Authoritative mode would take its mail: "
        "choose non-authoritative mode here."
    ) % {"name": name}
