"""Starts policy server, Postfix and Dovecot of one machine, starts again what dies, and leaves none behind."""

from __future__ import annotations

import os
import pwd
import shutil
import smtplib
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

from .planning import SYSTEM_PATH, not_installed, program
from .rendering import roundcube, rspamd
from .rendering.plan import Plan
from .sessions import SessionKeeper

BANNER_SECONDS = 2
_FILTER = ("rspamd", "redis-server", "sievec")


def require_usable(plan: Plan) -> None:
    """What would keep the servers from starting, in words. Raises Refused."""
    if os.geteuid() != 0:
        raise Refused("not-root", _("Postfix and Dovecot are started by root."))
    for name in ("postfix", "postconf", "dovecot", "doveconf", "doveadm", "sievec"):
        program(name)
    for name in [*_FILTER] * plan.spam + ["php"] * bool(plan.webmail):
        program(name)
    if plan.webmail and not has_webmail():
        raise Refused("not-installed", not_installed("roundcube"))
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
    ports = plan.ports
    for port in (ports.smtp, ports.submission, ports.imap, ports.submissions, ports.sieve, plan.webmail):
        if port and not _is_free(plan, port):
            raise Refused("port-taken", _("Port %(port)d is in use by another program.") % {"port": port})
    for command in ([program("postconf"), "-c", plan.postfix], [program("doveconf"), "-c", plan.dovecot_conf]):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise Refused("configuration", done.stderr.strip())


def can_filter() -> bool:
    return all(shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}") for name in _FILTER)


def has_webmail() -> bool:
    return bool(shutil.which("php")) and (roundcube.SOURCE / "index.php").exists()


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
    begin = _as_owner(plan) if plan.owner else []
    directory = str(plan.directory)
    serve = [*begin, sys.executable, manage, "mailflow", "serve", "--dir", directory]
    daemons = subprocess.run(  # noqa: S603
        [program("postconf"), "-c", str(plan.postfix), "-h", "daemon_directory"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    master = [f"{daemons}/master", "-c", str(plan.postfix), "-s"]
    return [
        _child(plan, "policy", serve, environment),
        _child(plan, "policy-standby", serve, environment),  # the first to come serves, the other takes over
        _child(plan, "agent", [sys.executable, manage, "mailflow", "agent", "--dir", directory], environment),
        _child(plan, "trace", [*begin, sys.executable, manage, "mailflow", "trace", "--dir", directory], environment),
        _child(plan, "postfix", master, environment | {"MAIL_CONFIG": str(plan.postfix)}),
        _child(plan, "dovecot", [program("dovecot"), "-F", "-c", str(plan.dovecot_conf)], environment),
        *_filter(plan, environment),
        *_webmail(plan, environment),
    ]


def _filter(plan: Plan, environment: dict[str, str]) -> list[Child]:
    if not plan.spam:
        return []
    children = [_child(plan, "rspamd", [program("rspamd"), *rspamd.command(plan)], environment)]
    if not plan.redis:
        own = [program("redis-server"), str(plan.directory / "rspamd" / "redis.conf")]
        children.append(_child(plan, "redis", [*_as(rspamd.USER), *own], environment))
    return children


def _webmail(plan: Plan, environment: dict[str, str]) -> list[Child]:
    if not plan.webmail:
        return []
    command = [*_as(roundcube.USER), program("php"), *roundcube.command(plan)]
    # Only what it needs: the panel's keys are none of its business.
    own = {"PATH": environment["PATH"], "PHP_CLI_SERVER_WORKERS": "4", "ROUNDCUBE_CONFIG_DIR": str(plan.web / "config")}
    return [_child(plan, "webmail", command, own)]


def _as(user: str) -> list[str]:
    found = pwd.getpwnam(user)
    return ["setpriv", f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups", "--"]


def _as_owner(plan: Plan) -> list[str]:
    """The beginning of a command that runs as whoever owns the panel's data."""
    user = pwd.getpwuid(plan.owner)
    postfix = pwd.getpwnam("postfix").pw_gid  # the policy server's sockets are Postfix's to open
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", f"--groups={postfix}", "--"]


def _child(plan: Plan, name: str, command: Sequence[str], environment: dict[str, str]) -> Child:
    """With a log of its own: the shell takes itself out of the way."""
    log = plan.directory / "log" / f"{name}.log"
    return Child(name, ["sh", "-c", 'log=$1; shift; exec "$@" >>"$log" 2>&1', "sh", str(log), *command], environment)


def answers(plan: Plan) -> bool:
    """Whether policy server, Postfix and Dovecot all greet, and Dovecot finds out whose a mailbox is."""
    host = plan.addresses[0] if plan.addresses else "127.0.0.1"
    plain = [port for port in (plan.ports.smtp, plan.ports.submission) if port]
    wrapped = [port for port in (plan.ports.imap, plan.ports.submissions) if port]
    return (
        all((plan.policy / name).exists() for name in ("verdict", "sessions"))
        and all(path.exists() for path in plan.lmtp)
        and _looks_up(plan.lmtp[0])
        and _accepts(plan.inbox)
        and _accepts(plan.policy / "verdict")
        and all(greeting(host, port, tls=False).startswith("220") for port in plain)
        and all(greeting(host, port, tls=True).startswith(("* OK", "220")) for port in wrapped)
    )


def greeting(host: str, port: int, *, tls: bool) -> str:
    """The first line that a server says; empty where it says nothing."""
    try:
        with socket.create_connection((host, port), BANNER_SECONDS) as plain:
            if not tls:
                return plain.makefile("rb").readline().decode("ascii", "replace")
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            with context.wrap_socket(plain) as wrapped:
                return wrapped.makefile("rb").readline().decode("ascii", "replace")
    except OSError:
        return ""


def _looks_up(lmtp: Path) -> bool:
    """Whether nobody's address is refused for good: until Dovecot can look up addresses all are for later."""
    try:
        with smtplib.LMTP(str(lmtp), timeout=BANNER_SECONDS) as client:
            client.ehlo()
            client.mail("")
            return client.rcpt("nobody@invalid")[0] == 550
    except (OSError, smtplib.SMTPException):
        return False


def _accepts(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def _is_free(plan: Plan, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((plan.addresses[0] if plan.addresses else "", port))
        except OSError:
            return False
    return True
