"""Serves the demonstration's zones."""

from __future__ import annotations

import asyncio
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError

from domains.demo_dns import Store, serve
from panel.environment import DEMO_HOST, DEMO_ZONES


class Command(BaseCommand):
    help = "The demonstration's DNS server, on the loopback port that DNS_STUB_ZONES names."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        server = settings.DNS_STUB_ZONES.get(DEMO_ZONES[0])
        if server is None or server[0] != DEMO_HOST:
            raise CommandError("DNS_STUB_ZONES names no server for the demonstration's zones.")
        store = Store(settings.VAR_DIR / "demo-dns")
        store.prepare()
        try:
            asyncio.run(serve(store, *server))
        except OSError as error:
            raise CommandError(f"The demonstration's DNS server cannot use {server[0]}:{server[1]}: {error}") from error
