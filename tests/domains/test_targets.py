from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from domains import reach
from domains.asking import engine_config
from domains.lookup.guard import may_connect
from domains.names import NameRefused, RefusalCode
from domains.reach import Unreachable, addresses_of, pinned, require_reachable_target
from domains.rules.deciding import Left
from domains.sentences import CHOICES, LEFT, NAME_SENTENCES, TARGET_SENTENCES
from domains.targets import Target, TargetFault, TargetRefused, parse_target
from domains.zones.diff import Outcome
from panel.errors import Refused
from tests.servers.knot import Knot


def test_every_code_has_a_sentence() -> None:
    assert set(NAME_SENTENCES) == set(RefusalCode)
    assert set(TARGET_SENTENCES) == set(TargetFault)
    assert set(LEFT) == set(Left)
    assert set(CHOICES) == set(Outcome)


@pytest.mark.parametrize(
    ("text", "target", "written"),
    [
        ("MX1.Other.example.", Target("mx1.other.example"), "mx1.other.example"),
        ("mx1.other.example:25", Target("mx1.other.example"), "mx1.other.example"),
        ("mx1.other.example:2525", Target("mx1.other.example", 2525), "mx1.other.example:2525"),
        ("żółw.example:26", Target("xn--w-uga1v8h.example", 26), "xn--w-uga1v8h.example:26"),
        ("198.51.100.7:26", Target("198.51.100.7", 26), "198.51.100.7:26"),
        ("2001:db8::7", Target("2001:db8::7"), "2001:db8::7"),
        ("[2001:db8::7]:26", Target("2001:db8::7", 26), "[2001:db8::7]:26"),
    ],
)
def test_a_target_is_read_and_written_back(text: str, target: Target, written: str) -> None:
    assert parse_target(text) == target
    assert str(target) == written
    assert parse_target(written) == target


@pytest.mark.parametrize("text", ["mx:smtp", "mx.other.example:99999", "[::1]x", "mx.other.example:٢٥"])
def test_a_port_is_a_number(text: str) -> None:
    with pytest.raises(TargetRefused) as caught:
        parse_target(text)
    assert caught.value.code == TargetFault.PORT


def test_a_refused_host_says_what_is_wrong_with_it() -> None:
    with pytest.raises(TargetRefused) as caught:
        parse_target("mail_server.example")
    assert isinstance(caught.value.cause, NameRefused)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fec0::1",
        "4000::1",
        "::7f00:1",
        "::ffff:0:7f00:1",
        "2606:4700::1111%eth0",
    ],
)
def test_private_addresses_are_not_public_in_any_disguise(address: str) -> None:
    assert not may_connect(ipaddress.ip_address(address))


def test_public_and_allowed_addresses_are() -> None:
    assert may_connect(ipaddress.ip_address("1.1.1.1"))
    assert may_connect(ipaddress.ip_address("2606:4700::1111"))
    allowed = [ipaddress.ip_network("10.0.0.0/8")]
    assert may_connect(ipaddress.ip_address("10.1.2.3"), allowed)
    assert may_connect(ipaddress.ip_address("::ffff:10.1.2.3"), allowed)
    assert not may_connect(ipaddress.ip_address("192.168.0.1"), allowed)


def test_names_are_resolved_at_the_configured_resolvers_and_private_ones_refused(settings: Any) -> None:
    records = "inner A 10.0.0.7\nouter A 1.1.1.1\nboth A 10.0.0.7\nboth A 1.1.1.1\nalias CNAME inner"
    with Knot({"hosts.test": records}) as knot:
        settings.DNS_RESOLVERS = []
        settings.DNS_STUB_ZONES = {"hosts.test": knot.endpoint}
        settings.ALLOWED_NETWORKS = []
        assert addresses_of("OUTER.hosts.test") == (ipaddress.ip_address("1.1.1.1"),)
        assert pinned("both.hosts.test", 443) == "1.1.1.1"
        for host, code in (("inner", "forbidden"), ("alias", "forbidden"), ("nobody", "no-such-host")):
            with pytest.raises(Unreachable) as caught:
                pinned(f"{host}.hosts.test", 443)
            assert caught.value.code == code
        assert require_reachable_target("outer.hosts.test:2525")
        assert not require_reachable_target("nobody.hosts.test")
        for host in ("inner", "both", "alias"):
            with pytest.raises(Refused) as refused:
                require_reachable_target(f"{host}.hosts.test")
            assert refused.value.code == "target-private"


def test_a_resolver_that_says_nothing_is_not_a_name_that_does_not_exist(settings: Any, monkeypatch: Any) -> None:
    settings.DNS_RESOLVERS = [("127.0.0.1", 9)]
    monkeypatch.setattr(reach, "SECONDS", 0.4)
    with pytest.raises(Unreachable) as caught:
        addresses_of("mx1.other.example", seconds=0.4)
    assert caught.value.code == "unresolved"


METADATA = ["169.254.169.254", "168.63.129.16", "::ffff:168.63.129.16", "fd00:ec2::254", "64:ff9b::a83f:8110"]


@pytest.mark.parametrize("address", METADATA)
def test_what_is_forbidden_stays_so_whatever_is_allowed(settings, address):
    everything = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    assert not may_connect(address, everything, settings.FORBIDDEN_NETWORKS)
    assert list(engine_config().forbidden_networks) == settings.FORBIDDEN_NETWORKS
    settings.ALLOWED_NETWORKS = everything
    with pytest.raises(Unreachable) as refused:
        pinned(address, 80)
    assert refused.value.code == "forbidden"


def test_one_port_may_be_allowed_alone(settings):
    settings.ALLOWED_NETWORKS = []
    settings.ALLOWED_SERVERS = {(ipaddress.ip_address("127.0.0.1"), 5353)}
    assert pinned("127.0.0.1", 5353) == "127.0.0.1"
    for host, port in (("127.0.0.1", 5354), ("127.0.0.2", 5353), ("::1", 5353)):
        with pytest.raises(Unreachable):
            pinned(host, port)


def test_the_other_system_of_the_demonstration_may_be_a_target_again(settings: Any) -> None:
    """Its address is one of documentation: its split domain is switched to and fro."""
    settings.ALLOWED_NETWORKS = []
    with pytest.raises(Refused):
        reach.require_allowed(["203.0.113.25"])
    settings.HAS_DEMONSTRATION = True
    assert reach.require_allowed(["203.0.113.25"])
    with pytest.raises(Refused):
        reach.require_allowed(["10.0.0.1"])
    with pytest.raises(Unreachable):
        pinned("203.0.113.25", 25)
