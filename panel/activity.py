"""Writing the activity log. Reading it is the pages' business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from .actors import Actor
    from .models import Activity, Organization, Service

# Every verb that the log may hold, with its sentence for people. Apps add theirs at import with `register`.
VERBS: dict[str, Any] = {
    "organization.created": _("organization created"),
    "organization.changed": _("organization changed"),
    "organization.suspended": _("organization suspended"),
    "organization.resumed": _("organization resumed"),
    "organization.ending": _("end of the organization set"),
    "organization.ended": _("organization ended"),
    "organization.exported": _("organization's data exported"),
    "organization.deletion_requested": _("deletion of the organization requested"),
    "organization.deletion_withdrawn": _("deletion of the organization withdrawn"),
    "organization.deleted": _("organization deleted"),
    "member.invited": _("member invited"),
    "member.added": _("member added"),
    "member.changed": _("member's role changed"),
    "member.removed": _("member removed"),
    "invitation.withdrawn": _("invitation withdrawn"),
    "platform.created": _("platform created"),
    "platform.changed": _("platform changed"),
    "service.created": _("service created"),
    "service.changed": _("service changed"),
    "service.suspended": _("service suspended"),
    "service.resumed": _("service resumed"),
    "service.ending": _("end of the service set"),
    "service.ended": _("service ended"),
    "staff.acting": _("panel opened as a member sees it"),
    "staff.acting_changes": _("changes allowed while viewing as a member"),
    "staff.acting_ended": _("viewing as a member ended"),
    "letter.retried": _("letter sent again"),
    "letter.discarded": _("letter discarded"),
    "user.created": _("user created"),
    "user.changed": _("user changed"),
    "user.link": _("link for a password created"),
    "user.second_factor_removed": _("second factor removed"),
    "user.password_changed": _("password changed"),
    "user.second_factor_added": _("second factor added"),
    "user.recovery_code_used": _("recovery code used"),
}


def register(verbs: Mapping[str, Any]) -> None:
    VERBS.update(verbs)


def record(
    verb: str,
    *,
    actor: Actor,
    organization: Organization | None = None,
    service: Service | None = None,
    target: object = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    note: str = "",
) -> Activity:
    """Append one entry. Never pass a secret."""
    from .models import Activity

    if verb not in VERBS:
        raise ValueError(f"unknown verb {verb!r}")
    if service is not None and organization is None:
        organization = service.organization
    return Activity.objects.create(
        verb=verb,
        actor=actor.actor_person,
        actor_label=actor.actor_label[:254],
        organization=organization,
        service=service,
        target=str(target)[:320],
        before=before or {},
        after=after or {},
        note=note,
    )
