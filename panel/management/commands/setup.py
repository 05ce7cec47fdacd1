"""Brings an installation to where it can be started; does nothing that has been done."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.cache import caches
from django.core.cache.backends.db import DatabaseCache
from django.core.management import BaseCommand, CommandError, call_command

from panel.administrator import sign_in_line
from panel.catalogues import compile_catalogues
from panel.celery import app
from panel.environment import PUBLIC_DEMONSTRATION, is_public
from panel.health import QUEUES
from panel.state import complaint


class Command(BaseCommand):
    help = "Folders, translations, database, static files, administrator and, unless DEMO=0, the demonstration."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="do not say how to sign in")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SECRET_KEY or not settings.ENCRYPTION_KEYS:
            raise CommandError("SECRET_KEY and ENCRYPTION_KEYS are not set: `make setup` writes them to var/env.")
        if settings.ENV.get("DEMO") == "1" and is_public(settings.PUBLIC_URL):
            raise CommandError(PUBLIC_DEMONSTRATION)
        if words := complaint(settings.VAR_DIR):
            raise CommandError(words)
        make_folders()
        for path in settings.LOCALE_PATHS:
            compile_catalogues(Path(path))
        prepare_database()
        collect_static()
        line = sign_in_line(settings.PORT)
        if settings.ENV.get("DEMO", "0") == "1":
            call_command("demonstration", verbosity=0)
        if not options["quiet"]:
            self.stdout.write(f"Ready. `make run` starts everything. {line}")


def make_folders() -> None:
    """Folders, and in the filesystem broker the queues' bindings, before several processes make them at once."""
    for folder in (settings.VAR_DIR, settings.MEDIA_ROOT):
        Path(folder).mkdir(parents=True, exist_ok=True)
    (settings.VAR_DIR / "mail").mkdir(exist_ok=True, mode=0o700)  # its letters hold links that let people in
    if settings.REDIS_URL:
        return
    for name in ("messages", "control", "processed"):
        (settings.SPOOL_DIR / name).mkdir(parents=True, exist_ok=True)
    with app.connection_for_write() as connection:
        for queue in QUEUES:
            app.amqp.queues[queue](connection.default_channel).declare()


def prepare_database() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    if isinstance(caches["default"], DatabaseCache):
        call_command("createcachetable", verbosity=0)


def collect_static() -> None:
    """Gather static files, unless none has changed since: their names and times are kept beside them."""
    seen = "\n".join(
        sorted(
            f"{path} {Path(storage.path(path)).stat().st_mtime_ns}"
            for finder in get_finders()
            for path, storage in finder.list([])
        )
    )
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == seen:
        return
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(seen, encoding="utf-8")
