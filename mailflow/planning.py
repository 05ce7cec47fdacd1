"""A plan from the panel's settings, its database and what the command was asked."""

from __future__ import annotations

import json
import os
import pwd
import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from panel.errors import Refused
from panel.models import Platform, User

from .databases import sqlite_path
from .rendering.plan import Plan, Ports

_LOOPBACK = ("127.0.0.1", "::1")
SYSTEM_PATH = "/usr/sbin:/usr/local/sbin:/sbin"  # not in everybody's path


SERVERS = (
    "postfix postfix-pgsql dovecot-imapd dovecot-lmtpd dovecot-sieve dovecot-managesieved dovecot-sqlite dovecot-pgsql"
)
WEBMAIL = "roundcube-core roundcube-sqlite3 php-cgi php-cli php-intl"
PACKAGES = {
    "rspamd": "rspamd redis-server",
    "redis-server": "redis-server",
    "php": WEBMAIL,
    "roundcube": WEBMAIL,
}


def program(name: str) -> str:
    """The path of a server's program. Raises Refused."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if path is None:
        raise Refused("not-installed", not_installed(name))
    return path


def not_installed(name: str) -> str:
    words = _("%(name)s is not installed. On Debian: apt-get install %(packages)s")
    return words % {"name": name, "packages": PACKAGES.get(name, SERVERS)}


def plan_of(
    directory: Path,
    slug: str | None,
    ports: Ports,
    *,
    native: bool = False,
    addresses: tuple[str, ...] = (),
    dovecot: str = "",
    spam: bool = False,
    webmail: int = 0,
) -> Plan:
    """`dovecot`: the version to write for, as 2.4; by default the one that is installed. Raises Refused."""
    directory = directory.absolute()
    platform = _platform(slug)
    url = settings.MAIL_READER_URL or settings.DATABASE_URL
    owner = Path(sqlite_path(settings.DATABASE_URL) or settings.VAR_DIR).stat().st_uid
    kept = _kept(directory / "policy.json")
    given = bool(settings.MAIL_TLS_CERTIFICATE and settings.MAIL_TLS_KEY)
    return Plan(
        directory=directory,
        platform=platform.slug,
        host=platform.mx_hosts[0] if platform.mx_hosts else socket.getfqdn(),
        ports=ports,
        addresses=addresses,
        native=native,
        ipv6=_has_ipv6(),
        dovecot=_version(dovecot or _installed_dovecot()),
        database=url,
        owner=owner,
        owner_name=_name_of(owner),
        policy_port=kept.get("auth_policy_port") or _free_port(),
        policy_secret=kept.get("auth_policy_secret") or secrets.token_urlsafe(24),
        nonce=secrets.token_hex(16),
        certificate=Path(settings.MAIL_TLS_CERTIFICATE) if given else directory / "tls" / "certificate.pem",
        key=Path(settings.MAIL_TLS_KEY) if given else directory / "tls" / "key.pem",
        acme=Path(settings.MAIL_TLS_ACME) if settings.MAIL_TLS_ACME and not given else None,
        postmaster=settings.MAIL_POSTMASTER or _administrator(),
        spam=spam,
        redis=settings.REDIS_URL if settings.REDIS_URL.startswith("redis://") else "",
        webmail=webmail,
        webmail_from=(*settings.MAIL_WEBMAIL_NETWORKS, *((*_LOOPBACK, *addresses[:1]) if webmail else ())),
        webmail_key=kept.get("webmail_key") or secrets.token_hex(12),
        panel=settings.PUBLIC_URL,
    )


def _platform(slug: str | None) -> Platform:
    if slug is None:
        return Platform.default()
    platform = Platform.objects.filter(slug=slug).first()
    if platform is None:
        raise Refused("no-such-platform", _("There is no platform %(slug)s.") % {"slug": slug})
    return platform


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError as error:
        raise Refused(
            "no-such-user",
            _("The panel's data belong to user %(uid)d, who has no name on this machine.") % {"uid": uid},
        ) from error


def _administrator() -> str:
    return (
        User.objects.filter(is_staff=True, is_active=True).order_by("pk").values_list("email", flat=True).first() or ""
    )


def _kept(path: Path) -> dict[str, Any]:
    """What an earlier rendering chose and running servers know."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _installed_dovecot() -> str:
    return subprocess.run([program("dovecot"), "--version"], capture_output=True, text=True, check=True).stdout  # noqa: S603


def _version(text: str) -> tuple[int, int]:
    found = re.match(r"(\d+)\.(\d+)", text)
    if found is None:
        raise Refused("dovecot-version", _("%(text)s is not a version of Dovecot.") % {"text": text})
    version = int(found[1]), int(found[2])
    if version < (2, 3):
        raise Refused("dovecot-version", _("Dovecot %(text)s is too old: 2.3 or later is needed.") % {"text": text})
    return version


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
