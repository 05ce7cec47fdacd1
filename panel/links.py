"""Whole addresses of pages, for mail and for people to copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse

if TYPE_CHECKING:
    from .models import User


def absolute(path: str) -> str:
    return f"{settings.PUBLIC_URL}{path}"


def page(name: str, *args: object) -> str:
    return absolute(reverse(name, args=args))


def password_link(user: User) -> str:
    """Lets whoever opens it choose the user's password; works once, for PASSWORD_RESET_TIMEOUT seconds."""
    return reset_link(user_pk_to_url_str(user), default_token_generator.make_token(user))


def reset_link(uid: str, token: str) -> str:
    return absolute(reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token}))
