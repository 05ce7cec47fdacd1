"""Starts policy server, Postfix and Dovecot of one machine, starts again what dies, and leaves none behind."""

from __future__ import annotations

import os
import pwd
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from panel.errors import Refused
from panel.supervisor import Child, Supervisor

from .planning import program
from .rendering.plan import Plan
from .sessions import SessionKeeper

BANNER_SECONDS = 2


def require_usable(plan: Plan) -> None:
    """What would keep the servers from starting, in words. Raises Refused."""
    if os.geteuid() != 0:
        raise Refused("not-root", _("Postfix and Dovecot are started by root."))
    for name in ("postfix", "postconf", "dovecot", "doveconf", "doveadm"):
        program(name)
    for folder in plan.directory.parents:
        if not folder.stat().st_mode & stat.S_IXOTH:
            raise Refused(
                "folder-closed",
                _("Postfix runs as a user of its own, to whom %(folder)s is closed: chmod o+x %(folder)s")
                % {"folder": folder},
            )
    if plan.owner:
        python = subprocess.run([*_as_owner(plan), sys.executable, "-c", ""], capture_output=True, check=False)  # noqa: S603
        if python.returncode:
            raise Refused(
                "no-python",
                _("The policy server runs as %(user)s, who owns the panel's data and cannot run %(python)s.")
                % {"user": plan.owner_name, "python": sys.executable},
            )
    for port in (plan.ports.smtp, plan.ports.submission, plan.ports.imap, plan.ports.submissions):
        if port and not _is_free(plan, port):
            raise Refused("port-taken", _("Port %(port)d is taken by another program.") % {"port": port})
    for command in ([program("postconf"), "-c", plan.postfix], [program("doveconf"), "-c", plan.dovecot_conf]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Refused("configuration", done.stderr.strip())


def run(plan: Plan, *, say: Callable[[str], None], ready: Callable[[], None]) -> None:
    """In the foreground, until SIGTERM or SIGINT."""
    keeper = SessionKeeper(plan, program("doveadm"))
    supervisor = Supervisor(_children(plan), say=say)

    def announce() -> None:
        keeper.start()
        ready()

    try:
        supervisor.run(until_ready=lambda: answers(plan), ready=announce)
    finally:
        keeper.stop()


def _children(plan: Plan) -> list[Child]:
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    manage = str(settings.BASE_DIR / "manage.py")
    serve = [sys.executable, manage, "mailflow", "serve", "--dir", str(plan.directory)]
    if plan.owner:
        serve = [*_as_owner(plan), *serve]
    daemons = subprocess.run(  # noqa: S603
        [program("postconf"), "-c", str(plan.postfix), "-h", "daemon_directory"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    master = [f"{daemons}/master", "-c", str(plan.postfix), "-s"]
    return [
        _child(plan, "policy", serve, environment),
        _child(plan, "agent", [sys.executable, manage, "mailflow", "agent", "--dir", str(plan.directory)], environment),
