"""`manage.py diagnose` against real name servers."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command

from diagnostics.models import Check, CheckChange, CheckRun, Intent
from domains.models import DkimKey
from domains.rrset import Action, Fix, quote_txt, rrset_from_json
from domains.rules.fingerprints import fingerprint
from panel.models import Platform
from tests.factories import make_domain, make_service
from tests.servers import Knot

SCHEMA = json.loads((Path(__file__).parent / "diagnose.schema.json").read_text())

Diagnose = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def diagnose(zones: Knot, platform: Platform, settings: Any) -> Diagnose:
    """`diagnose(*words)`: the exit status, and the document that is printed, which keeps to the contract."""
    settings.DNS_AUTHORITATIVE_PORT = zones.port

    def run(*words: str) -> tuple[int, list[dict[str, Any]]]:
        out, status = StringIO(), 0
        resolver = () if "--resolver" in words else ("--resolver", zones.host_port)
        try:
            call_command("diagnose", *words, "--json", *resolver, stdout=out)
        except SystemExit as stop:
            status = int(stop.code or 0)
        printed = json.loads(out.getvalue())
        jsonschema.validate(printed, SCHEMA)
        return status, printed

    return run


def checks(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {check["kind"]: check for check in entry["checks"]}


def red(entry: dict[str, Any]) -> set[str]:
    """Kinds of required checks that are red."""
    return {
        check["kind"]
        for check in entry["checks"]
        if check["level"] == "required" and check["status"] in ("wrong", "missing")
    }


def fixes_of(entry: dict[str, Any], *kinds: str) -> list[Fix]:
    return [
        Fix(Action(fix["action"]), fix["name"], fix["type"], fix["ttl"], tuple(fix["values"]))
        for check in entry["checks"]
        if not kinds or check["kind"] in kinds
        for fix in check["fixes"]
    ]


@pytest.fixture
def green(zones: Knot, diagnose: Diagnose) -> Knot:
    """The zone of shop.example, mended by publishing exactly the fixes."""
    _status, (entry,) = diagnose("shop.example")
    zones.apply(fixes_of(entry))
    return zones


def test_a_blank_domain_is_red_and_publishing_exactly_the_fixes_makes_it_green(zones: Knot, diagnose: Diagnose) -> None:
    status, (entry,) = diagnose("shop.example")
    assert status == 1
    assert red(entry) == {"MX", "SPF", "SRV"}
    assert all(checks(entry)[kind]["reason"] and checks(entry)[kind]["fixes"] for kind in red(entry))
    zones.apply(fixes_of(entry))
    status, (entry,) = diagnose("shop.example")
    assert status == 0
    assert {check["status"] for check in entry["checks"]} == {"ok", "off"}
    assert {kind for kind, check in checks(entry).items() if check["status"] == "off"} == {"CNAME", "DKIM", "TARGET"}


def public_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


SPF = '"v=spf1 include:spf.pro7.mail.example ~all"'
DAMAGES: dict[str, tuple[str, Callable[[Knot], None]]] = {
    "mx gone": ("MX", lambda knot: knot.withdraw("shop.example.", "MX")),
    "one mx gone": ("MX", lambda knot: knot.withdraw("shop.example.", "MX", ["20 mx2.pro7.mail.example."])),
    "foreign mx": ("MX", lambda knot: knot.add("shop.example.", "MX", ["5 mx.other.example."])),
    "null mx": ("MX", lambda knot: knot.publish("shop.example.", "MX", ["0 ."])),
    "spf gone": ("SPF", lambda knot: knot.withdraw("shop.example.", "TXT", [SPF])),
    "second spf": ("SPF", lambda knot: knot.add("shop.example.", "TXT", ['"v=spf1 mx -all"'])),
    "spf without us": ("SPF", lambda knot: knot.publish("shop.example.", "TXT", ['"v=spf1 ip4:203.0.113.9 -all"'])),
    "spf in error": ("SPF", lambda knot: knot.publish("shop.example.", "TXT", ['"v=spf1 ip4:203.0.113.9:25 -all"'])),
    "spf for the world": ("SPF", lambda knot: knot.publish("shop.example.", "TXT", ['"v=spf1 +all"'])),
    "srv gone": ("SRV", lambda knot: knot.withdraw("_autodiscover._tcp.shop.example.", "SRV")),
    "other srv target": (
        "SRV",
        lambda knot: knot.publish("_autodiscover._tcp.shop.example.", "SRV", ["0 0 443 old.other.example."]),
    ),
    "leftover autodiscover": (
        "SRV",
        lambda knot: knot.publish("autodiscover.shop.example.", "CNAME", ["autodiscover.outlook.example."]),
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_each_damage_turns_exactly_its_own_button_red_with_a_fix_that_mends_it(
    green: Knot, diagnose: Diagnose, damage: str
) -> None:
    kind, do = DAMAGES[damage]
    do(green)
    status, (entry,) = diagnose("shop.example")
    assert status == 1
    assert red(entry) == {kind}
    green.apply(fixes_of(entry, kind))
    status, (entry,) = diagnose("shop.example")
    assert (status, red(entry)) == (0, set()), checks(entry)[kind]


def test_a_key_that_is_missing_other_or_revoked_turns_dkim_red_and_its_fix_mends_it(
    green: Knot, diagnose: Diagnose, platform: Platform
) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    DkimKey.objects.create(
        ownership=domain.ownership,
        name=domain.name,
        selector="pro",
        private_key="of no use here",
        public_key=public_key(),
    )
    name = "pro._domainkey.shop.example."
    for text in ("", f"v=DKIM1; k=rsa; p={public_key()}", "v=DKIM1; p="):
        if text:
            green.publish(name, "TXT", [quote_txt(text)])
        status, (entry,) = diagnose("shop.example")
        assert (status, red(entry)) == (1, {"DKIM"})
        green.apply(fixes_of(entry, "DKIM"))
        status, (entry,) = diagnose("shop.example")
        assert (status, red(entry)) == (0, set())


def test_harmless_differences_turn_nothing_red(green: Knot, diagnose: Diagnose) -> None:
    green.publish("shop.example.", "MX", ["5 MX1.pro7.Mail.example.", "50 mx2.PRO7.mail.example."])
    green.publish("shop.example.", "TXT", ['"v=spf1 inclu" "de:SPF.pro7.mail.example ~all"', '"google-site=1"', '"x"'])
    green.publish("_autodiscover._tcp.shop.example.", "SRV", ["1 2 443 AutoDiscover.pro7.mail.example."])
    green.publish("_dmarc.shop.example.", "TXT", ['"v=DMARC1;p=none;rua=mailto:x@shop.example"'])
    status, (entry,) = diagnose("shop.example")
    assert (status, red(entry)) == (0, set())


def test_entries_come_as_many_and_in_the_order_asked_as_a_labels(zones: Knot, diagnose: Diagnose) -> None:
    _status, entries = diagnose("żółw.example", "shop.example", "Shop.Example.", "żółw.example")
    assert [entry["domain"] for entry in entries] == [
        "xn--w-uga1v8h.example",
        "shop.example",
        "shop.example",
        "xn--w-uga1v8h.example",
    ]


def test_an_attached_name_is_judged_by_its_attachment(green: Knot, diagnose: Diagnose, platform: Platform) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example", pending=True)
    status, (entry,) = diagnose("shop.example")
    assert (status, red(entry)) == (1, {"CNAME"})
    assert fixes_of(entry, "CNAME")[0].name == f"{domain.ownership.token}.shop.example."
    green.apply(fixes_of(entry, "CNAME"))
    assert diagnose("shop.example")[0] == 0


def test_what_was_marked_as_intended_is_green_and_says_so(green: Knot, diagnose: Diagnose, platform: Platform) -> None:
    domain = make_domain(make_service(platform=platform), "shop.example")
    green.add("shop.example.", "MX", ["5 mx.filter.example."])
    _status, (entry,) = diagnose("shop.example")
    found = fingerprint(map(rrset_from_json, checks(entry)["MX"]["found"]))
    Intent.objects.create(domain=domain, kind="MX", fingerprint=found, why="a filter")
    status, (entry,) = diagnose("shop.example")
    assert (status, checks(entry)["MX"]["status"], checks(entry)["MX"]["intended"]) == (0, "ok", True)
    green.add("shop.example.", "MX", ["6 mx.filter.example."])
    status, (entry,) = diagnose("shop.example")
    assert (status, checks(entry)["MX"]["intended"]) == (1, False)


def test_nothing_is_written(zones: Knot, diagnose: Diagnose, platform: Platform) -> None:
    make_domain(make_service(platform=platform), "shop.example")
    diagnose("shop.example", "blank.example")
    assert not any(model.objects.exists() for model in (Check, CheckChange, CheckRun, Intent))


def test_a_server_that_refuses_makes_nothing_red(zones: Knot, diagnose: Diagnose) -> None:
    status, (entry,) = diagnose("elsewhere.test")
    assert status == 2
    assert red(entry) == set()
    assert checks(entry)["MX"]["status"] == "unknown"


def test_a_server_that_is_stopped_makes_nothing_red(zones: Knot, diagnose: Diagnose) -> None:
    zones.stop()
    status, (entry,) = diagnose("shop.example")
    assert status == 2
    assert red(entry) == set()
    assert checks(entry)["MX"]["reason"]


def test_a_target_makes_it_non_authoritative_and_without_one_target_is_off(green: Knot, diagnose: Diagnose) -> None:
    green.publish("mx.other.example.", "A", ["192.0.2.77"])
    green.publish("shop.example.", "MX", ["5 mx.other.example."])
    status, (entry,) = diagnose("shop.example", "--target", "mx.other.example")
    assert (status, checks(entry)["TARGET"]["status"]) == (0, "ok")
    status, (entry,) = diagnose("shop.example", "--mode", "non-authoritative")
    assert (status, checks(entry)["TARGET"]["status"]) == (0, "off")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("not a name",),
        ("shop.example", "-bad-.example"),
        ("shop.example", "--platform", "nobody"),
        ("shop.example", "--mode", "half"),
        ("shop.example", "--mode", "authoritative", "--target", "mx.other.example"),
        ("shop.example", "--target", "not a host"),
        ("shop.example", "--resolver", "127.0.0.1:what"),
        ("shop.example", "--resolver", "no such host:53"),
        ("shop.example", "--resolver", "nobody.invalid:53"),
        ("shop.example", "--nonsense"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_asked(platform: Platform, words: tuple[str, ...]) -> None:
    with pytest.raises(CommandError) as error:
        call_command("diagnose", *words, stdout=StringIO())
    assert error.value.returncode == 3


def test_without_json_people_get_a_table(zones: Knot, platform: Platform, settings: Any) -> None:
    settings.DNS_AUTHORITATIVE_PORT = zones.port
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("diagnose", "shop.example", "--resolver", zones.host_port, stdout=out)
    assert "MX" in out.getvalue()
    assert "10 mx1.pro7.mail.example." in out.getvalue()


def test_what_the_dns_says_does_not_steer_the_terminal(green: Knot, platform: Platform, settings: Any) -> None:
    settings.DNS_AUTHORITATIVE_PORT = green.port
    green.publish("shop.example.", "TXT", ['"v=spf1 \\027[31mred -all"'])
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("diagnose", "shop.example", "--resolver", green.host_port, stdout=out)
    assert "[31mred" in out.getvalue()
    assert "\x1b" not in out.getvalue()
