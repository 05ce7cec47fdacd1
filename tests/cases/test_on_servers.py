"""The zones of public reports on real servers: `diagnose` and `plan_domain` say the same, and what is applied helps."""

from __future__ import annotations

import io
import ipaddress
import json
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from domains.models import DkimKey, Domain
from panel.models import Platform
from tests.factories import make_domain, make_service
from tests.servers.knot import Knot
from tests.servers.process import free_port
from tests.servers.unbound import Unbound

from .paper import WORLD, cases, comparable

pytestmark = pytest.mark.django_db

ADDRESS = "127.53.0.2"
TTL = "$TTL 300\n"
AT_ONCE = 30
ASIDE = ("NS", "TARGET")
NOT_GREEN = ("wrong", "missing", "unknown", "propagating")


def served() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Cases that one server can hold beside each other, and their zones' texts."""
    zones = dict(WORLD["platform_zones"])
    chosen = []
    for case in [*cases("right"), *cases("wrong")]:
        its = {case["zone"]: case["text"], **case.get("zones", {})}
        plain = all(isinstance(text, str) for text in its.values())
        if plain and all(zones.get(zone, text) == text for zone, text in its.items()):
            zones |= its
            chosen.append(case)
    return chosen, zones


CASES, ZONES = served()


def whole(apex: str, text: str, serial: int = 1) -> str:
    soa = f"@ SOA ns1.dns.example. hostmaster.dns.example. {serial} 7200 900 1209600 300\n"
    ns = "" if any(line.split()[:2] == ["@", "NS"] for line in text.splitlines()) else "@ NS ns1.dns.example.\n"
    return f"{TTL}{soa}{ns}{text}"


@pytest.fixture
def world(settings: Any) -> Iterator[tuple[Knot, Unbound]]:
    port = free_port(ADDRESS)
    parents = {}
    for parent in ("test", "example"):
        below = [apex for apex in ZONES if apex.endswith(f".{parent}")]
        cuts = [f"{apex}. NS ns1.dns.example." for apex in below]
        parents[parent] = whole(parent, "@ NS ns1.dns.example.\n" + "\n".join(cuts))
    texts = {apex: whole(apex, text) for apex, text in ZONES.items()}
    with (
        Knot(texts | parents, address=ADDRESS, port=port) as knot,
        Unbound(dict.fromkeys(texts | parents, knot.endpoint)) as unbound,
    ):
        settings.DNS_RESOLVERS = [unbound.endpoint]
        settings.DNS_AUTHORITATIVE_PORT = port
        settings.DNS_SERVER_RATE = settings.DNS_RESOLVER_RATE = 0  # one server has all the domains
        settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
        yield knot, unbound


@pytest.fixture
def platform() -> Platform:
    hosts = WORLD["platform"]
    return Platform.objects.create(
        slug="main",
        is_default=True,
        mx_hosts=hosts["mx"],
        imap_host=hosts["imap"],
        smtp_host=hosts["smtp"],
        autodiscover_host=hosts["autodiscover"],
        webmail_host="webmail.mail.example",
        verification_host=hosts["verification"],
        spf_include=hosts["spf_include"],
        outbound_addresses=hosts["outbound"],
    )


def attach(case: dict[str, Any], platform: Platform) -> Domain:
    domain = make_domain(
        make_service(platform=platform),
        case["name"],
        pending=not case.get("verified", True),
        target=case.get("target", ""),
    )
    Domain.objects.filter(pk=domain.pk).update(mode=case.get("mode", "authoritative"))
    domain.ownership.dkim_keys.all().delete()
    for selector, key in case.get("dkim", {}).items():
        DkimKey.objects.create(
            ownership=domain.ownership,
            name=domain.name,
            selector=selector,
            public_key=WORLD["key"] if key == "@key" else key,
            private_key="-",
            state=DkimKey.State.ACTIVE,
        )
    return domain


def run_command(*words: str) -> tuple[int, str]:
    out = io.StringIO()
    status = 0
    try:
        call_command(*words, stdout=out, stderr=io.StringIO())
    except SystemExit as error:
        status = int(error.code or 0)
    return status, out.getvalue()


def diagnosed(names: list[str]) -> dict[str, dict[str, Any]]:
    """A few at a time: on a busy machine a check run of two hundred would end before its answers are there."""
    found: dict[str, dict[str, Any]] = {}
    for some in batched(names, AT_ONCE):
        _, text = run_command("diagnose", *some, "--json")
        found |= {entry["domain"]: {check["kind"]: check for check in entry["checks"]} for entry in json.loads(text)}
    return found


def test_diagnose_and_plan_domain_name_the_same_fixes_and_applied_they_help(
    world: tuple[Knot, Unbound], platform: Platform, tmp_path: Path
) -> None:
    knot, unbound = world
    chosen = [case for case in CASES if "token" not in case]
    for case in chosen:
        attach(case, platform)
    names = [case["name"] for case in chosen]
    before = diagnosed(names)
    planned: dict[str, dict[str, Any]] = {}
    changed = {}
    for case in chosen:
        name, checks = case["name"], before[case["name"]]
        file = tmp_path / f"{case['id']}.zone"
        file.write_text(f"$ORIGIN {case['zone']}.\n{whole(case['zone'], case['text'])}", encoding="utf-8")
        options = ("--zone-file", str(file), "--apply", "--mx", "--raise-serial", "--json")
        status, text = run_command("plan_domain", name, *options)
        planned[name] = json.loads(text)
        told = {kind: comparable(check["fixes"]) for kind, check in checks.items() if kind not in ASIDE}
        mine: dict[str, list[Any]] = {kind: [] for kind in told}
        for fix in planned[name]["fixes"]:
            mine[fix["kind"]] += comparable([fix])
        assert {k: sorted(v) for k, v in mine.items()} == {k: sorted(v) for k, v in told.items()}, case["id"]
        assert status in (0, 2)
        text = planned[name]["zone_file"]
        if planned[name]["fixes"]:
            assert text != file.read_text(encoding="utf-8")
            changed[case["zone"]] = text.partition("\n")[2]
        else:
            assert text == file.read_text(encoding="utf-8")
    assert len(changed) > 60
    knot.add_zones(changed)
    unbound.forget()
    after = diagnosed(names)
    for name, checks in after.items():
        not_green = {k for k, check in checks.items() if check["status"] in NOT_GREEN and k not in ASIDE}
        assert not_green == {entry["kind"] for entry in planned[name]["left"]}, (name, not_green)


def test_what_is_right_is_green_and_has_no_fix_on_servers_too(world: tuple[Knot, Unbound], platform: Platform) -> None:
    chosen = [case for case in CASES if "token" not in case and "status" in case]
    for case in chosen:
        attach(case, platform)
    seen = diagnosed([case["name"] for case in chosen])
    for case in chosen:
        check = seen[case["name"]][case["kind"]]
        want = (case["status"], comparable(case.get("fixes", [])))
        assert (check["status"], comparable(check["fixes"])) == want, case["id"]
