"""`make run`, as a person meets it: one command, one line, everything restarted, nothing left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, manage
from tests.servers import PostgreSql, Redis
from tests.servers.process import free_port

READY_SECONDS = 90
LINE = r"^Sign in at http://localhost:(\d+)/ as (\S+@\S+) with (?:password (\S+)|the password you chose)$"


def until[T](look: Callable[[], T | None], seconds: float, what: str) -> T:
    """Look again until there is something to see."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"{what}: not within {seconds} s")


def descendants(pid: int) -> dict[int, str]:
    """Command lines of all processes below `pid`, by process id."""
    rows = subprocess.run(["ps", "-eww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [(int(row.split()[0]), int(row.split()[1]), " ".join(row.split()[2:])) for row in rows.splitlines()]
    below, found = {pid}, dict[int, str]()
    while more := {child: args for child, parent, args in processes if parent in below and child not in found}:
        found |= more
        below = set(more)
    return found


def alive(pids: set[int]) -> set[int]:
    def lives(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    return {pid for pid in pids if lives(pid)}


class Installation:
    """An installation in a folder of its own."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.port = free_port()
        defaults = {"VAR_DIR": str(folder), "PORT": str(self.port), "PUBLIC_URL": "", "DEMO": "0"}
        self.env = environment(**(defaults | env))
        for name in {"SECRET_KEY", "ENCRYPTION_KEYS", "DNS_STUB_ZONES", "DATABASE_URL", "REDIS_URL"} - env.keys():
            self.env.pop(name, None)
        self.output = folder.with_name(f"{folder.name}-output")
        self.process: subprocess.Popen[bytes] | None = None
        self.line = ""

    def prepare(self) -> None:
        subprocess.run([sys.executable, "-m", "panel.environment"], env=self.env, cwd=ROOT, check=True)

    def start(self) -> str:
        """What `make run` does once .venv is there. Returns the line."""
        self.prepare()
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "run"],
                env=self.env,
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

        def line() -> str | None:
            assert self.process is not None
            assert self.process.poll() is None, self.output.read_text()
            found = re.search(LINE, self.output.read_text(), re.MULTILINE)
            return found.group() if found else None

        try:
            return until(line, READY_SECONDS, "the line that says where to sign in")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output.read_text()[-3000:]}") from error

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def child(self, words: str) -> int | None:
        """The process right below the supervisor whose command line has `words`."""
        found = [pid for pid, args in descendants(self.pid).items() if words in args]
        return min(found, default=None)

    def has_another(self, words: str, before: int) -> bool:
        return self.child(words) not in (None, before)

    def health(self) -> tuple[int, dict[str, str]]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=10) as response:
                status, text = response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read().decode()
        return status, dict(line.split(": ", 1) for line in text.splitlines())

    def healthy(self) -> bool:
        try:
            status, lines = self.health()
        except OSError:
            return False
        return status == 200 and all(line.startswith("ok") for line in lines.values())

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(30)
        self.process = None


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    installation = Installation(tmp_path / "var")
    yield installation
    installation.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for all tests that leave it as well as they found it."""
    installation = Installation(tmp_path_factory.mktemp("running") / "var")
    installation.line = installation.start()
    yield installation
    installation.stop()


@pytest.fixture
def on_servers(tmp_path: Path, postgresql_server: PostgreSql, redis_server: Redis) -> Iterator[Installation]:
    with postgresql_server.database("run") as database:
        installation = Installation(tmp_path / "var", DATABASE_URL=database, REDIS_URL=redis_server.url)
        yield installation
        installation.stop()


def test_it_says_where_to_sign_in_and_the_password_is_right(running: Installation) -> None:
    found = re.match(LINE, running.line)
    assert found
    port, email, password = found.groups()
    assert int(port) == running.port
    assert running.healthy()
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
        status, lines = running.health()
        assert status == 200  # it still serves its pages
        assert lines["database"].startswith("ok")
        assert lines["broker"].startswith("ok")
    finally:
        os.kill(worker, signal.SIGCONT)
        os.kill(beat, signal.SIGCONT)
    until(running.healthy, 60, "health")
    messages = running.folder / "broker" / "messages"
    elsewhere = messages.rename(messages.with_name("elsewhere"))
    assert running.health()[1]["broker"].startswith("not ok")
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
    assert on_servers.healthy()
    assert "postgresql" in on_servers.health()[1]["database"]
    assert "redis" in on_servers.health()[1]["broker"]


def test_health_is_503_when_the_database_is_gone(on_servers: Installation) -> None:
    with PostgreSql() as database:
        on_servers.env["DATABASE_URL"] = database.url
        on_servers.start()
        database.stop()
        status, lines = on_servers.health()
        assert status == 503
        assert lines["database"].startswith("not ok")
        assert lines["worker"].startswith("not ok")
        database.start()
        until(on_servers.healthy, 60, "health")
