"""The administrator that set-up makes, and the file that keeps the password until its owner chooses one."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.conf import settings
from django.dispatch import receiver

from .environment import write_private
from .models import User

ALPHABET = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike
LENGTH = 16


def password_file() -> Path:
    return Path(settings.VAR_DIR) / "admin-password"


def administrator() -> User | None:
    """The first of those who may do everything."""
    return User.objects.filter(is_superuser=True, is_active=True).order_by("pk").first()


def ensure_administrator() -> User:
    """Make an administrator where there is none, under ADMIN_EMAIL (`admin@localhost`)."""
    found = administrator()
    if found is not None:
        return found
    email = settings.ENV.get("ADMIN_EMAIL") or "admin@localhost"
    user = User.objects.filter(email__iexact=email).first() or User(email=email.lower())
    user.is_staff = user.is_superuser = user.is_active = True
    give_password(user)
    return user


def give_password(user: User) -> str:
    """Give `user`, the administrator, a random password and keep it in the file."""
    password = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    user.set_password(password)
    write_private(password_file(), f"{password}\n")
    user.save()
    return password


def kept_password(user: User) -> str | None:
    """The password in the file, while it is the administrator's; one that is no longer goes."""
    try:
        password = password_file().read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    if user.check_password(password):
        return password
    password_file().unlink(missing_ok=True)
    return None


def sign_in_line(port: int) -> str:
    user = ensure_administrator()
    password = kept_password(user)
    words = f"password {password}" if password else "the password you chose"
    return f"Sign in at http://localhost:{port}/ as {user.email} with {words}"


@receiver([password_changed, password_reset, password_set])
def _chosen(user: User, **_: Any) -> None:
    """Whoever chooses a password of their own needs no copy of it lying about."""
    if user == administrator():
        kept_password(user)
