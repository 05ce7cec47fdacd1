"""`manage.py plan_domain` over zone files: what it prints, changes and refuses."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from domains.models import Domain, ZoneChange
from panel.actors import SYSTEM
from panel.models import Activity, Platform
from tests.factories import make_platform, make_service
from tests.servers.knot import Knot
from tests.servers.powerdns import PowerDns

from .providers import Nowhere, knot_zone, powerdns_zone

pytestmark = pytest.mark.django_db

ZONE = """; the shop's zone
$ORIGIN shop.example.
$TTL 1h
@ IN SOA ns1 host (
   2024010101 ; serial
   7200 900 1209600 300 )
   NS ns1
   IN MX 10 mx.old.example. ; the old one
   A 192.0.2.1   ; the web
   TXT ( "v=spf1 a"
         " -all" )
ns1\tA 127.0.0.1
_dmarc CNAME policy
policy TXT "v=DMARC1; p=reject"
"""


@pytest.fixture(autouse=True)
def platform() -> Platform:
    return make_platform("main", is_default=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "shop.zone"
    path.write_bytes(ZONE.encode())
    return path


def plan(*words: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command("plan_domain", *words, stdout=out, stderr=err)
    except SystemExit as error:
        return int(error.code or 0), out.getvalue(), err.getvalue()
    except CommandError as error:
        return error.returncode, out.getvalue(), str(error)
    return 0, out.getvalue(), err.getvalue()


def test_it_names_the_fixes_and_the_mx_among_them(file: Path) -> None:
    status, out, _ = plan("shop.example", "--zone-file", str(file), "--json")
    data = json.loads(out)
    assert (status, data["domain"], data["zone"], data["left"]) == (2, "shop.example", "shop.example", [])
    assert {fix["kind"] for fix in data["fixes"]} == {"MX", "SPF", "SRV"}
    assert set(data["fixes"][0]) == {"kind", "action", "name", "type", "ttl", "values"}


def test_the_file_is_printed_with_its_own_lines_and_without_the_mx(file: Path) -> None:
    status, out, err = plan("shop.example", "--zone-file", str(file), "--apply")
    assert status == 2
    kept = [line for line in ZONE.splitlines() if "TXT (" not in line and '" -all"' not in line]
    assert [line for line in out.splitlines() if line in kept] == kept
    assert 'shop.example. 3600 IN TXT "v=spf1 a include:spf.main.mail.example -all"' in out.splitlines()
    assert "not-confirmed" in err
    assert "2024010101" in err


def test_applied_with_the_mx_nothing_is_left_and_the_next_plan_is_empty(file: Path) -> None:
    status, out, _ = plan("shop.example", "--zone-file", str(file), "--apply", "--mx", "--raise-serial")
    assert status == 0
    assert "2024010102 ; serial" in out
    assert "mx.old.example" not in out
    file.write_text(out)
    status, again, _ = plan("shop.example", "--zone-file", str(file), "--apply", "--mx", "--raise-serial")
    assert (status, again) == (0, out)


@pytest.fixture(params=["knot", "powerdns"])
def managed(request: pytest.FixtureRequest, platform: Platform) -> Iterator[Domain]:
    """An attached domain whose zone is managed here."""
    service = make_service(platform=platform)
    domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
    mx = ["10 mx.old-host.example."]
    if request.param == "knot":
        with Knot({"managed.test": f"@ MX {mx[0]}\nwww A 192.0.2.1"}, update_with_key=["managed.test"]) as knot:
            domain.zone = knot_zone(service.organization, knot, "managed.test")
            domain.save()
            yield domain
    else:
        with PowerDns({"managed.test": [("managed.test.", "MX", mx)]}) as powerdns:
            domain.zone = powerdns_zone(service.organization, powerdns, "managed.test")
            domain.save()
            yield domain


def test_a_managed_zone_is_planned_changed_and_waited_for(managed: Domain) -> None:
    status, out, _ = plan("managed.test", "--json")
    data = json.loads(out)
    assert (status, data["zone"], set(data)) == (2, "managed.test", {"domain", "zone", "fixes", "left"})
    kinds = {fix["kind"] for fix in data["fixes"]}
    assert kinds >= {"CNAME", "MX", "SPF", "DKIM", "SRV", "DMARC"}
    assert not ZoneChange.objects.exists()
    status, out, _ = plan("managed.test", "--apply", "--json")
    data = json.loads(out)
    assert (status, data["left"]) == (2, [{"kind": "MX", "reason": "not-confirmed"}])
    assert {fix["kind"] for fix in data["fixes"]} == kinds
    assert Activity.objects.filter(verb="zone.applied").get().actor_label == "command line"
    status, out, _ = plan("managed.test", "--json")
    assert (status, {fix["kind"] for fix in json.loads(out)["fixes"]}) == (2, {"MX"})
    status, out, _ = plan("managed.test", "--apply", "--mx")
    assert (status, "left" in out) == (0, False)
    status, out, _ = plan("managed.test", "--apply", "--mx", "--json")
    assert (status, json.loads(out)["fixes"], json.loads(out)["left"]) == (0, [], [])
    assert ZoneChange.objects.count() == 2


def test_a_provider_that_does_not_answer_is_refused() -> None:
    service = make_service()
    domain = Domain.attach(service, "managed.test", mode="authoritative", actor=SYSTEM)
    domain.zone = knot_zone(service.organization, Nowhere(), "managed.test")
    domain.save()
    assert plan("managed.test")[0] == 1
    assert plan("managed.test", "--apply", "--mx")[0] == 1
    assert not ZoneChange.objects.exists()


def test_what_it_cannot_do_it_refuses(file: Path, tmp_path: Path) -> None:
    assert plan("shop.example")[0] == 1
    assert plan("other.example", "--zone-file", str(file))[0] == 1
    assert plan("shop.example", "--zone-file", str(tmp_path / "none"))[0] == 1
    file.write_text("@ MX 10 mx\n")
    assert plan("shop.example", "--zone-file", str(file))[0] == 1
    assert plan("not a name", "--zone-file", str(file))[0] == 3
    assert plan("shop.example", "--raise-serial")[0] == 3
