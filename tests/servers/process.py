"""Starting and ending a server process on loopback."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest

START_SECONDS = 30
STOP_SECONDS = 10
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin:/sbin"


def program(binary: str, package: str) -> str:
    """The path of `binary`. Without it the test is skipped, or fails where CI=true."""
    path = shutil.which(binary, path=SYSTEM_PATH)
    if path:
        return path
    message = f"{binary} is not installed: apt-get install {package}"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def free_port(*addresses: str) -> int:
    """A port that nobody uses now, for UDP and TCP, on every one of `addresses` (127.0.0.1 where none is named)."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as chosen:
            chosen.bind((addresses[0] if addresses else "127.0.0.1", 0))
            port: int = chosen.getsockname()[1]
        if all(_is_free(address, port) for address in addresses or ("127.0.0.1",)):
            return port
    raise RuntimeError("no free port")


def _is_free(address: str, port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


class Server:
    """A server process in a directory of its own. Subclasses write its configuration and know when it answers."""

    start_seconds: float = START_SECONDS

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix=f"{type(self).__name__.lower()}-"))
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def command(self) -> list[str]:
        raise NotImplementedError

    def answers(self) -> bool:
        """Whether the server does its work by now."""
        raise NotImplementedError

    @property
    def log(self) -> Path:
        return self.directory / "log"

    def start(self) -> None:
        """Start, or start again after `stop`. Returns when the server answers."""
        if self.process is not None:
            return
        command = self.command()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.directory
            )
        self._wait_until(self.answers)

    def stop(self) -> None:
        """Stop the process; what it serves stays on disk for the next `start`."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def freeze(self) -> None:
        """Keep the process from doing anything: its sockets stay open and nobody answers."""
        if self.process is not None:
            self.process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.process.pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)

    def close(self) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.start_seconds
        while not ready():
            if self.process is None or self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{type(self).__name__} did not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)
