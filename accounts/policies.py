"""Changing a service's security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from panel.activity import record

from . import batch
from .models import PasswordPolicy

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Service

FIELDS = (
    "min_length",
    "symbol",
    "pieces",
    "forward_outside",
    "lockout_threshold",
    "lockout_reset",
    "lockout_duration",
    "lockout_everybody",
    "main_for_web",
)


@transaction.atomic
def change_policy(service: Service, fields: dict[str, Any], *, by: Actor) -> PasswordPolicy:
    """Set any of FIELDS; the others stay. Raises Refused where the service is closed."""
    service = batch.locked(service.pk)
    policy = PasswordPolicy.objects.filter(service=service).first() or PasswordPolicy(service=service)
    before = {field: getattr(policy, field) for field in FIELDS}
    for name, value in fields.items():
        setattr(policy, name, value)
    policy.save()
    after = {field: getattr(policy, field) for field in FIELDS}
    record("policy.changed", actor=by, service=service, before=before, after=after)
    return policy
