"""An installation of any size for measuring and trying: rows written in batches, alike each time, no password known.

One customer has a quarter of everything, the others share the rest. Nothing is sent, asked or hashed for it: nobody is
a contact, accounts share one hash that no password fits, domains share one key. All of it is one transaction: it is
there or it is not.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from itertools import batched, count, cycle, islice
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from django.utils import timezone

from domains.demo_dns import zones
from domains.keys import Identity, new_identity
from domains.models import DkimKey, Domain, Name, Ownership, ZoneChange
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Invitation, Membership, Organization, Platform, Role, Service, User

from .hashing import hash_of_nothing
from .models import Address, BulkRow, BulkRun, EmailAccount, Order, RetiredMailbox, Tally

BATCH = 5_000
PART = 4  # the first customer has one of so many parts of everything
SLOTS = 10  # one account in so many is still to be configured
FULL = 60  # of whatever pages list there are so many at any size, so that the pages are as full
CODE = "large"
FIRST = ("Anna", "Jan", "Łucja", "Zofia", "Piotr", "Ewa", "Michał", "Żaneta", "Adam", "Ida", "Olga", "Marek", "Jörg")
LAST = ("Kowalska", "Nowak", "Wójcik", "Müller", "Śliwa", "Zając", "Dąbrowski", "Lis", "Król", "Wrona", "Gołąb")
KINDS = ("NS", "CNAME", "MX", "SPF", "DKIM", "SRV", "DMARC")
VERBS = (
    ("account.configured", ""),
    ("account.suspended", ""),
    ("domain.attached", "domain"),
    ("account.password", ""),
    ("domain.verified", "domain"),
    ("member.changed", ""),
)


@dataclass(frozen=True, slots=True)
class Size:
    organizations: int
    domains: int
    accounts: int  # slots included
    changes: int  # of checks
    activities: int

    def part(self, of: int) -> Size:
        return Size(*(value // of for value in astuple(self)))


LARGE = Size(organizations=200, domains=20_000, accounts=500_000, changes=300_000, activities=1_000_000)
SIZES = {"small": LARGE.part(100), "medium": LARGE.part(10), "large": LARGE}


@dataclass(frozen=True, slots=True)
class Customer:
    """An organization with its numbers."""

    organization: Organization
    service: Service
    members: list[User]
    domains: list[Domain]
    accounts: int
    changes: int
    activities: int


def domain_name(number: int) -> str:
    return f"firm{number:05}.example"


def token(number: int) -> str:
    return f"_demo{number:05}-check"


def build(size: Size, say: Callable[[str], None] = lambda line: None, *, besides: Iterable[str] = ()) -> None:
    """Make it. Refused where there is an organization already, but for those with the codes `besides`."""
    if Organization.objects.exclude(code__in=list(besides)).exists():
        raise Refused("not-empty", "There are organizations already: this is made in an empty installation only.")
    with transaction.atomic():
        _Builder(size, say).build()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class _Builder:
    def __init__(self, size: Size, say: Callable[[str], None]) -> None:
        self.size, self.say = size, say
        self.now = timezone.now()
        self.slots = (f"{secrets.token_hex(4)}{number:08}" for number in count())

    def build(self) -> None:
        slug = zones.MAIL_PLATFORM["slug"]
        platform = Platform.objects.filter(slug=slug).first() or Platform.create(actor=SYSTEM, **zones.MAIL_PLATFORM)
        customers = self.customers(platform)
        self.save("domains", self.size.domains, self.domains(customers))
        self.save("checks", self.size.domains * (len(KINDS) + 1), self.checks(customers))
        self.save("changes of checks", self.size.changes, self.changes(customers))
        self.save("accounts", self.size.accounts, self.accounts(customers))
        self.save("activity", self.size.activities, self.activities(customers))
        self.save("orders, runs, links", self.size.domains, self.others(customers))

    def save(self, what: str, expected: int, rows: Iterator[models.Model]) -> None:
        """Write rows as they come, a batch of one model at a time; a line for each tenth."""
        done, said = 0, 0
        for some in batched(rows, BATCH):
            kinds: dict[type[models.Model], None] = dict.fromkeys(type(row) for row in some)
            for model in kinds:
                model._default_manager.bulk_create([row for row in some if type(row) is model], batch_size=BATCH)
            done += len(some)
            if (tenth := done * 10 // max(1, expected)) > said:
                said = tenth
                self.say(f"{what}: {done:,}")

    def shares(self, total: int) -> list[int]:
        """Of each organization: the first has its part, the others as much as each other."""
        first = total // PART
        others = self.size.organizations - 1
        each, more = divmod(total - first, others)
        return [first, *(each + (number < more) for number in range(others))]

    def ago(self, number: int, total: int) -> datetime:
        """The moments of a year, in order."""
        return self.now - timedelta(days=365) * ((total - number) / total)

    def customers(self, platform: Platform) -> list[Customer]:
        codes = [CODE, *(f"firm{number:03}" for number in range(1, self.size.organizations))]
        organizations = Organization.objects.bulk_create(
            Organization(code=code, name=f"{LAST[number % len(LAST)]} {code}") for number, code in enumerate(codes)
        )
        services = Service.objects.bulk_create(
            Service(
                organization=organization,
                platform=platform,
                number=1,
                name=f"{platform.service_prefix}-{organization.code}-1",
            )
            for organization in organizations
        )
        roles = (Role.OWNER, Role.TECHNICIAN, Role.VIEWER)
        people = []
        for number, code in enumerate(codes):
            many = FULL if number == 0 else len(roles)
            people.append(
                [self.person(code, role, index) for index, role in zip(range(many), cycle(roles), strict=False)]
            )
        User.objects.bulk_create(user for users in people for user in users)
        Membership.objects.bulk_create(
            Membership(user=user, organization=organization, role=role)
            for organization, users in zip(organizations, people, strict=True)
            for user, role in zip(users, cycle(roles), strict=False)
        )
        numbers = zip(*map(self.shares, (self.size.accounts, self.size.changes, self.size.activities)), strict=True)
        self.say(f"organizations: {len(organizations):,}")
        return [
            Customer(
                organization=organization,
                service=service,
                members=users,
                domains=[],
                accounts=accounts,
                changes=changes,
                activities=activities,
            )
            for organization, service, users, (accounts, changes, activities) in zip(
                organizations, services, people, numbers, strict=True
            )
        ]

    def person(self, code: str, role: Role, index: int) -> User:
        first, last = FIRST[index % len(FIRST)], LAST[index % len(LAST)]
        user = User(email=f"{role.value}{index}@{code}.example", name=f"{first} {last}")
        user.password = "!" + secrets.token_hex(20)  # unusable: nobody signs in with one
        return user

    def domains(self, customers: list[Customer]) -> Iterator[models.Model]:
        identity = new_identity()
        numbers = count()
        for customer, many in zip(customers, self.shares(self.size.domains), strict=True):
            for some in batched(islice(numbers, many), BATCH):
                yield from self.some_domains(customer, list(some), identity)

    def some_domains(self, customer: Customer, numbers: list[int], identity: Identity) -> Iterator[models.Model]:
        names = Name.objects.bulk_create(Name(name=domain_name(number)) for number in numbers)
        ownerships = Ownership.objects.bulk_create(
            Ownership(organization=customer.organization, name=name, token=token(number))
            for number, name in zip(numbers, names, strict=True)
        )
        for number, name, ownership in zip(numbers, names, ownerships, strict=True):
            pending = number % 40 == 39
            domain = Domain(
                service=customer.service,
                platform=customer.service.platform,
                name=name,
                ownership=ownership,
                mode=Domain.Mode.AUTHORITATIVE,
                state=Domain.State.PENDING if pending else Domain.State.VERIFIED,
                verified_at=None if pending else self.now,
                proof="" if pending else Domain.Proof.OPERATOR,
            )
            customer.domains.append(domain)
            yield domain
        DkimKey.objects.bulk_create(
            DkimKey(
                ownership=ownership,
                name=name,
                selector="s1",
                private_key=identity.private_key,
                public_key=identity.public_key,
            )
            for name, ownership in zip(names, ownerships, strict=True)
        )

    def checks(self, customers: list[Customer]) -> Iterator[models.Model]:
        check_model, run_model = (apps.get_model("diagnostics", name) for name in ("Check", "CheckRun"))
        for number, (customer, domain) in enumerate(_domains(customers)):
            yield run_model(
                domain=domain,
                organization=customer.organization,
                next_at=self.now + timedelta(seconds=1 + number % 86_400),
                checked_at=self.now - timedelta(seconds=number % 86_400),
                authoritative_at=self.now,
                red=1 if _is_red(number) else 0,
            )
            for kind in KINDS:
                status, reason = _status(number, kind)
                yield check_model(
                    domain=domain,
                    kind=kind,
                    status=status,
                    level="required" if kind != "DMARC" else "recommended",
                    reason=reason,
                    found=[_found(domain.name.name, kind)] if status == "ok" else [],
                    expected=[_found(domain.name.name, kind)],
                    changed_at=self.ago(number, self.size.domains),
                )

    def changes(self, customers: list[Customer]) -> Iterator[models.Model]:
        model = apps.get_model("diagnostics", "CheckChange")
        for customer in customers:
            many = customer.changes
            for number in range(many):
                # Half of the changes are of the same ten domains, as in life.
                place = number if number % 2 else number % 10
                domain = customer.domains[place % len(customer.domains)]
                kind = KINDS[number % len(KINDS)]
                yield model(
                    domain=domain,
                    kind=kind,
                    at=self.ago(number, many),
                    old_status="ok" if number % 4 < 2 else "missing",
                    new_status="missing" if number % 4 < 2 else "ok",
                    old_level="required",
                    new_level="required",
                    after=[_found(domain.name.name, kind)],
                )

    def accounts(self, customers: list[Customer]) -> Iterator[models.Model]:
        password_hash = hash_of_nothing()
        for customer in customers:
            tallies: dict[tuple[int | None, str], int] = {}
            verified = [domain for domain in customer.domains if domain.is_verified]
            for numbers in batched(range(customer.accounts), BATCH):
                yield from self.some_accounts(customer, numbers, verified, password_hash, tallies)
            for state in EmailAccount.State.values:
                tallies[None, state] = sum(n for (_domain, of), n in tallies.items() if of == state)
            Tally.objects.bulk_create(
                Tally(service=customer.service, domain_id=domain, state=state, count=n)
                for (domain, state), n in tallies.items()
                if domain is None or state != EmailAccount.State.SLOT
            )

    def some_accounts(
        self,
        customer: Customer,
        numbers: tuple[int, ...],
        domains: list[Domain],
        password_hash: str,
        tallies: dict[tuple[int | None, str], int],
    ) -> Iterator[models.Model]:
        configured = [number for number in numbers if number % SLOTS]
        made = Address.objects.bulk_create(
            Address(name=domains[number % len(domains)].name, local_part=_local_part(number)) for number in configured
        )
        addresses = dict(zip(configured, made, strict=True))
        for number in numbers:
            account = EmailAccount(service=customer.service, slot_token=next(self.slots))
            account.created_at = account.changed_at = self.ago(number, customer.accounts)
            if address := addresses.get(number):
                domain = domains[number % len(domains)]
                account.state = EmailAccount.State.SUSPENDED if number % 50 == 7 else EmailAccount.State.ACTIVE
                account.domain, account.address, account.mailbox_id = domain, address, uuid.uuid4()
                account.first_name, account.last_name = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
                account.display_name = f"{account.first_name} {account.last_name}"
                account.password_hash, account.configured_at = password_hash, account.created_at
                account.set_keys(f"{address.local_part}@{domain.name.name}")
            else:
                account.set_keys("")
            key = (account.domain_id if addresses.get(number) else None, str(account.state))
            tallies[key] = tallies.get(key, 0) + 1
            yield account

    def activities(self, customers: list[Customer]) -> Iterator[models.Model]:
        """Of all customers in turn, as the log of a year is."""
        total = self.size.activities
        left = [customer.activities for customer in customers]
        for number in range(total):
            place = 0 if number % PART == 0 else 1 + number % (len(customers) - 1)
            if not left[place]:
                place = max(range(len(left)), key=left.__getitem__)
            left[place] -= 1
            customer = customers[place]
            verb, about = VERBS[number // PART % len(VERBS)]
            domain = customer.domains[number % len(customer.domains)].name.name
            actor = customer.members[number % len(customer.members)] if number % 3 else None
            yield Activity(
                at=self.ago(number, total),
                actor=actor,
                actor_label=(actor or SYSTEM).actor_label,
                organization=customer.organization,
                service=customer.service,
                verb=verb,
                target=domain if about else f"{_local_part(number % customer.accounts)}@{domain}",
                before={"state": "slot"},
                after={"state": "active"},
            )

    def others(self, customers: list[Customer]) -> Iterator[models.Model]:
        """Orders, runs, changes of zones, links and letters: as many as there are domains, or a part of that."""
        share_model = apps.get_model("diagnostics", "Share")
        later = self.now + timedelta(days=10)
        for number, (customer, domain) in enumerate(_domains(customers)):
            service, person = customer.service, customer.members[0]
            few = number < FULL
            if number % 4 == 0 or few:
                waiting = number % 20 == 0 or few
                state = Order.State.REQUESTED if waiting else Order.State.APPROVED
                done = None if waiting else self.now
                yield Order(service=service, quantity=5, state=state, ordered_by=person, finished_at=done)
            if number % 10 == 0 or few:
                yield ZoneChange(
                    zone_name=domain.name.name,
                    domain=domain,
                    domain_name=domain.name.name,
                    service=service,
                    plan=[],
                    state=ZoneChange.State.DONE,
                    finished_at=self.now,
                )
                yield share_model(domain=domain, created_by=person, expires_at=later)
            if number % 20 == 0 or few:
                yield BulkRun(
                    service=service,
                    kind=BulkRun.Kind.SUSPEND,
                    state=BulkRun.State.DONE,
                    by=person,
                    total=100,
                    done=100,
                    started_at=self.now,
                    finished_at=self.now,
                )
                yield RetiredMailbox(
                    service=service, address=f"gone@{domain.name.name}", mailbox_id=uuid.uuid4(), purge_at=later
                )
            if number % 100 == 0:
                yield Invitation(
                    organization=customer.organization,
                    email=f"new{number}@{domain.name.name}",
                    role=Role.VIEWER,
                    digest=secrets.token_hex(32),
                    invited_by=person,
                    expires_at=later,
                )
        yield from self.rows_of_a_run(customers[0])

    def rows_of_a_run(self, customer: Customer) -> Iterator[models.Model]:
        """The last run of the first customer has the rows of a long table."""
        many = customer.accounts // 10
        run = BulkRun.objects.create(
            service=customer.service,
            kind=BulkRun.Kind.SUSPEND,
            state=BulkRun.State.DONE,
            total=many,
            done=many,
            started_at=self.now,
            finished_at=self.now,
        )
        for number in range(many):
            address = f"{_local_part(number)}@{customer.domains[0].name.name}"
            yield BulkRow(run=run, number=number + 1, state=BulkRow.State.DONE, address=address)


def _domains(customers: list[Customer]) -> Iterator[tuple[Customer, Domain]]:
    return ((customer, domain) for customer in customers for domain in customer.domains)


def _local_part(number: int) -> str:
    return f"user{number:06}"


def _is_red(number: int) -> bool:
    return number % 10 == 3 or number < FULL


def _status(number: int, kind: str) -> tuple[str, str]:
    """One domain in ten is red, one in 25 waits for resolvers, one in 25 could not be told; the first are all three."""
    few = number < FULL
    if kind == "MX" and _is_red(number):
        return "missing", "mx-missing"
    if kind == "SPF" and (number % 25 == 7 or few):
        return "propagating", ""
    if kind == "DKIM" and (number % 25 == 11 or few):
        return "unknown", ""
    return "ok", ""


def _found(name: str, kind: str) -> dict[str, Any]:
    """A record set as checks keep it."""
    types = {"NS": "NS", "CNAME": "CNAME", "MX": "MX", "SRV": "SRV"}
    value = {"NS": "ns1.mail.example.", "MX": "10 mx1.mail.example."}.get(kind, "verify.mail.example.")
    return {"name": f"{name}.", "type": types.get(kind, "TXT"), "ttl": 3600, "values": [value]}
