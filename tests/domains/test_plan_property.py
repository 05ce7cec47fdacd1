"""Random zones on a real server: what is required is there afterwards, what is others' stays, undo restores all."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domains.models import Domain, Zone
from domains.zones.changes import request_undo, run
from domains.zones.diff import Outcome
from domains.zones.plan import KINDS
from panel.actors import SYSTEM
from tests.factories import make_service
from tests.servers.knot import Knot

from .providers import choices, knot_zone, plan_of
from .test_zone_changes import Dump, Place, apply_all, dump

pytestmark = pytest.mark.django_db

NAMES = ["@", "www", "_dmarc", "autodiscover", "autoconfig", "_autodiscover._tcp", "_imaps._tcp", "mail", "a.b"]
TEXTS = ["v=spf1 -all", "v=spf1 mx a ip4:192.0.2.7 ~all", "v=spf1 include:other.example ?all", "v=DMARC1; p=reject"]
RECORDS = st.one_of(
    st.tuples(st.just("A"), st.ip_addresses(v=4).map(str)),
    st.tuples(st.just("TXT"), st.sampled_from(TEXTS).map(lambda text: f'"{text}"')),
    st.tuples(st.just("TXT"), st.text("abc;=\\ x", max_size=40).map(lambda text: '"' + text.replace("\\", "") + '"')),
    st.tuples(st.just("MX"), st.integers(0, 99).map(lambda n: f"{n} MX{n}.old-host.example.")),
    st.tuples(st.just("SRV"), st.integers(1, 999).map(lambda port: f"1 2 {port} srv.old-host.example.")),
)
SETS = st.lists(st.tuples(st.sampled_from(NAMES), st.integers(30, 9000), RECORDS), max_size=14)
ALIASES = st.sets(st.sampled_from(["autodiscover", "autoconfig", "www", "alias"]), max_size=3)


@pytest.fixture
def knot() -> Iterator[Knot]:
    with Knot({"example.test": ""}, update_with_key=["example.test"]) as server:
        yield server


def zone_file(records: list[Any], aliases: set[str]) -> str:
    lines = [f"{name} CNAME {name}.old-host.example." for name in sorted(aliases)]
    ttls: dict[tuple[str, str], int] = {}
    for name, ttl, (type_, value) in records:
        if name not in aliases:
            lines.append(f"{name} {ttls.setdefault((name, type_), ttl)} {type_} {value}")
    return "\n".join(lines)


serials = itertools.count(2)


@given(records=SETS, aliases=ALIASES, shared=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_required_is_published_and_everything_else_stays(
    knot: Knot, records: list[Any], aliases: set[str], shared: bool
) -> None:
    serial = next(serials) * 100
    soa = f"@ 60 SOA ns1 hostmaster {serial} 3600 600 1209600 60\n@ NS ns1\nns1 A 127.0.0.1\n"
    knot.add_zone("example.test", soa + zone_file(records, aliases))
    service = make_service()
    zone: Zone = knot_zone(service.organization, knot)
    mode, target = ("non_authoritative", "mx1.other.example") if shared else ("authoritative", "")
    domain = Domain.attach(service, "example.test", mode=mode, target=target, actor=SYSTEM)
    place = Place(zone, domain, knot, lambda: dump(knot), knot.publish)
    before = dump(knot)

    change = apply_all(place)

    assert (change.state, change.error) == ("done", "")
    again = plan_of(zone, domain)
    assert choices(again) <= {Outcome.RIGHT, Outcome.LEFT_ALONE}
    assert again.fixes(KINDS, mx=True) == ()
    named = {(fix["name"], fix["type"]) for fix in change.plan}
    assert untouched(dump(knot), named) == untouched(before, named)
    texts = set(before.get(("example.test.", "TXT"), (0, []))[1])
    kept = {text for text in texts if "spf1" not in text}
    assert kept <= set(dump(knot).get(("example.test.", "TXT"), (0, []))[1])

    request_undo(change, SYSTEM)
    run(change.pk)
    assert dump(knot) == before


def untouched(zone: Dump, named: set[tuple[str, str]]) -> Dump:
    return {key: value for key, value in zone.items() if key not in named}
