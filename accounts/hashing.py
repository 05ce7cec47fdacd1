"""Password hashes in the form that Dovecot reads: `{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$…`. Pure."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SCHEME = "{ARGON2ID}"
_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)  # OWASP's floor; about 38 ms on one core


def hash_password(password: str) -> str:
    """Hash `password` with a new salt. Releases the GIL while it works."""
    return SCHEME + _hasher.hash(password)


def verify(stored: str, password: str) -> bool:
    """Tell whether `password` is the one that `stored` was made from."""
    if not stored.startswith(SCHEME):
        return False
    try:
        return _hasher.verify(stored.removeprefix(SCHEME), password)
    except (VerificationError, InvalidHashError):
        return False


def hash_of_nothing() -> str:
    """A hash that nobody knows the password of: of 32 random bytes, discarded."""
    return hash_password(secrets.token_urlsafe(32))
