"""Customers' "DNS providers" that send a byte every few seconds: no page waits for them, and no other customer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.world import PASSWORD, SOON, Customer, populate, python
from tests.installation import Installation, until
from tests.servers.process import free_port

from .callers import at_once

ATTACKERS = f"""
import itertools
from domains.models import DnsProvider, Zone
from tests import factories
factories._numbers = itertools.count(1000)  # not those of the people who are there
from tests.factories import *
organization = make_organization("mallory")
service = make_service(organization)
service.name = "theirs"
service.save()
make_member(organization, user=make_user("mallory@people.example", password={PASSWORD!r}))
for number in range(8):
    row = DnsProvider.objects.create(organization=organization, kind="powerdns", name=str(number),
        settings={{"url": "http://127.0.0.1:PORT", "server_id": "localhost"}}, credentials='{{"api_key": "k"}}')
    zone = Zone.objects.create(provider=row, name=f"drips{{number}}.example")
    make_domain(service, f"drips{{number}}.example", zone=zone)
"""
CHECKED = "from diagnostics.models import CheckRun; print(CheckRun.objects.filter(pk=1, checked_at__gt='{}').exists())"
UNDER_WAY = "from domains.models import Reading; print(Reading.objects.filter(state='asking').count())"
OVER = "from domains.models import Reading; print(sorted(Reading.objects.values_list('state', 'error').distinct()))"


@contextmanager
def dripping_server(port: int) -> Iterator[list[Any]]:
    """Sends a byte every five seconds to whoever asks. Gives the connections."""
    from socket import create_server

    over = threading.Event()
    connections: list[Any] = []

    def serve(connection: Any) -> None:
        connection.recv(65536)
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not over.wait(5):
                connection.sendall(b" ")
        except OSError:
            return

    def accept() -> None:
        while not over.is_set():
            try:
                connections.append(server.accept()[0])
            except OSError:
                return
            threading.Thread(target=serve, args=[connections[-1]], daemon=True).start()

    with create_server(("127.0.0.1", port)) as server:
        threading.Thread(target=accept, daemon=True).start()
        try:
            yield connections
        finally:
            over.set()
            for connection in connections:
                connection.close()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "var", ALLOWED_NETWORKS="127.0.0.0/8", DNS_RESOLVERS="127.0.0.1:9") as installation:
        installation.start()
        until(installation.healthy, 180, "health")
        populate(installation)
        yield installation


def test_providers_that_drip_hold_no_page_and_no_other_customer(installation: Installation) -> None:
    port = free_port()
    python(installation, ATTACKERS.replace("PORT", str(port)))
    mallory = [Customer(installation) for _ in range(8)]
    for one in mallory:
        one.sign_in("mallory@people.example", PASSWORD)
    with dripping_server(port) as connections:
        begun = time.monotonic()
        at_once(8, lambda number: mallory[number].get(f"/services/theirs/domains/drips{number}.example/plan/"))
        assert time.monotonic() - begun < SOON, "16 web threads were held for ever"
        until(lambda: len(connections) >= 2, 15, "calls to the server that drips")
        assert int(python(installation, UNDER_WAY)) <= 2, "of one organization"
        anna = Customer(installation)
        anna.come()
        now = python(installation, "from django.utils import timezone; print(timezone.now().isoformat())")
        anna.check_again()
        until(lambda: python(installation, CHECKED.format(now)) == "True", 20, "a check by a worker with free threads")
        until(lambda: len(connections) >= 3, 40, "the next one's turn: the first were cut off")
        until(lambda: "timeout" in python(installation, OVER), 20, "a reason")
