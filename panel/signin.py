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
from django.dispatch import receiver
from django.http import HttpRequest

from . import mail
from .activity import record
from .links import reset_link
from .models import User


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_from_email(self) -> str:
        return settings.DEFAULT_FROM_EMAIL

    def get_client_ip(self, request: HttpRequest) -> str:
        """As `panel.middleware.real_address` found it."""
        return request.META.get("REMOTE_ADDR") or "unknown"

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
