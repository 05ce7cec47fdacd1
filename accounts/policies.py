"""Changing a service's security policy."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.errors import Refused

from . import aging, batch
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
    "min_age",
    "max_age",
    "history",
    "change_first",
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
    if policy.max_age and policy.min_age >= policy.max_age:
        words = _("The minimum age must be less than the maximum age.")
        raise Refused("password-ages", words, field="min_age")
    if policy.max_age and not 0 < before["max_age"] <= policy.max_age:
        policy.expires_from = timezone.now() + timedelta(days=min(policy.max_age, aging.GRACE))
    policy.save()
    after = {field: getattr(policy, field) for field in FIELDS}
    record("policy.changed", actor=by, service=service, before=before, after=after)
    return policy
