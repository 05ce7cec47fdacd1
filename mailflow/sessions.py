"""Ends open sessions of accounts that were suspended, reset or given another password: IMAP by `doveadm kick`,
submission by closing the connection of the smtpd that serves it. Runs as root, beside the servers.

An smtpd that is killed keeps Postfix from starting others for a minute. So its connection is shut instead, which looks
to it as if the client had gone: pidfd_getfd(2), for which a container's root needs CAP_SYS_PTRACE. Where that is not
to be had, the session ends at its next MAIL or RCPT, with 421.
"""

from __future__ import annotations

import ctypes
import json
import logging
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

from .rendering.acme import take
from .rendering.plan import Plan

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds
PATIENCE = 20  # seconds for one command
PIDFD_GETFD = 438  # the number of the system call, on every machine that Linux runs on
_LIBC = ctypes.CDLL(None, use_errno=True)


class SessionKeeper(threading.Thread):
    def __init__(self, plan: Plan, doveadm: str) -> None:
        super().__init__(daemon=True)
        self._plan = plan
        self._doveadm = [doveadm, "-c", str(plan.dovecot_conf)]
        self._stopped = threading.Event()
        self._certificate = self._changed_at()

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.wait(EVERY):
            try:
                self._end_what_is_closed()
                self._reload_renewed()
            except (OSError, ValueError, subprocess.SubprocessError) as error:  # a server that starts or stops
                log.info("cannot see to open sessions: %s", error)

    def _end_what_is_closed(self) -> None:
        answer = self._ask(self._opened())
        for login in answer["logins"]:
            self._run("kick", login)
        for process in answer["processes"]:
            _hang_up(process, set(self._plan.ports.sending))

    def _ask(self, logins: list[str]) -> dict[str, list[Any]]:
        with socket.socket(socket.AF_UNIX) as policy:
            policy.settimeout(PATIENCE)
            policy.connect(str(self._plan.policy / "sessions"))
            policy.sendall(json.dumps(logins).encode() + b"\n")
            answer: dict[str, list[Any]] = json.loads(policy.makefile("rb").readline())
            return answer

    def _opened(self) -> list[str]:
        lines = self._run("-f", "tab", "who").splitlines()[1:]
        return sorted({line.split("\t")[0] for line in lines if line.strip()})

    def _run(self, *arguments: str) -> str:
        # doveadm's own options, -f among them, come before the command.
        done = subprocess.run(  # noqa: S603 - our own words
            [*self._doveadm, *arguments], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return done.stdout

    def _reload_renewed(self) -> None:
        """A certificate that was renewed: Postfix's next processes read it, Dovecot wants to be told.

        Whoever renews it may write certificate and key one after the other: either is a reason.
        """
        take(self._plan.acme, self._plan.host, self._plan.certificate, self._plan.key)
        changed_at = self._changed_at()
        if changed_at == self._certificate:
            return
        self._certificate = changed_at
        self._run("reload")
        pid = int((self._plan.spool / "pid" / "master.pid").read_text())
        os.kill(pid, signal.SIGHUP)

    def _changed_at(self) -> tuple[float, float]:
        return _changed_at(self._plan.certificate), _changed_at(self._plan.key)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _hang_up(pid: int, ports: set[int]) -> None:
    """Shut what the process has with a client on one of our `ports`."""
    try:
        if Path(f"/proc/{pid}/comm").read_text().strip() != "smtpd":
            return  # the number is another's by now
        numbers = [
            int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir() if os.readlink(path).startswith("socket:")
        ]
        process = os.pidfd_open(pid)
    except OSError:
        return
    try:
        for number in numbers:
            descriptor = _LIBC.syscall(PIDFD_GETFD, process, number, 0)
            if descriptor < 0:
                log.warning("a session cannot be ended: %s", os.strerror(ctypes.get_errno()))
                continue
            with socket.socket(fileno=descriptor) as client:
                if _is_with_a_client(client, ports):
                    client.shutdown(socket.SHUT_RDWR)
    except OSError as error:
        log.info("a session had ended: %s", error)
    finally:
        os.close(process)


def _is_with_a_client(connection: socket.socket, ports: set[int]) -> bool:
    """Not the socket on which Postfix listens, which every smtpd has too."""
    if connection.family not in {socket.AF_INET, socket.AF_INET6}:
        return False
    try:
        connection.getpeername()
    except OSError:
        return False
    port: int = connection.getsockname()[1]
    return port in ports
