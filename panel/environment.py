"""Writes what an installation needs to know and nobody has told it: `python -m panel.environment`.

Runs before Django, whose settings read the file: keys, and where the demonstration's zones are answered.
What stands in the file stays; a line is added only for a name that has none.
"""

from __future__ import annotations

import base64
import ipaddress
import os
import re
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

DEMO_ZONES = (
    "mail.example",
    "aurora-clinic.example",
    "aurora-lab.example",
    "aurora-shop.example",
    "xn--w-uga1v8h.example",
    "other.example",
    "_dmarc.example",  # asked on the walk for a DMARC policy: the demonstration needs no resolver
)
DEMO_HOST = "127.0.0.1"

PUBLIC_DEMONSTRATION = (
    "PUBLIC_URL is a public address, and a demonstration is not for the public: its customers are invented and its "
    "name servers answer for names that others own. Set DEMO=0 and begin with an empty VAR_DIR."
)

HEADER = "# Written by set-up. Keep it secret and back it up: without ENCRYPTION_KEYS stored credentials are lost.\n"


def write_missing(path: Path, makers: dict[str, Callable[[], str]]) -> None:
    """Add a line NAME=value to the file at `path` for each name that it lacks; only its owner may read it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    text = path.read_text(encoding="utf-8") if path.exists() else HEADER
    present = {line.split("=", 1)[0].strip() for line in text.splitlines() if "=" in line and not line.startswith("#")}
    added = "".join(f"{name}={make()}\n" for name, make in makers.items() if name not in present)
    if added:
        write_private(path, (text if text.endswith("\n") else f"{text}\n") + added)


def write_private(path: Path, text: str) -> None:
    """Replace the file at `path` at once by one of mode 600."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


def encryption_key() -> str:
    """A Fernet key."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def free_port() -> int:
    """A port that nobody listens on, neither by UDP nor by TCP, below the range that clients are given."""
    while True:
        port = 20000 + secrets.randbelow(10000)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind((DEMO_HOST, port))
        except OSError:
            continue
        return port


def demo_stub_zones(server: str) -> str:
    return ",".join(f"{zone}={server}" for zone in DEMO_ZONES)


def is_public(public_url: str) -> bool:
    """Whether people elsewhere may come to this address: not where it is this machine or one of a private network."""
    host = urlsplit(public_url).hostname or "localhost"
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


def wants_demonstration(path: Path) -> bool:
    """What DEMO says: now, else when the file was first written, else yes, unless the panel is public."""
    written = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    lines = dict(line.split("=", 1) for line in written if "=" in line)
    public_url = os.environ.get("PUBLIC_URL") or lines.get("PUBLIC_URL", "")
    said = os.environ.get("DEMO") or lines.get("DEMO") or ("0" if is_public(public_url) else "1")
    return said != "0"


def _narrow(path: Path) -> None:
    """Earlier set-ups allowed the demonstration all of the loopback network: its DNS server is enough."""
    text = path.read_text(encoding="utf-8")
    server = re.search(rf"^DNS_STUB_ZONES={re.escape(DEMO_ZONES[0])}=({re.escape(DEMO_HOST)}:\d+)", text, re.MULTILINE)
    wide = f"ALLOWED_NETWORKS={DEMO_HOST}/32\n"
    if server and wide in text:
        write_private(path, text.replace(wide, f"ALLOWED_NETWORKS={server.group(1)}\n"))


def main() -> None:
    os.umask(0o077)  # panel/state.py
    base = Path(__file__).resolve().parent.parent
    makers: dict[str, Callable[[], str]] = {
        "SECRET_KEY": lambda: secrets.token_urlsafe(50),
        "ENCRYPTION_KEYS": encryption_key,
    }
    path = Path(os.environ.get("VAR_DIR") or base / "var") / "env"
    if wants_demonstration(path):
        server = f"{DEMO_HOST}:{free_port()}"
        makers |= {
            "DEMO": lambda: "1",
            "DNS_STUB_ZONES": lambda: demo_stub_zones(server),
            "ALLOWED_NETWORKS": lambda: server,
        }
    else:
        makers["DEMO"] = lambda: "0"
    try:
        write_missing(path, makers)
        _narrow(path)
    except OSError as error:
        sys.exit(f"Set-up cannot write its keys: {error}")


if __name__ == "__main__":
    main()
