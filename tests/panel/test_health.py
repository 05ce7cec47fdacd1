"""Health tells the truth, in bounded time, and staff hear of what nobody looks at."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket
from threading import Thread

import dns.message
import dns.rrset
import pytest
from django.test import Client
from django.utils import timezone

from panel import health, watch
from panel.models import Condition, Heartbeat
from tests.factories import make_user
from tests.installation import Installation
from tests.letters import delivered
from tests.processes import ROOT, manage
from tests.servers import PostgreSql

ON_A_SMALL_DISK = """
set -e
mount -t tmpfs -o size=48m tmpfs "$DISK"
cp -r "$VAR_DIR/." "$DISK"
export VAR_DIR="$DISK"
{spoil}
exec "$0" manage.py health database write space
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("health") / "var")
    installation.prepare()
    made = manage("setup", env=installation.env)
    assert made.returncode == 0, made.stderr
    return installation


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("head -c 100m /dev/zero >$DISK/ballast 2>/dev/null || true", "disk"),
        ("mount -o remount,ro $DISK", "readonly database"),
    ],
)
def test_a_full_disk_and_a_read_only_one_are_said(
    installed: Installation, tmp_path: Path, spoil: str, words: str
) -> None:
    script = ON_A_SMALL_DISK.format(spoil=spoil)
    env = installed.env | {"DISK": str(tmp_path)}
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, sys.executable]
    said = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    lines = dict(line.split(": ", 1) for line in said.stdout.splitlines())
    assert said.returncode == 1, said.stderr
    assert lines["write"].startswith("not ok"), lines
    assert words in lines["write"] or "unable to open database" in lines["write"], lines
    assert lines["space"].startswith("not ok"), lines


def test_a_database_that_hangs_holds_health_up_for_seconds_only(installed: Installation) -> None:
    with PostgreSql() as server, server.database("hangs") as url:
        env = installed.env | {"DATABASE_URL": url}
        assert manage("migrate", env=env).returncode == 0
        assert "database: ok" in manage("health", env=env).stdout
        assert server.process is not None
        pids = [server.process.pid, *_children(server.process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            begun = time.monotonic()
            said = manage("health", "database", "write", "worker", env=env)
            assert time.monotonic() - begun < 15
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        assert said.returncode == 1
        assert "database: not ok (no answer within 3 s)" in said.stdout
        assert said.stdout.count("not ok") == 3


def _children(pid: int) -> list[int]:
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    children = [int(word) for word in listed.stdout.split()]
    return children + [further for child in children for further in _children(child)]


@pytest.mark.django_db(transaction=True)
def test_strangers_who_ask_again_and_again_cost_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    look = health.Monitor.look
    monkeypatch.setattr(health, "_kept", health.Kept())

    def counted(monitor: health.Monitor, names: list[str]) -> list[health.Part]:
        asked.append(names)
        return look(monitor, names)

    monkeypatch.setattr(health.Monitor, "look", counted)
    begun = time.monotonic()
    answers = {client.get(path).status_code for _ in range(200) for path in ("/healthz", "/readyz")}
    assert answers == {200}
    assert len(asked) <= 1 + (time.monotonic() - begun) // health.KEPT_SECONDS
    assert client.get("/readyz").content == b"ready\n"


def test_a_part_that_hangs_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def hangs() -> health.Part:
        calls.append(time.monotonic())
        time.sleep(3)
        return health.Part("hangs", True)

    monkeypatch.setattr(health, "parts", lambda: {"hangs": hangs})
    monitor = health.Monitor()
    for _ in range(3):
        begun = time.monotonic()
        (part,) = monitor.look(["hangs"], 0.5)
        assert time.monotonic() - begun < 1.5
        assert not part.ok
    assert len(calls) == 1
    (part,) = monitor.look(["hangs"], 10)
    assert part.ok


def test_queues_are_counted(settings, tmp_path: Path) -> None:
    settings.REDIS_URL, settings.SPOOL_DIR = "", tmp_path
    (tmp_path / "messages").mkdir()
    for number in range(3):
        (tmp_path / "messages" / f"{number}_x.bulk.msg").write_text("{}")
    assert str(health.queues()) == "queues: ok (interactive 0, background 0, bulk 3)"


def test_queues_in_redis_are_counted(settings, redis_server) -> None:
    settings.REDIS_URL = redis_server.url
    import redis

    with redis.Redis.from_url(redis_server.url) as client:
        client.rpush("interactive", "a", "b")
        try:
            assert str(health.queues()) == "queues: ok (interactive 2, background 0, bulk 0)"
        finally:
            client.delete("interactive")


@contextmanager
def resolver() -> Iterator[tuple[str, int]]:
    """Answers whatever it is asked."""
    server = socket(AF_INET, SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            data, caller = server.recvfrom(4096)
            if not data:
                return
            reply = dns.message.make_response(dns.message.from_wire(data), recursion_available=True)
            reply.answer.append(dns.rrset.from_text(".", 60, "IN", "SOA", "a.root. b.root. 1 2 3 4 5"))
            server.sendto(reply.to_wire(), caller)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()
    with socket(AF_INET, SOCK_DGRAM) as stopper:
        stopper.sendto(b"", server.getsockname())
    thread.join()
    server.close()


def long_ago() -> None:
    Condition.objects.exclude(failing_since=None).update(failing_since=timezone.now() - timedelta(minutes=5))


@pytest.mark.django_db(transaction=True)
def test_staff_hear_of_dead_workers_and_resolvers_once_and_when_they_live_again(
    settings,
) -> None:
    staff = make_user("staff@people.example", staff=True)
    make_user("anna@people.example")
    settings.DNS_RESOLVERS = [("127.0.0.1", 9)]
    watch.look()
    assert not delivered(), "a restart is no failure"
    long_ago()
    watch.look()
    watch.look()
    (letter,) = delivered()
    assert letter.to == [staff.email]
    assert "resolvers: none answers: 127.0.0.1:9" in letter.body
    assert "worker: interactive none running" in letter.body
    assert "beat: none running" in letter.body
    assert "write: " not in letter.body
    for name in ("beat", *(f"worker:{queue}" for queue in health.QUEUES)):
        Heartbeat.beat(name)
    with resolver() as endpoint:
        settings.DNS_RESOLVERS = [endpoint]
        watch.look()
        watch.look()
    assert [message.subject for message in delivered()[1:]] == ["configureme: beat works again"]
    assert "resolvers: all answer" in delivered()[1].body


@pytest.mark.django_db
def test_one_process_looks_each_minute() -> None:
    now = timezone.now()
    assert watch._my_turn(now)
    assert not watch._my_turn(now + timedelta(seconds=30))
    assert watch._my_turn(now + timedelta(seconds=61))
    assert not watch._my_turn(now + timedelta(seconds=62))
