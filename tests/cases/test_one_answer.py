"""One rule decides: zones that were answered in two ways, asked of every answer that the panel gives.

The button, Apply, the wizard, `plan_domain` over a file and over the managed zone, the zone file, the letter with
instructions and the public page name the same changes, and the right ones.
"""

from __future__ import annotations

import ipaddress
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from diagnostics.models import Check
from diagnostics.sweep import schedule, sweep
from domains.facts import facts
from domains.keys import new_identity
from domains.models import Domain, Zone
from domains.records import Kind
from domains.rrset import quote_txt
from domains.usecases import Wish, apply, attach_domain
from domains.zones.changes import run
from domains.zones.planning import BOXES, preview
from domains.zones.reading import intents_of, read_for, read_zone
from panel.actors import COMMAND_LINE
from panel.models import Platform
from tests.domains.providers import knot_zone
from tests.factories import make_share, make_user
from tests.letters import delivered
from tests.servers.knot import Knot
from tests.servers.process import free_port
from tests.servers.unbound import Unbound

from .paper import WORLD
from .test_on_servers import ADDRESS, attach, platform, run_command, whole

__all__ = ["platform"]  # a fixture

pytestmark = pytest.mark.django_db

KEY = WORLD["key"]
OURS = quote_txt(f"v=DKIM1; k=rsa; p={KEY}")
SIGNER = f"key TXT {OURS}\n"
AUTODISCOVER = "_autodiscover._tcp SRV 0 0 443 autodiscover.mail.example."
IMAPS = "_imaps._tcp SRV 0 0 993 pro1.mail.example."
SUBMISSION = "_submission._tcp SRV 0 0 587 pro1.mail.example."
ALIASES = "autoconfig CNAME autodiscover.mail.example.\nautodiscover CNAME autodiscover.mail.example."
USUAL = {
    "MX": "@ MX 10 mx1.mail.example.\n@ MX 20 mx2.mail.example.",
    "SPF": '@ TXT "v=spf1 include:spf.mail.example ~all"',
    "DKIM": f"sel._domainkey TXT {OURS}",
    "SRV": f"{AUTODISCOVER}\n{IMAPS}\n{SUBMISSION}\n{ALIASES}",
    "DMARC": '_dmarc TXT "v=DMARC1; p=none"',
}

type Changes = set[tuple[str, str, str, str]]  # action, name (without the zone), type, value
type Records = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Row:
    """One line of the table. `at`: the names and types it is about; `fixes`: what every answer names for them; `lines`:
    what the zone file, the letter and the pages list there."""

    kind: str
    text: str
    at: tuple[tuple[str, str], ...]
    fixes: tuple[tuple[str, str, str, str], ...] = ()
    lines: tuple[tuple[str, str, str], ...] = ()
    below: str = ""  # the domain is this name in the zone
    target: str = ""
    intended: bool = False
    token: str = ""
    usual: Mapping[str, str] = field(default_factory=lambda: USUAL)

    def zone_text(self) -> str:
        parts = dict(self.usual) | {self.kind: self.text}
        return "\n".join(part for part in parts.values() if part) + "\n"


def below(text: str) -> str:
    """The same for the name `sub` in the zone."""
    lines = [(owner, rest) for owner, _, rest in (line.partition(" ") for line in text.splitlines())]
    return "\n".join(f"{'sub' if owner == '@' else f'{owner}.sub'} {rest}" for owner, rest in lines)


SPF_OURS = '"v=spf1 include:spf.mail.example ~all"'


def spf(old: str, new: str) -> Row:
    return Row(
        "SPF",
        f"@ TXT {old}",
        (("@", "TXT"),),
        (("remove", "@", "TXT", old), ("add", "@", "TXT", new)),
        (("@", "TXT", new),),
    )


def doubled(kind: str, name: str, type_: str, *values: str, published: tuple[str, ...] = (), **more: Any) -> Row:
    slip = "{d}" if name == "@" else f"{name}.{{d}}"
    right = published or values
    return Row(
        kind,
        "\n".join(f"{slip} {type_} {value}" for value in values),
        ((name, type_), (slip, type_)),
        (
            *(("add", name, type_, value) for value in right),
            *(("remove", slip, type_, value) for value in values),
        ),
        tuple((name, type_, value) for value in right),
        **more,
    )


TABLE = {
    "a hosted DMARC policy behind a CNAME": Row(
        "DMARC",
        "_dmarc CNAME dm.other.example.",
        (("_dmarc", "CNAME"), ("_dmarc", "TXT")),
        lines=(("_dmarc", "CNAME", "dm.other.example."),),
    ),
    "a policy at the organizational domain": Row(
        "DMARC",
        '_dmarc TXT "v=DMARC1; p=reject"',
        (("_dmarc.sub", "TXT"), ("_dmarc.sub", "CNAME"), ("_dmarc", "TXT")),
        below="sub",
        usual={kind: below(text) for kind, text in USUAL.items()},
    ),
    "SPF: an include that is gone": spf('"v=spf1 include:gone.other.example include:spf.mail.example ~all"', SPF_OURS),
    "SPF: a record that includes itself": spf('"v=spf1 include:{n} include:spf.mail.example ~all"', SPF_OURS),
    "SPF: our sender refused before our include": spf(
        '"v=spf1 -ip4:192.0.2.25 include:spf.mail.example a:web.other.example -all"',
        '"v=spf1 include:spf.mail.example -ip4:192.0.2.25 a:web.other.example -all"',
    ),
    "an MX marked as intended": Row(
        "MX",
        "@ MX 10 mx1.other.example.",
        (("@", "MX"),),
        lines=(("@", "MX", "10 mx1.other.example."),),
        intended=True,
    ),
    "DKIM right through a CNAME": Row(
        "DKIM",
        "sel._domainkey CNAME key.signer.example.",
        (("sel._domainkey", "CNAME"), ("sel._domainkey", "TXT")),
        lines=(("sel._domainkey", "CNAME", "key.signer.example."),),
    ),
    "submission over implicit TLS": Row(
        "SRV",
        f"{AUTODISCOVER}\n{IMAPS}\n_submissions._tcp SRV 0 0 465 pro1.mail.example.\n{ALIASES}",
        (("_submission._tcp", "SRV"), ("_submissions._tcp", "SRV")),
        lines=(("_submissions._tcp", "SRV", "0 0 465 pro1.mail.example."),),
    ),
    "autodiscover through a second alias": Row(
        "SRV",
        f"{AUTODISCOVER}\n{IMAPS}\n{SUBMISSION}\n"
        "autoconfig CNAME autodiscover.mail.example.\nautodiscover CNAME autoalias.other.example.",
        (("autodiscover", "CNAME"),),
        lines=(("autodiscover", "CNAME", "autoalias.other.example."),),
    ),
    "SPF by addresses": Row(
        "SPF",
        '@ TXT "v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"',
        (("@", "TXT"),),
        lines=(("@", "TXT", '"v=spf1 ip4:192.0.2.25 ip4:198.51.100.25 ip6:2001:db8::25 -all"'),),
    ),
    "SPF under a doubled name": doubled(
        "SPF",
        "@",
        "TXT",
        '"v=spf1 ip4:203.0.113.9 -all"',
        published=('"v=spf1 ip4:203.0.113.9 include:spf.mail.example -all"',),
    ),
    "DMARC under a doubled name": doubled(
        "DMARC",
        "_dmarc",
        "TXT",
        '"v=DMARC1; p=reject; rua=mailto:a@mail.example"',
        published=('"v=DMARC1; p=none; rua=mailto:a@mail.example"',),
    ),
    "DKIM under a doubled name": doubled("DKIM", "sel._domainkey", "TXT", OURS),
    "MX under a doubled name": doubled("MX", "@", "MX", "10 mx1.mail.example.", "20 mx2.mail.example."),
    "SRV under a doubled name": doubled(
        "SRV",
        "_autodiscover._tcp",
        "SRV",
        "0 0 443 autodiscover.mail.example.",
        usual=USUAL | {"others": f"{IMAPS}\n{SUBMISSION}\n{ALIASES}"},
    ),
    "the token under a doubled name": doubled(
        "CNAME", "_abcdef234567-check", "CNAME", "verify.mail.example.", token="_abcdef234567-check"
    ),
    "split: the other half's SRV": Row(
        "SRV",
        f"_autodiscover._tcp SRV 0 0 443 autodiscover.other.example.\n{IMAPS}\n{SUBMISSION}",
        (("_autodiscover._tcp", "SRV"), ("autodiscover", "CNAME")),
        target="mx1.other.example",
    ),
    "split: the other half's CNAME": Row(
        "SRV",
        "autodiscover CNAME autodiscover.other.example.",
        (("_autodiscover._tcp", "SRV"), ("autodiscover", "CNAME")),
        target="mx1.other.example",
    ),
}
serials = itertools.count(1000, 1000)  # updates count them up
NUMBERS = {name: number for number, name in enumerate(TABLE)}


def zone_of(name: str) -> str:
    return f"row{NUMBERS[name]}.test"


def filled(name: str, text: str) -> str:
    """`{n}`: the domain, `{d}`: what a doubled name has before the zone."""
    row = TABLE[name]
    domain = f"{row.below}.{zone_of(name)}" if row.below else zone_of(name)
    return text.replace("{n}", domain).replace("{d}", domain)


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Knot, Unbound]]:
    texts = WORLD["platform_zones"] | {"signer.example": SIGNER}
    texts |= {zone_of(name): filled(name, row.zone_text()) for name, row in TABLE.items()}
    whole_texts = {apex: whole(apex, text) for apex, text in texts.items()}
    for parent in ("test", "example"):
        cuts = "".join(f"{apex}. NS ns1.dns.example.\n" for apex in texts if apex.endswith(f".{parent}"))
        whole_texts[parent] = whole(parent, f"@ NS ns1.dns.example.\n{cuts}")
    port = free_port(ADDRESS)
    with (
        Knot(whole_texts, address=ADDRESS, port=port, update_with_key=map(zone_of, TABLE)) as knot,
        Unbound(dict.fromkeys(whole_texts, knot.endpoint)) as unbound,
    ):
        yield knot, unbound


@dataclass
class Asked:
    """One row, attached in a zone that the panel manages."""

    name: str
    row: Row
    domain: Domain
    zone: Zone
    unbound: Unbound

    def short(self, name: str) -> str:
        apex = f"{self.zone.name}."
        return "@" if name == apex else name.removesuffix(f".{apex}")

    def place(self, short: str) -> str:
        return filled(self.name, short)

    @property
    def places(self) -> set[tuple[str, str]]:
        return {(self.place(name), type_) for name, type_ in self.row.at}

    def changes(self, fixes: Iterable[Mapping[str, Any]]) -> Changes:
        """Those at the row's names, one a value; what a replacement puts in place counts as added."""
        found = {
            ("remove" if fix["action"] == "remove" else "add", self.short(fix["name"]), fix["type"], value)
            for fix in fixes
            for value in fix["values"]
        }
        return {change for change in found if change[1:3] in self.places}

    def wanted(self) -> Changes:
        return {(action, self.place(name), type_, self.place(value)) for action, name, type_, value in self.row.fixes}

    def lines(self) -> Records:
        return {(self.place(name), type_, self.place(value)) for name, type_, value in self.row.lines}

    def records(self, lines: Iterable[str]) -> Records:
        """Of a zone file's lines, those at the row's names."""
        found = set()
        for line in lines:
            words = line.split(" ", 4)
            if len(words) == 5 and words[2] == "IN" and (self.short(words[0]), words[3]) in self.places:
                found.add((self.short(words[0]), words[3], words[4]))
        return found

    def checked(self) -> Check:
        """By the buttons."""
        self.unbound.forget()
        schedule.soon(self.domain)
        sweep.check_domains([self.domain.pk])
        return Check.objects.get(domain=self.domain, kind=self.row.kind)


@pytest.fixture(params=TABLE)
def asked(request: Any, servers: tuple[Knot, Unbound], platform: Platform, settings: Any) -> Asked:
    knot, unbound = servers
    settings.DNS_RESOLVERS = [unbound.endpoint]
    settings.DNS_AUTHORITATIVE_PORT = knot.port
    settings.DNS_SERVER_RATE = settings.DNS_RESOLVER_RATE = 0
    settings.ALLOWED_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    name = request.param
    row = TABLE[name]
    case = {
        "name": filled(name, "{n}"),
        "dkim": {"sel": "@key"},
        "target": row.target,
        "mode": "non_authoritative" if row.target else "authoritative",
        "verified": not row.token,
    }
    domain = attach(case, platform)
    domain.ownership.token = row.token or domain.ownership.token
    domain.ownership.save()
    zone = knot_zone(domain.service.organization, knot, zone_of(name))
    Domain.objects.filter(pk=domain.pk).update(zone=zone)
    found = Asked(name, row, Domain.objects.get(pk=domain.pk), zone, unbound)
    if row.intended:
        check = found.checked()
        check.intend("a filter in front", make_user(), found=check.found_print)
    return found


def test_the_button_and_diagnose_name_these_changes(asked: Asked) -> None:
    check = asked.checked()
    green = not asked.row.fixes and not asked.row.target
    assert (check.status == "ok") is green, check.reason
    assert asked.changes([] if check.intended else check.fixes) == asked.wanted()
    _, text = run_command("diagnose", asked.domain.name.name, "--json")
    (entry,) = json.loads(text)
    told = next(one for one in entry["checks"] if one["kind"] == asked.row.kind)
    assert (told["status"], told["intended"]) == (check.status, check.intended)
    assert asked.changes([] if told["intended"] else told["fixes"]) == asked.wanted()


def test_plan_domain_names_them_over_the_file_and_over_the_managed_zone(asked: Asked, tmp_path: Path) -> None:
    file = tmp_path / "zone"
    text = whole(asked.zone.name, filled(asked.name, asked.row.zone_text()))
    file.write_text(f"$ORIGIN {asked.zone.name}.\n{text}", encoding="utf-8")
    for options in (["--zone-file", str(file)], []):
        _, printed = run_command("plan_domain", asked.domain.name.name, *options, "--json")
        assert asked.changes(json.loads(printed)["fixes"]) == asked.wanted(), options


def test_the_wizard_writes_them(asked: Asked) -> None:
    """It attaches what nobody has judged yet: so nothing is marked as intended."""
    service, name = asked.domain.service, asked.domain.name.name
    before, its_platform = facts(asked.domain)
    asked.domain.checks.all().delete()
    asked.domain.delete()
    reading = read_zone(asked.zone, replace(before, verified=False), its_platform)
    planned = preview(reading, {})
    wish = Wish(
        name=name,
        mode=before.mode.value,
        target=before.target,
        boxes=BOXES,
        mx_now=not asked.row.intended,
        plan=planned.fingerprint,
    )
    _, change = attach_domain(
        service, wish, asked.zone, reading, actor=COMMAND_LINE, identity=new_identity(), resolves=lambda target: True
    )
    assert asked.changes(change.plan if change is not None else []) == asked.wanted()


def test_apply_writes_them_and_then_the_button_is_green(asked: Asked, servers: tuple[Knot, Unbound]) -> None:
    planned = preview(read_for(asked.domain), intents_of(asked.domain))
    assert planned.plan is not None
    left = planned.plan.left()
    assert (Kind(asked.row.kind) in left) is bool(asked.row.intended or asked.row.target)
    change = apply(asked.domain, planned, BOXES, mx=True, confirmed=planned.fingerprint, actor=COMMAND_LINE)
    assert asked.changes(change.plan if change is not None else []) == asked.wanted()
    try:
        if change is not None:
            run(change.pk)
            change.refresh_from_db()
            assert (change.state, change.error) == ("done", "")
        assert (asked.checked().status == "ok") is not bool(asked.row.target)
    finally:  # the other answers are asked about the zone as it was
        apex = asked.zone.name
        servers[0].add_zone(apex, whole(apex, filled(asked.name, asked.row.zone_text()), serial=next(serials)))


def test_the_zone_file_the_letter_and_the_pages_list_what_is_right_then(asked: Asked, client: Client) -> None:
    asked.checked()
    staff = make_user(staff=True)
    client.force_login(staff)
    args = [asked.domain.service.name, asked.domain.name.name]
    file = client.get(reverse("diagnostics:zone_file", args=args)).content.decode()
    assert asked.records(file.splitlines()) == asked.lines()
    client.post(reverse("diagnostics:share", args=args), {"email": "dns@people.example", "language": "en"})
    letter = next(letter for letter in delivered() if letter.to == ["dns@people.example"])
    assert asked.records(letter.body.splitlines()) == asked.lines()
    missing = {change[1:] for change in asked.wanted() if change[0] == "add"}
    public = Client().get(reverse("diagnostics:shared", args=[make_share(asked.domain).token]))
    assert asked.records(public.context["zone_lines"].splitlines()) == asked.lines()
    pages = [public, client.get(reverse("diagnostics:domain", args=args))]
    pages.append(client.get(reverse("diagnostics:change", args=[*args, asked.row.kind.lower()])))
    for page in pages:
        rows = [row for row in page.context["records"] if (asked.short(row.name), row.type) in asked.places]
        open_ = {(asked.short(row.name), row.type, row.value) for row in rows if row.standing in ("missing", "wrong")}
        assert open_ == missing
        shown = {(asked.short(row.name), row.type, row.value) for row in rows if row.standing != "remove"}
        assert asked.lines() <= shown
