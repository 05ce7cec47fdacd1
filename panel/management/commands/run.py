"""Starts a whole installation on this machine."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import re
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import OutputWrapper

from panel.administrator import sign_in_line
from panel.environment import DEMO_HOST
from panel.models import Heartbeat
from panel.supervisor import Child, Supervisor, end_with_parent

PATIENCE = 30  # seconds after which a panel that serves is announced, though a worker is still missing


class Command(BaseCommand):
    help = "Sets up what is missing, then starts web server, workers, beat and demonstration until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(settings.ENV.get("PORT") or 8000)
        if "MAKELEVEL" in os.environ:  # whoever kills `make run` means all of it
            end_with_parent()
        with _only_one() as lock, _listening(port) as sockets:
            print(port, file=lock, flush=True)  # for commands given beside it
            try:
                call_command("setup", quiet=True)
            except KeyboardInterrupt:
                sys.exit(130)  # set-up goes on where it stopped
            Heartbeat.objects.all().delete()
            supervisor = Supervisor(_children(port, sockets), say=lambda line: self._say(line, self.stderr))
            started = time.monotonic()
            supervisor.run(
                until_ready=lambda: _is_ready(port, patient=time.monotonic() - started < PATIENCE),
                ready=lambda: self._say(sign_in_line(port), self.stdout),
            )

    def _say(self, line: str, stream: OutputWrapper) -> None:
        stream.write(line)
        stream.flush()  # at once, also into a pipe


@contextmanager
def _only_one() -> Iterator[TextIO]:
    """Two beats over one database would do everything twice. Yields the lock's file, empty before and after."""
    settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
    with (settings.VAR_DIR / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(f"This installation ({settings.VAR_DIR}) is already running.") from error
        lock.truncate(0)
        try:
            yield lock
        finally:
            lock.truncate(0)


@contextmanager
def _listening(port: int) -> Iterator[list[socket.socket]]:
    """The sockets that the web server is handed: a port that is taken shows at once, and no restart loses a caller."""
    hosts = [settings.ENV["BIND"]] if settings.ENV.get("BIND") else ["127.0.0.1", "::1"]
    sockets: list[socket.socket] = []
    try:
        for host in hosts:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            try:
                sockets.append(socket.create_server((host, port), family=family, backlog=2048))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    raise CommandError(
                        f"Port {port} is taken by another program. Choose another: make run PORT={port + 1}"
                    ) from error
                if family == socket.AF_INET6 and sockets:
                    continue  # a machine without IPv6
                raise CommandError(f"Cannot listen on {host}, port {port}: {error.strerror}") from error
        yield sockets
    finally:
        for item in sockets:
            item.close()


def _children(port: int, sockets: list[socket.socket]) -> list[Child]:
    descriptors = [item.fileno() for item in sockets]
    binds = [argument for number in descriptors for argument in ("--bind", f"fd://{number}")]
    environment = os.environ | {"PORT": str(port), "PYTHONUNBUFFERED": "1"}
    python = sys.executable
    celery = [python, "-m", "celery", "-A", "panel", "--quiet"]

    def worker(name: str, queues: str) -> Child:
        quiet = ["--loglevel", "WARNING", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        return Child(f"worker {name}", [*celery, "worker", "-Q", queues, "-n", f"{name}@%h", *quiet], environment)

    children = [
        Child("web", [python, "-m", "gunicorn", "-c", "python:panel.gunicorn", *binds], environment, descriptors),
        worker("interactive", "interactive"),
        worker("background", "background,bulk"),
        Child("beat", [*celery, "beat", "--pidfile=", "--loglevel", "WARNING"], environment),
    ]
    if any(host == DEMO_HOST for host, _port in settings.DNS_STUB_ZONES.values()):
        children.append(Child("demonstration DNS", [python, "manage.py", "demo_dns"], environment))
    return children


def _is_ready(port: int, *, patient: bool) -> bool:
    """Whether the panel serves and, while `patient`, everything behind it has been heard of."""
    client = http.client.HTTPConnection(settings.ENV.get("BIND") or "127.0.0.1", port, timeout=2)
    try:
        client.request("GET", "/healthz")
        response = client.getresponse()
        text = response.read().decode()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        client.close()
    missing = re.search(r"^(broker|worker|beat): not ok", text, re.MULTILINE)
    return response.status == 200 and not (patient and missing)
