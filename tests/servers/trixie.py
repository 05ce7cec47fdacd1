"""Debian 13 in a folder: its programs (Dovecot 2.4, Postfix 3.10) on this machine's files, users and ports.

`.ci/servers` makes the folder with debootstrap, where it is run by root. Without it the tests are skipped and say so;
with CI=true that is an error.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TREE = Path(os.environ.get("TRIXIE_TREE") or "/var/cache/configureme/trixie")
SHARED = ("/tmp", "/run", "/proc", "/dev", "/etc/passwd", "/etc/group")


def require_trixie() -> None:
    if all((TREE / "usr/sbin" / name).exists() for name in ("dovecot", "postconf")) and os.geteuid() == 0:
        return
    message = f"There is no Debian 13 with Dovecot and Postfix at {TREE}: .ci/servers makes it, as root"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def wrap_postfix(folder: Path) -> None:
    """Postfix of the tree, as `wrap`: its `master` is where `postconf` says that the daemons are."""
    daemons = folder / "daemons"
    wrap(folder, "/usr/sbin/postconf", "/usr/sbin/postqueue", "/usr/sbin/postsuper", "/usr/sbin/postcat")
    wrap(daemons, "/usr/lib/postfix/sbin/master")
    postconf = folder / "postconf"
    first, rest = postconf.read_text().split("\n", 1)
    postconf.write_text(f'{first}\n[ "$3 $4" = "-h daemon_directory" ] && exec echo {daemons}\n{rest}')


def wrap(folder: Path, *programs: str) -> None:
    """Commands in `folder` that run these programs (absolute paths) of the tree, each in a mount namespace."""
    folder.mkdir(parents=True, exist_ok=True)
    mounts = "; ".join(f"mount --rbind {path} {TREE}{path} || exit 1" for path in SHARED)
    for program in programs:
        script = folder / Path(program).name
        script.write_text(
            f'#!/bin/sh\nexec unshare --mount sh -c \'{mounts}; exec chroot {TREE} {program} "$@"\' sh "$@"\n'
        )
        script.chmod(0o755)
