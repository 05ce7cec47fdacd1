"""Signing in, as django-allauth asks for it: nobody signs up by himself, and mail leads to PUBLIC_URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_used
from django.conf import settings
from django.core.exceptions import ValidationError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from . import devices, mail
from .activity import record
from .limits import allowed, give_back, network_of
from .links import reset_link
from .models import User

# Wrong passwords. None of these numbers lets a stranger keep a person out who uses a browser of old or a passkey.
GUESSES = 5  # for one address, from one neighbourhood (/24, /64) within GUESSING_SECONDS, or from one browser of old
GUESSES_OF_A_CALLER = 20  # for whatever addresses, from one network (/32, /64)
GUESSING_SECONDS = 300
GUESSES_OF_EVERYBODY = 100  # for one address, from anywhere but browsers of old, within EVERYBODY_SECONDS
EVERYBODY_SECONDS = 3600
RESET = "password-reset-for"  # in a session: whose password was chosen anew by a link from mail
TOO_MANY = _(
    "Too many wrong passwords. Wait a few minutes; a passkey, or a browser that you have signed in with before, "
    "still lets you in."
)


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def get_client_ip(self, request: HttpRequest) -> str:
        """As `panel.middleware.real_address` found it."""
        return request.META.get("REMOTE_ADDR") or "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count an attempt, as a wrong one until it turns out to be right."""
        self._attempts: list[tuple[str, str]] = []
        email = str(credentials.get("email", "")).strip().lower()
        user = User.objects.of_email(email)
        browser = devices.known(request, user) if user else ""
        if user and request.session.get(RESET) == user.pk:
            browser = f"of {user.pk} since the reset"
        if request.user.is_authenticated:  # asked for the password again
            self._count("guess", f"user {request.user.pk}", GUESSES * 2, GUESSING_SECONDS)
        elif browser:
            self._count("guess", f"browser {browser}", GUESSES, GUESSING_SECONDS)
        else:
            self._count("guess", f"caller {network_of(request)}", GUESSES_OF_A_CALLER, GUESSING_SECONDS)
            near = network_of(request, ipv4_prefix=24)
            self._count("guess", f"{email} {near}", GUESSES, GUESSING_SECONDS, person=user)
            self._count("guesses", email, GUESSES_OF_EVERYBODY, EVERYBODY_SECONDS, person=user)

    def _count(self, what: str, who: str, times: int, seconds: int, *, person: User | None = None) -> None:
        if not allowed(what, who, times=times, seconds=seconds):
            if person is not None and person.is_active and allowed("guessed", person.pk, times=1, seconds=86_400):
                mail.guessing(person)
            raise ValidationError(TOO_MANY, code="too_many_login_attempts")
        self._attempts.append((what, who))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        user: User | None = super().authenticate(request, **credentials)
        if user is not None:
            for what, who in self._attempts:
                give_back(what, who)
        return user

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        devices.remember(request, response, user)
        return response

    def get_reset_password_from_key_url(self, key: str) -> str:
        uid, _, token = key.partition("-")
        return reset_link(uid, token)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """By the outbox: a mail server that fails or is slow tells nobody whether an address has an account."""
        words = {"email": email, "panel_name": settings.PANEL_NAME, "public_url": settings.PUBLIC_URL, **context}
        mail.post_message(mail.kind_of(template_prefix), self.render_mail(template_prefix, email, words))


class MFAAdapter(DefaultMFAAdapter):
    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.PUBLIC_URL).hostname or "localhost", "name": settings.PANEL_NAME}


@receiver(password_reset)
def _reset_by_link(request: HttpRequest, user: User, **kwargs: Any) -> None:
    """Whoever could read the person's mail is not held up by what others guessed."""
    request.session[RESET] = user.pk


@receiver([password_changed, password_reset, password_set])
def _password_changed(user: User, **kwargs: Any) -> None:
    record("user.password_changed", actor=user, target=user.email)


@receiver(authenticator_added)
def _second_factor_added(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record("user.second_factor_added", actor=user, target=user.email, after={"kind": authenticator.type})


@receiver(authenticator_removed)
def _second_factor_removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    record("user.second_factor_removed", actor=user, target=user.email, before={"kind": authenticator.type})


@receiver(authenticator_used)
def _recovery_code_used(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        record("user.recovery_code_used", actor=user, target=user.email)
