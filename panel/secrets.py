"""Secrets at rest: encrypted with the first of ENCRYPTION_KEYS, readable with any of them."""

from __future__ import annotations

from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


def _cipher() -> MultiFernet:
    if not settings.ENCRYPTION_KEYS:
        raise ImproperlyConfigured("ENCRYPTION_KEYS is empty: run `make setup`, or set it to a Fernet key.")
    return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS])


def encrypt(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


def decrypt(token: str) -> str:
    """Raises ValueError where none of the keys fits."""
    try:
        return _cipher().decrypt(token.encode()).decode()
    except InvalidToken as error:
        raise ValueError("none of ENCRYPTION_KEYS decrypts this value") from error


def rotate(token: str) -> str:
    """The same secret under the first key."""
    return _cipher().rotate(token.encode()).decode()


class EncryptedTextField(models.TextField):
    """Text that the database only ever sees encrypted. Cannot be searched or sorted."""

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return encrypt(value) if value else value

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return decrypt(value) if value else value


def reencrypt(model: type[models.Model], field: EncryptedTextField, batch: int = 500) -> tuple[int, list[Any]]:
    """Every value of `field` under the first key. Returns how many, and the keys of rows that no key reads.

    A value that changes meanwhile is left alone: who writes it writes it under the first key.
    """
    raw = models.functions.Cast(field.name, models.TextField())
    rewritten, last = 0, None
    unreadable: list[Any] = []
    while True:
        rows = model._default_manager.annotate(_stored=raw).order_by("pk")
        if last is not None:
            rows = rows.filter(pk__gt=last)
        page = list(rows.values_list("pk", "_stored")[:batch])
        if not page:
            return rewritten, unreadable
        for pk, stored in page:
            last = pk
            if not stored:
                continue
            try:
                fresh = rotate(stored)
            except InvalidToken:
                unreadable.append(pk)
                continue
            same = model._default_manager.annotate(_stored=raw).filter(pk=pk, _stored=stored)
            rewritten += same.update(**{field.name: models.Value(fresh, models.TextField())})
