from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .. import aging, lockout, passwords

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

    min_age = models.PositiveSmallIntegerField(
        _("minimum age of a password (days)"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(aging.AGE_MOST)],
        help_text=_("So long its owner keeps a new password; administrators may change it at any time. 0: no limit."),
    )
    max_age = models.PositiveSmallIntegerField(
        _("maximum age of a password (days)"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(aging.AGE_MOST)],
        help_text=_(
            "Then it only opens self-service, until it is changed. Its owner is warned by e-mail; app passwords go on working. 0: never."  # noqa: E501
        ),
    )
    expires_from = models.DateTimeField(null=True, editable=False)  # no password expires before
    history = models.PositiveSmallIntegerField(
        _("latest passwords that may not be used again"),
        default=0,
        db_default=0,
        validators=[MaxValueValidator(aging.HISTORY_MOST)],
        help_text=_("At most 10, the current one among them. 0: any may be used."),
    )
    change_first = models.BooleanField(
        _("a password that an administrator has set must be changed at the first sign-in"),
        default=False,
        db_default=False,
        help_text=_("Until then it only opens self-service. It applies to passwords set from now on."),
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
