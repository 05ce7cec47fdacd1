from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.validators import validate_email
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..actors import ActorKind
from ..errors import Refused

if TYPE_CHECKING:
    from ..actors import Actor
    from ..as_member import Acting


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Without a password the person signs in only after choosing one by a link."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())

    def of_email(self, email: str) -> User | None:
        return self.filter(email=email.strip().lower()).first()


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in. `is_staff`: the operator's own people, who see every organization.

    The address is stored in lower case, so that its index is unique whatever case people type.
    """

    email = models.EmailField(_("e-mail address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=8, blank=True)
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    acting: Acting | None = None  # of this request only: the member with whose eyes somebody of the staff sees

    class Meta:
        ordering = ["email"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="user_email_lower_case",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.acting is not None and not kwargs.get("update_fields"):
            raise RuntimeError("whoever sees as a member has only the member's rights: they are not his to keep")
        super().save(*args, **kwargs)

    def clean(self) -> None:
        self.email = self.email.strip().lower()

    @property
    def actor_kind(self) -> ActorKind:
        return ActorKind.STAFF if self.is_staff else ActorKind.MEMBER

    @property
    def actor_label(self) -> str:
        """Who it was; and for whom, where somebody of the staff sees the panel as a member."""
        return f"{self.email} (for {self.acting.email})" if self.acting is not None else self.email

    @property
    def actor_person(self) -> User:
        return self

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name or self.email.partition("@")[0]

    @classmethod
    @transaction.atomic
    def invite_staff(cls, email: str, name: str, *, actor: Actor) -> User:
        """A new colleague, without a password yet."""
        validate_email(email.strip())
        if cls.objects.of_email(email):
            raise Refused("user-exists", _("There is already a user with this e-mail address."), field="email")
        user = cls.objects.create_user(email, name=name, is_staff=True)
        record("user.created", actor=actor, target=user.email, after={"staff": True})
        return user

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> None:
        """Set any of email, name, is_staff and is_active. The last active member of staff stays what he is."""
        staff = list(
            User.objects.select_for_update().filter(is_staff=True, is_active=True).values_list("pk", flat=True)
        )
        user = User.objects.select_for_update().get(pk=self.pk)
        before = {name: getattr(user, name) for name in fields}
        for name, value in fields.items():
            setattr(user, name, value)
        user.clean()
        if staff == [user.pk] and not (user.is_staff and user.is_active):
            raise Refused("last-staff", _("This is the last member of staff who can sign in."))
        if "email" in fields and User.objects.filter(email=user.email).exclude(pk=user.pk).exists():
            raise Refused("user-exists", _("There is already a user with this e-mail address."), field="email")
        user.save(update_fields=list(fields))
        if user.email != before.get("email", user.email):
            _forget_addresses(user)
        after = {name: getattr(user, name) for name in fields}
        changed = [name for name in fields if before[name] != after[name]]
        if changed:
            record(
                "user.changed",
                actor=actor,
                target=user.email,
                before={name: before[name] for name in changed},
                after={name: after[name] for name in changed},
            )
        self.refresh_from_db()

    @transaction.atomic
    def remove_second_factor(self, *, actor: Actor) -> None:
        """For someone who has lost phone and keys: the password alone signs in again."""
        from allauth.mfa.models import Authenticator

        removed = Authenticator.objects.filter(user=self).delete()[0]
        if not removed:
            raise Refused("no-second-factor", _("This user has no second factor."))
        record("user.second_factor_removed", actor=actor, target=self.email)


def _forget_addresses(user: User) -> None:
    """The sign-in library keeps addresses of its own: an old one must no longer sign in."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.filter(user=user).delete()
