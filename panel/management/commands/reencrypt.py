"""`manage.py reencrypt`: every secret under the first of ENCRYPTION_KEYS, so that older keys can be retired."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.apps import apps

from panel.commands import Done, Verb
from panel.secrets import EncryptedTextField, reencrypt


class Command(Verb):
    help = "Encrypt every stored secret again, with the first of ENCRYPTION_KEYS."

    def arguments(self, parser: ArgumentParser) -> None:
        """None."""

    def act(self, **options: Any) -> Done:
        rewritten: dict[str, int] = {}
        failed: dict[str, list[Any]] = {}
        for model in apps.get_models():
            for field in model._meta.local_concrete_fields:
                if isinstance(field, EncryptedTextField):
                    label = f"{model._meta.label}.{field.name}"
                    rewritten[label], unreadable = reencrypt(model, field)
                    if unreadable:
                        failed[label] = unreadable
        for label, keys in failed.items():
            self.say(f"{label}: none of ENCRYPTION_KEYS reads {len(keys)} of them: {', '.join(map(str, keys[:20]))}")
        lines = [f"{label}: {count}" for label, count in rewritten.items()]
        return Done({"reencrypted": rewritten, "unreadable": failed}, "\n".join(lines), status=1 if failed else 0)
