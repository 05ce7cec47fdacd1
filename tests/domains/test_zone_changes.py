"""Plans applied to real servers, verified, undone: Knot by RFC 2136 with TSIG, PowerDNS by its HTTP API."""

from __future__ import annotations

import ipaddress
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import dns.query
import dns.tsigkeyring
import dns.zone
import pytest

from domains.models import Domain, Zone, ZoneChange
from domains.providers import ProviderError, Write, open_provider
from domains.providers.powerdns import PowerDns as PowerDnsApi
from domains.records import Kind
from domains.rrset import Action, Fix, RRset
from domains.zones import changes
from domains.zones.changes import request_change, request_undo, run, run_again
from domains.zones.diff import Outcome
from domains.zones.plan import KINDS
from domains.zones.planning import BOXES
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.factories import make_service
from tests.servers.knot import TSIG_ALGORITHM, TSIG_NAME, TSIG_SECRET, Knot
from tests.servers.powerdns import PowerDns

from .providers import Nowhere, asked_for, choices, knot_zone, plan_of, powerdns_zone

pytestmark = pytest.mark.django_db

RECORDS = """
@ MX 10 mx.old-host.example.
@ MX 20 Backup.Old-Host.example.
@ TXT "v=spf1 mx ip4:192.0.2.77 -all"
@ TXT "some-verification=42"
www A 192.0.2.80
autodiscover CNAME autodiscover.old-host.example.
_autodiscover._tcp 120 SRV 0 0 443 mail.old-host.example.
"""

type Dump = dict[tuple[str, str], tuple[int, list[str]]]


@dataclass
class Place:
    """A zone on a real server."""

    zone: Zone
    domain: Domain
    server: Any
    dump: Callable[[], Dump]
    publish: Callable[[str, str, list[str]], None]


@pytest.fixture(autouse=True)
def _loopback_is_allowed(settings: Any) -> None:
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture(params=["knot", "powerdns"])
def place(request: Any) -> Iterator[Place]:
    service = make_service()
    if request.param == "knot":
        with Knot({"example.test": RECORDS}, update_with_key=["example.test"]) as knot:
            zone = knot_zone(service.organization, knot)
            domain = Domain.attach(service, "example.test", mode="authoritative", actor=SYSTEM)
            yield Place(zone, domain, knot, lambda: dump(knot), knot.publish)
    else:
        with PowerDns({"example.test": []}) as powerdns:
            for (name, type_), (ttl, values) in parsed(RECORDS).items():
                powerdns.publish("example.test", name, type_, values, ttl)
            zone = powerdns_zone(service.organization, powerdns)
            domain = Domain.attach(service, "example.test", mode="authoritative", actor=SYSTEM)

            def publish(name: str, type_: str, values: list[str]) -> None:
                powerdns.publish("example.test", name, type_, values)

            yield Place(zone, domain, powerdns, lambda: dump_powerdns(powerdns), publish)


def parsed(records: str) -> Dump:
    text = f"$ORIGIN example.test.\n$TTL 60\n@ SOA ns1 h 1 1 1 1 1\n@ NS ns1\n{records}"
    return without_soa(dns.zone.from_text(text, "example.test.", relativize=False))


def without_soa(zone: dns.zone.Zone) -> Dump:
    return {
        (str(name).lower(), dns.rdatatype.to_text(rdataset.rdtype)): (
            rdataset.ttl,
            sorted(record.to_text() for record in rdataset),
        )
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.SOA
    }


def dump(knot: Knot) -> Dump:
    keyring = dns.tsigkeyring.from_text({TSIG_NAME: (TSIG_ALGORITHM, TSIG_SECRET)})
    messages = dns.query.xfr(
        knot.address, "example.test.", port=knot.port, keyring=keyring, keyname=TSIG_NAME, relativize=False
    )
    return without_soa(dns.zone.from_xfr(messages, relativize=False))


def dump_powerdns(server: PowerDns) -> Dump:
    zone = server.api("GET", "/servers/localhost/zones/example.test.")
    return {
        (rrset["name"], rrset["type"]): (rrset["ttl"], sorted(record["content"] for record in rrset["records"]))
        for rrset in zone["rrsets"]
        if rrset["type"] != "SOA"
    }


def apply_all(place: Place, *, mx: bool = True) -> ZoneChange:
    planned = plan_of(place.zone, place.domain)
    change = request_change(
        place.zone,
        place.domain.service,
        place.domain,
        planned.fixes([*BOXES, Kind.CNAME], mx=mx),
        planned.published,
        SYSTEM,
    )
    assert change is not None
    run(change.pk)
    change.refresh_from_db()
    return change


def test_everything_is_applied_and_read_back_and_undone_to_the_last_record(place: Place) -> None:
    before = place.dump()
    change = apply_all(place)
    assert (change.state, change.error, change.detail) == ("done", "", "")
    after = place.dump()
    assert after["example.test.", "MX"][1] == sorted(
        f"{10 * n} {host}." for n, host in enumerate(place.domain.platform.mx_hosts, 1)
    )
    assert '"some-verification=42"' in after["example.test.", "TXT"][1]
    [spf] = [value for value in after["example.test.", "TXT"][1] if "spf1" in value]
    assert spf == f'"v=spf1 mx ip4:192.0.2.77 include:{place.domain.platform.spf_include} -all"'
    assert after["www.example.test.", "A"] == before["www.example.test.", "A"]
    again = plan_of(place.zone, place.domain)
    assert choices(again) == {Outcome.RIGHT}
    assert Activity.objects.filter(verb="zone.applied", service=place.domain.service).exists()

    request_undo(change, SYSTEM)
    run(change.pk)
    change.refresh_from_db()
    assert (change.state, change.error) == ("undone", "")
    assert place.dump() == before


def test_the_mx_is_left_for_later_without_its_own_confirmation(place: Place) -> None:
    before = place.dump()
    apply_all(place, mx=False)
    assert place.dump()["example.test.", "MX"] == before["example.test.", "MX"]
    assert plan_of(place.zone, place.domain).takes_mail_from()
    apply_all(place)
    assert not plan_of(place.zone, place.domain).fixes(KINDS, mx=True)


def test_a_zone_edited_between_plan_and_apply_is_left_as_it_is(place: Place) -> None:
    planned = plan_of(place.zone, place.domain)
    change = asked_for(place.zone, place.domain, planned)
    assert change is not None
    place.publish("example.test.", "MX", ["10 mx.somewhere-else.example."])
    before = place.dump()
    run(change.pk)
    change.refresh_from_db()
    assert (change.state, change.error) == ("failed", "zone-changed")
    assert place.dump() == before


@pytest.mark.parametrize(
    ("name", "type_", "values"),
    [
        ("_dmarc.example.test.", "CNAME", ["policy.elsewhere.example."]),  # an alias where a TXT record would go
        ("{token}.example.test.", "TXT", ['"note"']),  # something where an alias would go
        ("_tcp.example.test.", "NS", ["ns1.elsewhere.example."]),  # the SRV records would be out of sight
    ],
)
def test_what_came_to_stand_in_the_way_since_the_plan_is_seen(
    place: Place, name: str, type_: str, values: list[str]
) -> None:
    planned = plan_of(place.zone, place.domain)
    change = asked_for(place.zone, place.domain, planned)
    assert change is not None
    place.publish(name.format(token=place.domain.ownership.token), type_, values)
    before = place.dump()
    run(change.pk)
    change.refresh_from_db()
    assert (change.state, change.error) == ("failed", "zone-changed"), change.detail
    assert place.dump() == before


def test_a_plan_that_would_take_away_something_else_is_another_plan(place: Place) -> None:
    shown = plan_of(place.zone, place.domain).fingerprint
    assert plan_of(place.zone, place.domain).fingerprint == shown
    place.publish("example.test.", "MX", ["10 mx.somewhere-else.example."])
    assert plan_of(place.zone, place.domain).fingerprint != shown


def test_an_undo_is_refused_where_the_records_changed_since(place: Place) -> None:
    change = apply_all(place)
    place.publish("example.test.", "MX", ["10 mx.somewhere-else.example."])
    before = place.dump()
    request_undo(change, SYSTEM)
    run(change.pk)
    change.refresh_from_db()
    assert (change.state, change.error) == ("done", "zone-changed")
    assert place.dump() == before


def test_a_server_that_dies_between_reading_and_applying_is_said_and_the_change_can_be_finished(place: Place) -> None:
    before = place.dump()
    planned = plan_of(place.zone, place.domain)
    change = asked_for(place.zone, place.domain, planned)
    assert change is not None
    place.server.stop()
    run(change.pk)
    change.refresh_from_db()
    assert change.state == "failed"
    assert change.error in {"unreachable", "timeout"}
    place.server.start()
    assert place.dump() == before
    run_again(change)
    run(change.pk)
    change.refresh_from_db()
    assert change.state == "done"
    with pytest.raises(Refused):
        run_again(change)


def test_a_change_that_is_done_already_is_not_done_twice(place: Place) -> None:
    change = apply_all(place)
    after = place.dump()
    ZoneChange.objects.filter(pk=change.pk).update(state="applying", lease_until=None)  # its worker died at the end
    assert changes.resume() == 1
    change.refresh_from_db()
    assert change.state == "done"
    assert place.dump() == after
    assert run(change.pk) is False


def test_later_changes_are_taken_back_before_earlier_ones(place: Place) -> None:
    before = place.dump()
    first = apply_all(place, mx=False)
    second = apply_all(place)
    assert first.pk != second.pk
    changes.request_removal(changes.removable(place.domain), SYSTEM)
    assert run(first.pk) is False  # it waits for the second
    changes.resume()
    changes.resume()
    assert set(ZoneChange.objects.values_list("state", flat=True)) == {"undone"}
    assert place.dump() == before


def test_a_name_delegated_away_below_the_zone_is_seen(place: Place) -> None:
    place.publish("sub.example.test.", "NS", ["ns1.elsewhere.example."])
    domain = Domain.attach(place.domain.service, "mail.sub.example.test", mode="authoritative", actor=SYSTEM)
    assert plan_of(place.zone, domain).delegated_at == "sub.example.test."
    assert plan_of(place.zone, place.domain).delegated_at is None


def test_soa_and_ns_are_never_written(place: Place) -> None:
    planned = plan_of(place.zone, place.domain)
    fix = Fix(Action.REPLACE, "example.test.", "NS", 60, ("ns1.elsewhere.example.",))
    with pytest.raises(ValueError, match="never"):
        request_change(place.zone, place.domain.service, place.domain, [fix], planned.published, SYSTEM)


def test_a_wrong_secret_is_told_from_an_unknown_key_and_a_zone_that_is_not_there() -> None:
    service = make_service()
    with Knot({"example.test": RECORDS}, update_with_key=["example.test"]) as knot:
        zone = knot_zone(service.organization, knot)
        provider = zone.provider
        open_provider(provider).test("example.test")
        assert code(provider, "elsewhere.test") == "refused"
        provider.credentials = json.dumps({"secret": "d3Jvbmc="})
        assert code(provider) == "tsig-secret"
        provider.settings["key_name"] = "nobodys-key."
        assert code(provider) == "tsig-key"
        provider.credentials = json.dumps({"secret": "not base64 at all!"})
        assert code(provider) == "tsig-malformed"
        provider.settings["key_name"] = ""
        assert code(provider) in {"refused", "not-authoritative"}  # Knot says the latter to an update without a key


def test_a_wrong_api_key_and_a_zone_that_is_not_there_are_told_apart() -> None:
    service = make_service()
    with PowerDns({"example.test": []}) as server:
        zone = powerdns_zone(service.organization, server)
        provider = zone.provider
        assert open_provider(provider).zones() == ["example.test"]
        open_provider(provider).test("example.test")
        assert code(provider, "elsewhere.test") == "no-such-zone"
        provider.credentials = json.dumps({"api_key": "wrong"})
        assert code(provider) == "credentials"


def code(provider: Any, zone: str = "example.test") -> str:
    with pytest.raises(ProviderError) as caught:
        open_provider(provider).test(zone)
    return caught.value.code


def test_a_server_in_a_private_network_is_not_connected_to(settings: Any) -> None:
    settings.ALLOWED_NETWORKS = []
    service = make_service()
    with Knot({"example.test": RECORDS}) as knot:
        zone = knot_zone(service.organization, knot)
        assert code(zone.provider) == "forbidden"
    with PowerDns({"example.test": []}) as server:
        assert code(powerdns_zone(service.organization, server).provider) == "forbidden"


def test_a_server_that_never_answers_costs_one_questions_patience() -> None:
    service = make_service()
    with Knot({"example.test": RECORDS}, update_with_key=["example.test"]) as knot:
        zone = knot_zone(service.organization, knot)
        domain = Domain.attach(service, "example.test", mode="authoritative", actor=SYSTEM)
        knot.freeze()
        started = time.monotonic()
        try:
            with pytest.raises(ProviderError) as caught:
                plan_of(zone, domain)
        finally:
            knot.thaw()
    assert caught.value.code == "timeout"
    assert time.monotonic() - started < 20


def test_an_alias_that_comes_between_the_last_look_and_the_update_refuses_the_update(monkeypatch: Any) -> None:
    service = make_service()
    with Knot({"example.test": "hidden CAA 0 issue ca.example."}, update_with_key=["example.test"]) as knot:
        provider = open_provider(knot_zone(service.organization, knot).provider)
        read = provider.read
        beside = Write(None, RRset("_dmarc.example.test.", "TXT", 60, ('"v=DMARC1; p=none"',)))
        alias = Write(None, RRset("hidden.example.test.", "CNAME", 60, ("verify.example.",)))

        def read_too_early(zone: str, names: Any) -> Any:
            found = read(zone, names)
            knot.publish("_dmarc.example.test.", "CNAME", ["policy.elsewhere.example."])
            return found

        monkeypatch.setattr(provider, "read", read_too_early)
        for write in (beside, alias):  # the other one: a record of a type that is not read stands there
            with pytest.raises(ProviderError, match="zone-changed"):
                provider.write("example.test", [write], lambda done: None)
        provider.write(
            "example.test", [Write(None, RRset("hidden.example.test.", "TXT", 60, ('"x"',)))], lambda d: None
        )
        assert ("hidden.example.test.", "TXT") in dump(knot)


def test_a_server_that_answers_nonsense_holds_up_nobody_elses_change(monkeypatch: Any) -> None:
    service = make_service()
    zone = knot_zone(service.organization, Nowhere(), "example.test")

    class Nonsense:
        def write(self, *args: Any) -> None:
            raise IndexError

    monkeypatch.setattr(changes, "open_provider", lambda row: Nonsense())
    for _each in range(2):
        request_change(
            zone, service, None, [Fix(Action.ADD, "example.test.", "MX", 60, ("10 mx.example.",))], {}, SYSTEM
        )
    assert changes.resume() == 2
    assert set(ZoneChange.objects.values_list("state", "error")) == {("failed", "server-error")}


def test_an_answer_of_another_shape_is_the_servers_error(monkeypatch: Any) -> None:
    provider = PowerDnsApi({"url": "http://192.0.2.1"}, {"api_key": "k"})
    for answer in ({"rrsets": [{"name": "x."}]}, {"rrsets": None}, {"rrsets": ["x"]}, ["x"]):
        monkeypatch.setattr(provider.api, "call", lambda *args, answer=answer: answer)
        with pytest.raises(ProviderError, match="server-error"):
            provider.read("example.test", ["example.test."])
        with pytest.raises(ProviderError, match="server-error"):
            provider.zones()
