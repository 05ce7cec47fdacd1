"""Makes the demonstration's tenant, by the models' own verbs."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import large, ordering, verbs
from accounts.batch import Placement
from accounts.hashing import hash_password
from accounts.models import EmailAccount, Order
from accounts.passwords import generate
from domains.demo_dns import Store, zones
from domains.facts import facts
from domains.models import DnsProvider, Domain, Zone
from domains.records import DomainFacts, PlatformFacts
from panel.actors import SYSTEM
from panel.environment import DEMO_ZONES, PUBLIC_DEMONSTRATION, is_public
from panel.errors import Refused
from panel.models import Organization, Platform, Role, Service, User

CODE = "ab12345"
PROVIDER = "Demonstration name server"
SLOTS = 12
PEOPLE = (("anna.kowalska", "Anna", "Kowalska"), ("jan.nowak", "Jan", "Nowak"), ("biuro", "Biuro", "Aurora"))
MEMBERS = (("owner@aurora-clinic.example", Role.OWNER), ("technician@aurora-clinic.example", Role.TECHNICIAN))
MANAGED = ("aurora-clinic.example", "aurora-lab.example", "aurora-shop.example")
BLANK = "aurora-shop.example"  # a zone to try the wizard and Apply on

Publish = Callable[[DomainFacts, PlatformFacts], str]
DOMAINS: tuple[tuple[str, str, Publish], ...] = (
    ("aurora-clinic.example", "", zones.green_zone),
    ("aurora-lab.example", "", zones.half_mended_zone),
    ("xn--w-uga1v8h.example", zones.OTHER_EXCHANGER, zones.split_zone),
)


class Command(BaseCommand):
    help = "The demonstration: an organization with domains in every state. Does nothing that has been done."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--size",
            choices=list(large.SIZES),
            help="make another demonstration instead, for measuring: 200 organizations, 20,000 domains, 500,000 "
            "accounts and a year's log (large), a tenth (medium) or a hundredth of it (small)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if is_public(settings.PUBLIC_URL):
            raise CommandError(PUBLIC_DEMONSTRATION)
        if options["size"]:
            self.make_large(options["size"], self.stdout.write if options["verbosity"] else lambda line: None)
        else:
            self.make_tenant(**options)

    def make_large(self, size: str, say: Callable[[str], Any]) -> None:
        started = monotonic()
        try:
            large.build(large.SIZES[size], say, besides=[CODE])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        say(f"Made in {monotonic() - started:.0f} s.")

    def make_tenant(self, **options: Any) -> None:
        server = settings.DNS_STUB_ZONES.get(DEMO_ZONES[0])
        if server is None:
            raise CommandError("DNS_STUB_ZONES says not where the demonstration's zones are: `make setup` writes it.")
        store = Store(settings.VAR_DIR / "demo-dns")
        store.prepare()
        with transaction.atomic():
            organization = Organization.objects.filter(code=CODE).first() or create_tenant(store, server)
        publish(store, organization)
        if options["verbosity"]:
            self.stdout.write(f"The demonstration is organization {CODE}.")


def create_tenant(store: Store, server: tuple[str, int]) -> Organization:
    slug = zones.MAIL_PLATFORM["slug"]
    platform = Platform.objects.filter(slug=slug).first() or Platform.create(actor=SYSTEM, **zones.MAIL_PLATFORM)
    organization = Organization.create(CODE, "Aurora Clinic", actor=SYSTEM)
    host, port = server
    provider = DnsProvider.objects.create(
        organization=organization,
        kind=DnsProvider.Kind.RFC2136,
        name=PROVIDER,
        settings={"server": host, "port": port, **store.key_settings},
        credentials=json.dumps({"secret": store.key}),
    )
    Zone.objects.bulk_create(Zone(provider=provider, name=name, by_hand=True) for name in MANAGED)
    service = Service.create(organization, platform, actor=SYSTEM)
    for name, target, _publish in DOMAINS:
        mode = Domain.Mode.NON_AUTHORITATIVE if target else Domain.Mode.AUTHORITATIVE
        Domain.attach(service, name, mode=mode, target=target, actor=SYSTEM, verified=True)
    order = ordering.place(service, SLOTS + len(PEOPLE), by=SYSTEM)
    if order.state == Order.State.REQUESTED:
        ordering.approve(order, by=SYSTEM)
    slots = EmailAccount.objects.filter(service=service).order_by("pk")[: len(PEOPLE)]
    for slot, (name, first, last) in zip(slots, PEOPLE, strict=True):
        names = (name, first, last)
        placement = Placement(
            name=name,
            domain=DOMAINS[0][0],
            first_name=first,
            last_name=last,
            display_name=f"{first} {last}",
            password_hash=hash_password(generate(names)),
        )
        verbs.configure(slot, placement, by=SYSTEM)
    for email, role in MEMBERS:
        organization.add_member(User.objects.of_email(email) or User.objects.create_user(email), role, actor=SYSTEM)
    return organization


def publish(store: Store, organization: Organization) -> None:
    """Write the zones that are not there; those that are may have been changed by whoever tries the panel."""
    texts: dict[str, Callable[[], str]] = {
        "mail.example": zones.platform_zone,
        "other.example": zones.other_zone,
        BLANK: str,
        "_dmarc.example": str,  # no policy above the demonstration's domains
    }
    domains = Domain.objects.filter(service__organization=organization).order_by("pk")
    for name, _target, text in DOMAINS:
        domain = domains.filter(name__name=name).first()
        texts[name] = partial(text, *facts(domain)) if domain else str
    for name, make in texts.items():
        if not store.has(name):
            store.write(name, make())
