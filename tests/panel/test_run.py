"""`make run`, as a person meets it: one command, one line, everything restarted, nothing left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.installation import LINE, Installation, alive, descendants, until
from tests.processes import manage
from tests.servers import PostgreSql, Redis
from tests.servers.process import free_port


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What set-up made once, for the tests that are about what comes after it."""
    installation = Installation(tmp_path_factory.mktemp("template") / "var")
    installation.prepare()
    made = manage("setup", env=installation.env)
    assert made.returncode == 0, made.stderr
    return installation.folder


@pytest.fixture
def installation(tmp_path: Path, template: Path) -> Iterator[Installation]:
    with Installation(tmp_path / "var") as installation:
        installation.copy(template)
        yield installation


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all tests that leave it as well as they found it."""
    with Installation(tmp_path_factory.mktemp("running") / "var") as installation:
        installation.line = installation.start()
        yield installation


@pytest.fixture
def on_servers(tmp_path: Path, postgresql_server: PostgreSql, redis_server: Redis) -> Iterator[Installation]:
    with (
        postgresql_server.database("run") as database,
        Installation(tmp_path / "var", DATABASE_URL=database, REDIS_URL=redis_server.url) as installation,
    ):
        yield installation


def test_it_says_where_to_sign_in_and_the_password_is_right(running: Installation) -> None:
    found = re.match(LINE, running.line)
    assert found
    port, email, password = found.groups()
    assert int(port) == running.port
    until(running.healthy, 60, "health")
    kept = running.folder / "admin-password"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().strip() == password
    assert stat.S_IMODE((running.folder / "env").stat().st_mode) == 0o600
    code = f"from panel.models import User; assert User.objects.get(email={email!r}).check_password({password!r})"
    checked = manage("shell", "--no-imports", "-c", code, env=running.env)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_leaves_no_process_behind(installation: Installation, number: int) -> None:
    installation.start()
    below = set(descendants(installation.pid))
    assert len(below) >= 5
    process = installation.process
    assert process is not None
    installation.stop(number)
    assert process.returncode == 0
    assert not alive(below)
    with socket.create_server(("127.0.0.1", installation.port)):
        pass
    with closing(sqlite3.connect(installation.folder / "panel.sqlite3")) as database:
        assert database.execute("SELECT name FROM panel_heartbeat").fetchall() == []  # each said goodbye


def test_its_children_end_when_it_is_killed(installation: Installation) -> None:
    installation.start()
    below = set(descendants(installation.pid))
    os.kill(installation.pid, signal.SIGKILL)
    assert installation.process is not None
    installation.process.wait()
    until(lambda: not alive(below), 60, "the end of every child")


def test_what_dies_is_started_again(running: Installation) -> None:
    for words in ("panel.gunicorn", "-Q interactive", "-Q background", "celery -A panel --quiet beat"):
        before = running.child(words)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        until(partial(running.has_another, words, before), 30, f"another {words}")
    until(running.healthy, 60, "health")


def serves_pages(running: Installation) -> bool:
    """Whatever else is away. Of a machine that was busy for a moment, health says that it got no answer."""
    status, lines = running.health()
    return status == 200 and all(lines[name].startswith("ok") for name in ("database", "broker"))


def test_health_tells_the_truth_about_each(running: Installation) -> None:
    worker = running.child("-Q interactive")
    beat = running.child("celery -A panel --quiet beat")
    assert worker
    assert beat
    os.kill(worker, signal.SIGSTOP)
    os.kill(beat, signal.SIGSTOP)
    try:
        until(lambda: not running.health()[1]["worker"].startswith("ok"), 60, "a worker that is missed")
        until(lambda: not running.health()[1]["beat"].startswith("ok"), 60, "beat is missed")
        until(lambda: serves_pages(running), 30, "health that says so")
    finally:
        os.kill(worker, signal.SIGCONT)
        os.kill(beat, signal.SIGCONT)
    until(running.healthy, 60, "health")
    messages = running.folder / "broker" / "messages"
    elsewhere = messages.rename(messages.with_name("elsewhere"))
    until(lambda: running.health()[1]["broker"].startswith("not ok"), 30, "a broker that is missed")
    elsewhere.rename(messages)
    until(running.healthy, 60, "health")


def test_a_taken_port_is_said_in_one_line(installation: Installation) -> None:
    installation.prepare()
    with socket.create_server(("127.0.0.1", installation.port)):
        ended = manage("run", env=installation.env)
    assert ended.returncode == 1
    assert f"Port {installation.port} is taken" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_one_installation_runs_once(running: Installation) -> None:
    second = manage("run", env=running.env | {"PORT": str(free_port())})
    assert second.returncode == 1
    assert "already running" in second.stderr


def test_the_demonstration_answers_for_its_zones(tmp_path: Path) -> None:
    installation = Installation(tmp_path / "var", DEMO="1")
    try:
        installation.start()
        looked = manage("diagnose", "aurora-clinic.example", "aurora-lab.example", env=installation.env)
        assert looked.returncode == 1, looked.stdout + looked.stderr  # one of the two has red buttons
        green = manage("diagnose", "aurora-clinic.example", env=installation.env)
        assert green.returncode == 0, green.stdout + green.stderr
    finally:
        installation.stop()


def test_it_runs_on_postgresql_and_redis(on_servers: Installation) -> None:
    on_servers.start()
    until(on_servers.healthy, 60, "health")
    assert "postgresql" in on_servers.health()[1]["database"]
    assert "redis" in on_servers.health()[1]["broker"]


def is_told(on_servers: Installation) -> bool:
    """Whether one answer says all of it: each process of the web server keeps what it was told for some seconds."""
    status, lines = on_servers.health()
    return status == 503 and lines["database"].startswith("not ok") and lines["worker"].startswith("not ok")


def test_health_is_503_when_the_database_is_gone(on_servers: Installation) -> None:
    with PostgreSql() as database:
        on_servers.env["DATABASE_URL"] = database.url
        on_servers.start()
        database.stop()
        until(lambda: is_told(on_servers), 60, "a database that is missed")
        database.start()
        until(on_servers.healthy, 60, "health")


def test_the_web_servers_lines_are_json_from_its_first_to_its_last(installation: Installation) -> None:
    """Those of its master, too, which loads no Django: here that a worker died."""
    installation.env["LOG_FORMAT"] = "json"
    installation.start()
    master = installation.child("panel.gunicorn")
    assert master is not None
    worker = min(pid for pid, args in descendants(master).items() if "panel.gunicorn" in args)
    os.kill(worker, signal.SIGKILL)

    def told() -> list[str]:
        return [line for line in installation.output.read_text().splitlines() if "SIGKILL" in line]

    until(told, 30, "the death in the log")
    line = json.loads(told()[0])
    assert (line["level"], line["logger"]) == ("error", "gunicorn.error")
    assert str(worker) in line["event"]
