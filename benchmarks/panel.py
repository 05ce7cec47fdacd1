"""A panel for a bench: in this process, with a database and folders of its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.fernet import Fernet


@contextmanager
def panel(**environment: str) -> Iterator[None]:
    """Django set up and its tables made, in this process and in those that it starts. Once a process."""
    with tempfile.TemporaryDirectory(prefix="configureme-bench-") as var:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "panel.settings",
            "VAR_DIR": var,
            "SECRET_KEY": "for a bench only",
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "PUBLIC_URL": "http://localhost:8000",
            "DATABASE_URL": "",
            "REDIS_URL": "",
            **environment,
        }
        import django

        django.setup()
        from django.core.management import call_command

        for folder in ("messages", "control", "processed"):
            os.makedirs(os.path.join(var, "broker", folder))
        call_command("migrate", verbosity=0)
        call_command("createcachetable")
        call_command("collectstatic", interactive=False, verbosity=0)
        yield
