"""Unbound: a caching, validating resolver in front of authoritative servers on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

import dns.exception
import dns.message
import dns.query

from domains.rrset import absolute

from .process import Server, free_port, program


class Unbound(Server):
    """`Unbound({"example.test": knot.endpoint})`: asks that server for names below the zone, and nobody for others.

    `anchors`: DS or DNSKEY records (zone-file lines) that it trusts; a zone that does not match its anchor is bogus.
    """

    def __init__(
        self,
        stubs: Mapping[str, tuple[str, int]],
        *,
        address: str = "127.0.0.1",
        port: int | None = None,
        anchors: tuple[str, ...] = (),
    ) -> None:
        super().__init__()
        self.binary = program("unbound", "unbound")
        self.address = address
        self.port = port or free_port(address)
        self.stubs = {absolute(zone): server for zone, server in stubs.items()}
        self.anchors = anchors

    @property
    def endpoint(self) -> tuple[str, int]:
        return self.address, self.port

    @property
    def host_port(self) -> str:
        return f"{self.address}:{self.port}"

    @property
    def configuration(self) -> str:
        return str(self.directory / "unbound.conf")

    def command(self) -> list[str]:
        lines = [
            "server:",
            f'    directory: "{self.directory}"',
            '    chroot: ""',
            '    username: ""',
            '    pidfile: ""',
            "    do-daemonize: no",
            "    use-syslog: no",
            "    verbosity: 1",
            "    num-threads: 1",
            f"    interface: {self.address}",
            f"    port: {self.port}",
            "    do-ip6: no",
            "    do-not-query-localhost: no",
            "    access-control: 127.0.0.0/8 allow",
            "    qname-minimisation: no",
            "    ede: yes",
            "    cache-min-ttl: 0",
            "    infra-host-ttl: 1",  # a server that was stopped and started again is asked at once
            f'    module-config: "{"validator " if self.anchors else ""}iterator"',
            '    local-zone: "." static',
        ]
        lines += [f'    local-zone: "{zone}" transparent' for zone in self.stubs]
        lines += [f"    trust-anchor: '{anchor}'" for anchor in self.anchors]
        for zone, (address, port) in self.stubs.items():
            lines += ["stub-zone:", f'    name: "{zone}"', f"    stub-addr: {address}@{port}"]
        lines += [
            "remote-control:",
            "    control-enable: yes",
            f'    control-interface: "{self.directory}/control.sock"',
            "    control-use-cert: no",
        ]
        (self.directory / "unbound.conf").write_text("\n".join(lines) + "\n")
        return [self.binary, "-d", "-c", self.configuration]

    def answers(self) -> bool:
        try:
            dns.query.udp(dns.message.make_query("version.server.", "TXT", "CH"), self.address, 0.2, self.port)
        except (dns.exception.DNSException, OSError):
            return False
        return True

    def forget(self) -> None:
        """Empty the cache."""
        for zone in self.stubs:
            self._control("flush_zone", zone)
        self._control("flush_infra", "all")

    def _control(self, *words: str) -> None:
        control = program("unbound-control", "unbound")
        subprocess.run([control, "-c", self.configuration, *words], check=True, capture_output=True, timeout=30)
