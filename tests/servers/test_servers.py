"""The servers of the tests do what the other tests take for granted."""

from __future__ import annotations

import time

import dns.exception
import dns.message
import dns.query
import dns.rcode
import pytest

from domains.rrset import Action, Fix

from .faults import Fault, FaultProxy
from .knot import Knot
from .powerdns import PowerDns
from .unbound import Unbound


def values(server: tuple[str, int], name: str, type_: str) -> list[str]:
    response = dns.query.udp(dns.message.make_query(name, type_), server[0], timeout=2, port=server[1])
    return sorted(rdata.to_text() for rrset in response.answer for rdata in rrset)


def test_knot_serves_zones_and_takes_changes(knot: Knot) -> None:
    knot.publish("example.test", "MX", ["10 mx.example.test."])
    knot.add("example.test.", "MX", ["20 mx2.example.test."])
    assert values(knot.endpoint, "example.test.", "MX") == ["10 mx.example.test.", "20 mx2.example.test."]
    knot.withdraw("example.test.", "MX", ["10 mx.example.test."])
    assert values(knot.endpoint, "example.test.", "MX") == ["20 mx2.example.test."]
    knot.apply([Fix(Action.REPLACE, "example.test.", "TXT", 60, ('"a" "b"',))])
    assert values(knot.endpoint, "example.test.", "TXT") == ['"a" "b"']


def test_knot_keeps_its_zones_over_a_restart_and_serves_new_ones(knot: Knot) -> None:
    knot.publish("www.example.test.", "A", ["192.0.2.1"])
    knot.add_zone("other.test", "@ A 192.0.2.2")
    assert values(knot.endpoint, "other.test.", "A") == ["192.0.2.2"]
    knot.stop()
    knot.start()
    assert values(knot.endpoint, "www.example.test.", "A") == ["192.0.2.1"]
    knot.remove_zone("other.test")
    assert values(knot.endpoint, "other.test.", "A") == []


def test_knot_refuses_changes_without_the_key_where_one_is_asked_for() -> None:
    with Knot({"keyed.test": ""}, update_with_key=["keyed.test"]) as knot:
        with pytest.raises(RuntimeError, match=r"NOTAUTH|REFUSED"):
            knot.publish("keyed.test", "A", ["192.0.2.1"], key=False)
        knot.publish("keyed.test", "A", ["192.0.2.1"])
        assert values(knot.endpoint, "keyed.test.", "A") == ["192.0.2.1"]


def test_unbound_caches_what_knot_says(knot: Knot, unbound: Unbound) -> None:
    knot.publish("example.test.", "A", ["192.0.2.1"])
    assert values(unbound.endpoint, "example.test.", "A") == ["192.0.2.1"]
    knot.publish("example.test.", "A", ["192.0.2.2"])
    assert values(unbound.endpoint, "example.test.", "A") == ["192.0.2.1"]
    unbound.forget()
    assert values(unbound.endpoint, "example.test.", "A") == ["192.0.2.2"]


def test_powerdns_takes_changes_by_its_api(powerdns: PowerDns) -> None:
    powerdns.publish("example.test", "example.test", "MX", ["10 mx.example.test."])
    assert values(powerdns.endpoint, "example.test.", "MX") == ["10 mx.example.test."]
    assert powerdns.records("example.test")["example.test.", "MX"] == ["10 mx.example.test."]


def test_the_proxy_forwards_and_misbehaves(knot: Knot) -> None:
    knot.publish("example.test.", "A", ["192.0.2.1"])
    with FaultProxy(knot.endpoint, rate=0) as proxy:
        query = dns.message.make_query("example.test.", "A")
        assert values(proxy.endpoint, "example.test.", "A") == ["192.0.2.1"]
        assert dns.query.tcp(query, proxy.address, timeout=2, port=proxy.port).answer
        proxy.rate, proxy.faults = 1.0, (Fault.SERVFAIL,)
        assert dns.query.udp(query, proxy.address, timeout=2, port=proxy.port).rcode() == dns.rcode.SERVFAIL
        proxy.faults = (Fault.DROP,)
        with pytest.raises(dns.exception.Timeout):
            dns.query.udp(query, proxy.address, timeout=0.2, port=proxy.port)
        proxy.faults, proxy.delay = (Fault.DELAY,), 0.2
        started = time.monotonic()
        assert dns.query.udp(query, proxy.address, timeout=2, port=proxy.port).answer
        assert time.monotonic() - started >= 0.2
        assert proxy.met == {Fault.SERVFAIL: 1, Fault.DROP: 1, Fault.DELAY: 1}
