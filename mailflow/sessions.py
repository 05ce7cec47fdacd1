"""Ends open sessions of accounts that were suspended, reset or given another password: IMAP by `doveadm kick`,
submission by ending the smtpd that serves it. Runs as root, beside the servers."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any

from .rendering.plan import Plan

log = logging.getLogger(__name__)

EVERY = 5.0  # seconds
PATIENCE = 20  # seconds for one command


class SessionKeeper(threading.Thread):
    def __init__(self, plan: Plan, doveadm: str) -> None:
        super().__init__(daemon=True)
        self._plan = plan
        self._doveadm = [doveadm, "-c", str(plan.dovecot_conf)]
        self._stopped = threading.Event()
        self._certificate = _changed_at(plan.certificate)

    def stop(self) -> None:
        self._stopped.set()

    def run(self) -> None:
        while not self._stopped.wait(EVERY):
            try:
                self._end_what_is_closed()
                self._reload_renewed()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                log.warning("cannot see to open sessions: %s", error)

    def _end_what_is_closed(self) -> None:
        answer = self._ask(self._opened())
        for login in answer["logins"]:
            self._run("kick", login)
        for process in answer["processes"]:
            if _is_smtpd(process):
                os.kill(process, signal.SIGTERM)

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
        """A certificate that was renewed: Postfix's next processes read it, Dovecot wants to be told."""
        changed_at = _changed_at(self._plan.certificate)
        if changed_at == self._certificate:
            return
        self._certificate = changed_at
        self._run("reload")
        pid = int((self._plan.spool / "pid" / "master.pid").read_text())
        os.kill(pid, signal.SIGHUP)


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _is_smtpd(pid: int) -> bool:
    """A number may have been given to another process meanwhile."""
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip() == "smtpd"
    except OSError:
        return False
