"""Zones as master files in one folder, and the TSIG key that may change them.

Whoever writes a zone replaces its file; whoever reads notices by the folder's time of change.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

import dns.name
import dns.tsig
import dns.zone

KEY_NAME = "demonstration"
KEY_ALGORITHM = "hmac-sha256"
MOST_RECORDS = 2000  # in one zone


class Store:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._zones: dict[dns.name.Name, dns.zone.Zone] = {}
        self._read_at = 0

    def prepare(self) -> None:
        """Make the folder and the key."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not self._key_file.exists():
            self._write(self._key_file, base64.b64encode(secrets.token_bytes(32)).decode())

    @property
    def _key_file(self) -> Path:
        return self.folder / "key"

    @property
    def key(self) -> str:
        """The TSIG secret, base64."""
        return self._key_file.read_text(encoding="ascii").strip()

    @property
    def key_settings(self) -> dict[str, str]:
        """What is no secret about the key, as a DNS provider's settings."""
        return {"key_name": KEY_NAME, "algorithm": KEY_ALGORITHM}

    def keyring(self) -> dict[dns.name.Name, dns.tsig.Key]:
        name = dns.name.from_text(KEY_NAME)
        return {name: dns.tsig.Key(name, self.key, KEY_ALGORITHM)}

    def zones(self) -> dict[dns.name.Name, dns.zone.Zone]:
        changed_at = self.folder.stat().st_mtime_ns
        if changed_at != self._read_at:
            self._zones = {}
            for path in sorted(self.folder.glob("*.zone")):
                origin = dns.name.from_text(path.stem)
                self._zones[origin] = dns.zone.from_text(path.read_text(encoding="ascii"), origin, relativize=False)
            self._read_at = changed_at
        return self._zones

    def zone_of(self, name: dns.name.Name) -> dns.zone.Zone | None:
        """The zone that holds `name`: the longest that is an ancestor of it or the name itself."""
        zones = self.zones()
        while name != dns.name.root:
            if name in zones:
                return zones[name]
            name = name.parent()
        return None

    def has(self, name: str) -> bool:
        return self._path(name).exists()

    def write(self, name: str, records: str) -> None:
        """Publish the zone `name` (no final dot): its SOA and NS, and `records` in master file form."""
        head = (
            f"$ORIGIN {name}.\n$TTL 300\n"
            "@ SOA ns1.mail.example. hostmaster.mail.example. 1 3600 600 604800 60\n"
            "@ NS ns1.mail.example.\n"
        )
        zone = dns.zone.from_text(head + records, name, relativize=False)
        self._write(self._path(name), zone.to_text(relativize=False))

    def save(self, zone: dns.zone.Zone) -> None:
        assert zone.origin is not None
        self._write(self._path(zone.origin.to_text(omit_final_dot=True)), zone.to_text(relativize=False))

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.zone"

    def _write(self, path: Path, text: str) -> None:
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        draft.replace(path)
