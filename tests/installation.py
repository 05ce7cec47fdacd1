"""Whole installations, started as `make run` starts them."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

from tests.processes import ROOT, environment
from tests.servers.process import free_port

READY_SECONDS = 300
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        """Also where what comes before a test failed."""
        self.stop()

    def copy(self, template: Path) -> None:
        """Begin with what another installation's set-up made."""
        shutil.copytree(template, self.folder)

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
        needed = ("database", "write", "broker", "worker", "beat")
        return status == 200 and all(lines[name].startswith("ok") for name in needed)

    def stop(self, number: int = signal.SIGTERM) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
            self.process.wait(90)
        self.process = None
