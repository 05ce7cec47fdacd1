"""Knot DNS: an authoritative server that takes dynamic updates (RFC 2136), with and without TSIG."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update

from domains.rrset import Action, Fix, absolute

from .process import START_SECONDS, Server, free_port, program

TSIG_NAME = "configureme-test."
TSIG_SECRET = "c2VjcmV0IG9mIHRoZSB0ZXN0cyAtIG5vdGhpbmcgZWxzZQ=="  # of the tests only
TSIG_ALGORITHM = "hmac-sha256"
DEFAULT_TTL = 60
ZONES_A_SECOND = 300  # that it reads, at least


def zone_text(
    name: str, records: str = "", *, serial: int = 1, refresh: int = 3600, retry: int = 600, negative_ttl: int = 60
) -> str:
    """A zone file: SOA and NS in front of `records` (zone-file lines, names relative to the zone) that lack them."""
    apex = absolute(name)
    head = f"$ORIGIN {apex}\n$TTL {DEFAULT_TTL}\n"
    words = [line.split(";")[0].split() for line in records.splitlines()]
    if not any("SOA" in line for line in words):
        head += f"@ {DEFAULT_TTL} SOA ns1 hostmaster {serial} {refresh} {retry} 1209600 {negative_ttl}\n"
    if not any("NS" in line and line[0] in ("@", apex, "NS") for line in words if line):
        head += "@ NS ns1\nns1 A 127.0.0.1\n"
    return head + records + "\n"


class Knot(Server):
    """`Knot({"example.test": "@ MX 10 mx\\nmx A 192.0.2.1"})`; values without SOA or NS get them (`zone_text`).

    `update_with_key`: zones that take updates and transfers only under the TSIG key above; all others take them from
    anybody on loopback. `signed`: zones that Knot signs (DNSSEC) by itself. Give several servers of one test different
    loopback `address`es (127.0.0.1, 127.0.0.2, …) and one `port` of `free_port(*addresses)`, since the engine asks
    every authoritative server at one port.
    """

    def __init__(
        self,
        zones: Mapping[str, str] | None = None,
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
        update_with_key: Iterable[str] = (),
        signed: Iterable[str] = (),
    ) -> None:
        super().__init__()
        self.binary = program("knotd", "knot")
        self.address = address
        self.port = port or free_port(address)
        self.update_with_key = {absolute(name) for name in update_with_key}
        self.signed = {absolute(name) for name in signed}
        self.zones: list[str] = []
        (self.directory / "zones").mkdir()
        (self.directory / "db").mkdir()
        for name, records in (zones or {}).items():
            self._write_zone(name, records)

    @property
    def endpoint(self) -> tuple[str, int]:
        return self.address, self.port

    @property
    def host_port(self) -> str:
        return f"{self.address}:{self.port}"

    def command(self) -> list[str]:
        self._write_configuration()
        return [self.binary, "-c", str(self.directory / "knot.conf")]

    @property
    def start_seconds(self) -> float:  # type: ignore[override]
        return START_SECONDS + len(self.zones) / ZONES_A_SECOND

    def answers(self) -> bool:
        return all(self._serves(name) for name in {*self.zones[:1], *self.zones[-1:]} or {"."})

    def _serves(self, name: str) -> bool:
        try:
            response = dns.query.udp(dns.message.make_query(name, "SOA"), self.address, timeout=0.2, port=self.port)
        except (dns.exception.DNSException, OSError):
            return False
        return not self.zones or response.rcode() == dns.rcode.NOERROR

    def add_zone(self, name: str, records: str = "") -> None:
        """Serve one more zone, or another text of one that is there (give it a higher serial)."""
        self.add_zones({name: records})

    def add_zones(self, zones: Mapping[str, str]) -> None:
        if self.process is None:
            for name, records in zones.items():
                self._write_zone(name, records)
            return
        for name, records in zones.items():
            self._write_zone(name, records)
        self._write_configuration()
        self._control("reload")
        self._control("-b", "zone-reload", *map(absolute, zones))

    def remove_zone(self, name: str) -> None:
        self.zones.remove(absolute(name))
        self._write_configuration()
        if self.process is not None:
            self._control("reload")

    def publish(
        self, name: str, type_: str, values: Iterable[str], ttl: int = DEFAULT_TTL, *, key: bool | None = None
    ) -> None:
        """Make `values` (presentation form) the whole record set at `name` and `type_`. `key`: sign with TSIG."""
        update = self._update_of(name, key)
        update.replace(dns.name.from_text(absolute(name)), ttl, type_, *values)
        self._send(update)

    def add(self, name: str, type_: str, values: Iterable[str], ttl: int = DEFAULT_TTL) -> None:
        update = self._update_of(name)
        update.add(dns.name.from_text(absolute(name)), ttl, type_, *values)
        self._send(update)

    def withdraw(self, name: str, type_: str, values: Iterable[str] = ()) -> None:
        """Remove these values, or the whole record set where none is named."""
        update = self._update_of(name)
        update.delete(dns.name.from_text(absolute(name)), type_, *values)
        self._send(update)

    def apply(self, fixes: Iterable[Fix]) -> None:
        """Do what a list of changes says, in its order."""
        for fix in fixes:
            if fix.action == Action.ADD:
                self.add(fix.name, fix.type, fix.values, fix.ttl or DEFAULT_TTL)
            elif fix.action == Action.REPLACE:
                self.publish(fix.name, fix.type, fix.values, fix.ttl or DEFAULT_TTL)
            else:
                self.withdraw(fix.name, fix.type, fix.values)

    def zone_of(self, name: str) -> str:
        """The served zone that holds `name`."""
        name = absolute(name)
        candidates = [zone for zone in self.zones if name == zone or name.endswith("." + zone) or zone == "."]
        return max(candidates, key=len)

    def _update_of(self, name: str, key: bool | None = None) -> dns.update.UpdateMessage:
        zone = self.zone_of(name)
        signed = zone in self.update_with_key if key is None else key
        keyring = dns.tsigkeyring.from_text({TSIG_NAME: (TSIG_ALGORITHM, TSIG_SECRET)}) if signed else None
        return dns.update.UpdateMessage(zone, keyring=keyring)

    def _send(self, update: dns.update.UpdateMessage) -> None:
        response = dns.query.tcp(update, self.address, timeout=5, port=self.port)
        if response.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(f"update refused: {dns.rcode.to_text(response.rcode())}")

    def _control(self, *words: str) -> None:
        knotc = program("knotc", "knot")
        subprocess.run(
            [knotc, "-c", str(self.directory / "knot.conf"), *words], check=True, capture_output=True, timeout=60
        )

    def _write_zone(self, name: str, records: str) -> None:
        zone = absolute(name)
        self._zone_file(zone).write_text(zone_text(zone, records))
        if zone not in self.zones:
            self.zones.append(zone)

    def _zone_file(self, zone: str) -> Path:
        return self.directory / "zones" / f"{zone.rstrip('.') or 'root'}.zone"

    def _write_configuration(self) -> None:
        lines = [
            "server:",
            f'    rundir: "{self.directory}"',
            f"    listen: {self.address}@{self.port}",
            "    udp-workers: 1",
            "    tcp-workers: 2",
            "    background-workers: 1",
            "log:",
            "  - target: stderr",
            "    any: warning",
            "database:",
            f'    storage: "{self.directory}/db"',
            "    journal-db-max-size: 64M",
            "control:",
            f'    listen: "{self.directory}/knot.sock"',
            "key:",
            f"  - id: {TSIG_NAME}",
            f"    algorithm: {TSIG_ALGORITHM}",
            f"    secret: {TSIG_SECRET}",
            "acl:",
            "  - id: anybody",
            "    address: 127.0.0.0/8",
            "    action: [update, transfer]",
            "  - id: keyed",
            f"    key: {TSIG_NAME}",
            "    action: [update, transfer]",
            "template:",
            "  - id: default",
            f'    storage: "{self.directory}/zones"',
            "    semantic-checks: off",
            "    acl: anybody",
            "  - id: keyed",
            f'    storage: "{self.directory}/zones"',
            "    semantic-checks: off",
            "    acl: keyed",
            "zone:",
        ]
        for zone in self.zones:
            lines.append(f'  - domain: "{zone}"')
            lines.append(f'    file: "{self._zone_file(zone)}"')
            if zone in self.update_with_key:
                lines.append("    template: keyed")
            if zone in self.signed:
                lines.append("    dnssec-signing: on")
        (self.directory / "knot.conf").write_text("\n".join(lines) + "\n")
