from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import lockout, passwords

MINUTES = (MinValueValidator(1), MaxValueValidator(lockout.LONGEST))


class PasswordPolicy(models.Model):
    """A service's security policy: what it asks of passwords beyond what always holds, and when wrong ones lock an
    account."""

    service = models.OneToOneField("panel.Service", on_delete=models.CASCADE, related_name="password_policy")
    min_length = models.PositiveSmallIntegerField(
        _("minimum length"),
        default=passwords.LENGTH_MIN,
        validators=[MinValueValidator(passwords.LENGTH_MIN), MaxValueValidator(passwords.LENGTH_MAX)],
    )
    symbol = models.BooleanField(_("at least one character that is neither letter nor digit"), default=False)
    pieces = models.BooleanField(_("no four letters in a row from a word of the names"), default=False)
    forward_outside = models.BooleanField(
        _("mail may be passed on to addresses outside of the organization"),
        default=True,
        db_default=True,
        help_text=_("By forwarding and by groups. Without it, what is set already passes on nothing from now on."),
    )
    lockout_threshold = models.PositiveSmallIntegerField(
        _("wrong passwords that lock an account"),
        default=lockout.THRESHOLD,
        db_default=lockout.THRESHOLD,
        validators=[MaxValueValidator(lockout.MOST)],
        help_text=_("0: never."),
    )
    lockout_reset = models.PositiveSmallIntegerField(
        _("minutes in which they count"), default=lockout.RESET, db_default=lockout.RESET, validators=MINUTES
    )
    lockout_duration = models.PositiveSmallIntegerField(
        _("minutes of the lock"), default=lockout.DURATION, db_default=lockout.DURATION, validators=MINUTES
    )
    lockout_everybody = models.BooleanField(
        _("lock the account for everyone"),
        default=False,
        db_default=False,
        help_text=_(
            "Otherwise only the network that the wrong passwords came from is locked out. With this, anyone who knows an address can keep its owner from signing in."  # noqa: E501
        ),
    )

    main_for_web = models.BooleanField(
        _("the main password is only for webmail and self-service"),
        default=False,
        db_default=False,
        help_text=_("Mail programs and phones then need an app password, one for each device."),
    )

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
