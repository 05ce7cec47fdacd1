from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import passwords


class PasswordPolicy(models.Model):
    """A service's security policy: what it asks of passwords beyond what always holds."""

    service = models.OneToOneField("panel.Service", on_delete=models.CASCADE, related_name="password_policy")
    min_length = models.PositiveSmallIntegerField(
        _("minimum length"),
        default=passwords.LENGTH_MIN,
        validators=[MinValueValidator(passwords.LENGTH_MIN), MaxValueValidator(passwords.LENGTH_MAX)],
    )
    symbol = models.BooleanField(_("at least one character that is neither letter nor digit"), default=False)
    pieces = models.BooleanField(_("no four letters in a row from a word of the names"), default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="policy_length",
                condition=Q(min_length__gte=passwords.LENGTH_MIN, min_length__lte=passwords.LENGTH_MAX),
            )
        ]

    def __str__(self) -> str:
        return f"{self.service_id}: {self.min_length}"

    @classmethod
    def of(cls, service_id: int) -> passwords.Policy:
        stored = cls.objects.filter(service_id=service_id).first()
        if stored is None:
            return passwords.BASE
        return passwords.Policy(stored.min_length, stored.symbol, stored.pieces)
