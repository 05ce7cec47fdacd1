"""Writes what a plan says to disk, with the owners that Postfix and Dovecot want."""

from __future__ import annotations

import datetime
import grp
import json
import os
import pwd
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ..databases import sqlite_path
from . import roundcube, rspamd
from .acme import take
from .dovecot import dovecot_conf, sql_conf
from .files import put
from .grants import grants_sql
from .plan import VMAIL, Plan
from .postfix import main_cf, master_cf
from .sieve import learn_program, learning, sendmail

# Postfix's queue: folder → (mode, belongs to group postdrop).
QUEUE = {
    **dict.fromkeys(
        ("incoming", "active", "deferred", "bounce", "defer", "flush", "hold", "corrupt", "saved", "trace", "private"),
        (0o700, False),
    ),
    "maildrop": (0o730, True),
    "public": (0o710, True),
}
SELF_SIGNED_FOR = datetime.timedelta(days=825)


def write(plan: Plan) -> None:
    """Folders, configurations and, where none is given, a certificate signed by itself. Safe to run again."""
    _folders(plan)
    own = plan.directory / "tls"
    taken = take(plan.acme, plan.host, plan.certificate, plan.key)
    if not taken and plan.certificate.parent == own and not plan.certificate.exists():
        _sign_oneself(plan)
    put(plan.postfix / "main.cf", main_cf(plan))
    put(plan.postfix / "master.cf", master_cf(plan))
    put(plan.dovecot_conf, dovecot_conf(plan), 0o600)  # holds secrets, like the next
    if plan.dovecot < (2, 4):
        put(plan.directory / "dovecot" / "sql.conf", sql_conf(plan, device=False), 0o600)
        put(plan.directory / "dovecot" / "device.conf", sql_conf(plan, device=True), 0o600)
    put(plan.sendmail, sendmail(plan), 0o755)
    put(plan.directory / "policy.json", json.dumps(_policy(plan), indent=2) + "\n", 0o600, uid=plan.owner)
    if sqlite_path(plan.database) is None:
        put(plan.directory / "grants.sql", grants_sql())
    if plan.spam:
        _filter(plan)
    if plan.webmail:
        _webmail(plan)


def _filter(plan: Plan) -> None:
    own, user = plan.directory / "rspamd", pwd.getpwnam(rspamd.USER)
    for name in ("", "bin", "override.d", "local.d"):
        _folder(own / name, 0o755)
    _folder(own / "sieve", 0o755, VMAIL, VMAIL)  # Dovecot keeps what it has compiled beside the scripts
    for name in ("data", "redis"):
        _folder(own / name, 0o700, user.pw_uid, user.pw_gid)
    _folder(plan.filter, 0o2750, user.pw_uid, pwd.getpwnam("postfix").pw_gid)
    _folder(plan.lessons, 0o700, VMAIL, VMAIL)
    for path, text in rspamd.files(plan).items():
        put(own / path, text, 0o640 if path.endswith("redis.conf") else 0o644, uid=user.pw_uid)
    put(own / "redis.conf", rspamd.redis_conf(plan))
    put(own / "bin" / "learn", learn_program(plan.lessons), 0o755)
    for kind in ("spam", "ham"):
        put(own / "sieve" / f"{kind}.sieve", learning(kind))
        (own / "sieve" / f"{kind}.svbin").unlink(missing_ok=True)


def _webmail(plan: Plan) -> None:
    """A tree of its own with links into the package's: Roundcube looks for everything beside its index.php."""
    user = pwd.getpwnam(roundcube.USER)
    for name in ("", "config", "plugins", "plugins/configureme", "plugins/configureme/localization"):
        _folder(plan.web / name, 0o755)
    for name in ("data", "data/temp"):
        _folder(plan.web / name, 0o700, user.pw_uid, user.pw_gid)
    ours = Path(__file__).parents[1] / "webmail"
    for path in sorted(ours.rglob("*")):
        if path.is_file() and path.name != "compose.php":
            to = path.relative_to(ours)
            put(plan.web / (to if to.parts[0] != "configureme" else Path("plugins") / to), path.read_text("utf-8"))
    put(plan.web / "config" / "config.inc.php", roundcube.config(plan), 0o600, uid=user.pw_uid)
    links = {name: roundcube.SOURCE / name for name in roundcube.LINKED}
    links["config/defaults.inc.php"] = roundcube.SOURCE / "config" / "defaults.inc.php"
    for name, target in links.items():
        link = plan.web / name
        link.unlink(missing_ok=True)
        if target.exists():
            link.symlink_to(target.resolve() if name.startswith("config") else target)


def _policy(plan: Plan) -> dict[str, object]:
    """What the policy server needs to know beside the panel's settings."""
    return {
        "platform": plan.platform,
        "host": plan.host,
        "sockets": str(plan.policy),
        "use": str(plan.use),
        "dovecot_auth": str(plan.run / "dovecot-auth"),
        "lmtp": [str(path) for path in plan.lmtp],
        "inbox": str(plan.inbox),
        "addresses": list(plan.addresses),
        "plain": [port for port in (plan.ports.smtp, plan.ports.submission) if port],
        "wrapped": [port for port in (plan.ports.submissions,) if port],
        "imap": plan.ports.imap,
        "outgoing": str(plan.outgoing),
        "certificate": str(plan.certificate),
        "native": plan.native,
        "auth_policy_port": plan.policy_port,
        "auth_policy_secret": plan.policy_secret,
        # Dovecot 2.3 verifies in the one process that also answers deliveries where it asks PostgreSQL.
        "spam": str(plan.filter) if plan.spam else "",
        "webmail": plan.webmail,
        "webmail_from": list(plan.webmail_from),
        "webmail_key": plan.webmail_key,
        "postmaster": plan.postmaster,
        "verifiers": 1 if plan.dovecot < (2, 4) and sqlite_path(plan.database) is None else 0,
    }


def _folders(plan: Plan) -> None:
    postfix, postdrop = pwd.getpwnam("postfix"), grp.getgrnam("postdrop").gr_gid
    for folder in (plan.directory, plan.postfix, plan.directory / "dovecot", plan.directory / "tls", plan.run):
        _folder(folder, 0o711)
    group = pwd.getpwuid(plan.owner).pw_gid  # of whoever follows the logs
    _folder(plan.directory / "log", 0o750, gid=group)
    for name in ("postfix", "dovecot"):
        log = plan.directory / "log" / f"{name}.log"
        log.touch()
        os.chown(log, 0, group)
        log.chmod(0o640)
    _folder(plan.directory / "trace", 0o700, plan.owner, group)
    _folder(plan.directory / "dovecot" / "state", 0o755)
    _folder(plan.run / "dovecot", 0o755)
    _folder(plan.mail, 0o700, VMAIL, VMAIL)
    _folder(plan.policy, 0o2750, plan.owner, postfix.pw_gid)
    _folder(plan.use, 0o2750, plan.owner, VMAIL)
    _folder(plan.directory / "data", 0o700, postfix.pw_uid, postfix.pw_gid)
    _folder(plan.spool, 0o755)
    _folder(plan.spool / "pid", 0o755)
    for name, (mode, shared) in QUEUE.items():
        _folder(plan.spool / name, mode, postfix.pw_uid, postdrop if shared else 0)


def _folder(path: Path, mode: int, uid: int = 0, gid: int = 0) -> None:
    path.mkdir(parents=True, exist_ok=True)
    os.chown(path, uid, gid)
    path.chmod(mode)


def _sign_oneself(plan: Plan) -> None:
    certificate, key = self_signed(plan.host)
    put(plan.key, key, 0o600)
    put(plan.certificate, certificate)


def self_signed(host: str) -> tuple[str, str]:
    """A certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + SELF_SIGNED_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
