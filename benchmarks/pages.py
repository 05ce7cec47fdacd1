"""Every page that has an address, with what stands for its arguments in the installation of accounts/large.py.

The pages are those of the table of who may what (tests/access_table.py), so a new page is in the list at once; lists
have lines of their own for what they filter, sort and search by.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from .panel import panel

if TYPE_CHECKING:
    from django.test import Client

STAFF, OWNER = "staff", "owner"

# A hundredth of the large installation, but with as many organizations and domains as fill the pages that list them:
# the second row of a page costs as much as the first, and that is not what is looked for.
FULL_PAGES = (60, 480, 5_000, 3_000, 10_000)

# Files grow with what is in them, and are made while they are read; waiting for resolvers says nothing of the database.
LEFT_OUT = {"accounts:export", "accounts:slips", "accounts:results", "panel:logo", "domains:plan"}

OTHERS: dict[str, dict[str, object]] = {"domains:provider_new": {"kind": "rfc2136"}}

# Of lists: what is appended to their address.
QUERIES: dict[str, tuple[str, ...]] = {
    "panel:services": ("?q=firm0", "?sort=-red", "?sort=-slots", "?need=changes", "?need=accounts", "?state=active"),
    "panel:find": ("?q=firm00012", "?q=user0001", "?q=kowal", "?q=zz"),
    "panel:activity": (
        "?verb=account.configured",
        "?verb=domain",
        "?verb=user.created",
        "?who=owner0@",
        "?who=nobody",
        "?before=500",
    ),
    "panel:organization_activity": ("?verb=account.configured", "?verb=member.invited", "?who=owner0@", "?who=nobody"),
    "panel:staff_activity": (
        "?verb=account.configured",
        "?verb=domain",
        "?verb=user.created",
        "?verb=dispute",
        "?who=owner0@large",
        "?who=nobody",
        "?who=panel&verb=member.changed",
        "?who=nobody&verb=member",
    ),
    "panel:staff_organizations": ("?q=firm", "?sort=-members", "?state=ended"),
    "panel:staff_users": ("?q=owner0", "?sort=-organizations", "?kind=members", "?sort=last"),
    "diagnostics:domains": (
        "?status=red",
        "?status=propagating",
        "?status=unknown",
        "?status=pending",
        "?status=green",
        "?q=firm0000",
        "?q=rm00001",
        "?sort=-attached",
        "?sort=-name",
    ),
    "diagnostics:red": ("?kind=MX", "?kind=SPF", "?mode=non_authoritative", "?since=2020-01-01", "?later"),
    "diagnostics:red_of_organization": ("?kind=MX", "?later"),
    "diagnostics:red_everywhere": ("?kind=MX", "?kind=SPF", "?mode=non_authoritative", "?later"),
    "diagnostics:history": ("?later",),
    "accounts:list": ("?q=user0000", "?q=kowal", "?q=firm0000", "?state=suspended", "?state=slot", "?sort=-name"),
    "accounts:domain_names": ("?q=firm00",),
    "accounts:orders": ("?before=20",),
}


@dataclass(frozen=True, slots=True)
class Took:
    seconds: float
    queries: int
    status: int


def arguments() -> dict[str, object]:
    """What belongs to the customer that has most."""
    from accounts.models import BulkRun, EmailAccount, Order, RetiredMailbox
    from diagnostics.models import Check
    from domains.models import ZoneChange
    from panel.models import Membership, Service

    service = Service.objects.select_related("organization", "platform").get(organization__code="large")
    # One that has a long history, and something red.
    red = Check.objects.filter(domain__service=service, kind="MX", status="missing").order_by("pk").first()
    mine: dict[str, Any] = {"service": service}
    return {
        "service_name": service.name,
        "code": service.organization.code,
        "platform_slug": service.platform.slug,
        "domain_name": red.domain.name.name if red else "",
        "account_id": EmailAccount.objects.filter(state="active", **mine).order_by("pk").first().pk,  # type: ignore[union-attr]
        "run_id": BulkRun.objects.filter(**mine).order_by("-pk").first().pk,  # type: ignore[union-attr]
        "order_id": Order.objects.filter(**mine).first().pk,  # type: ignore[union-attr]
        "change_id": ZoneChange.objects.filter(**mine).first().pk,  # type: ignore[union-attr]
        "mailbox": RetiredMailbox.objects.filter(**mine).first().pk,  # type: ignore[union-attr]
        "user_id": Membership.objects.filter(organization=service.organization).order_by("pk").first().user_id,  # type: ignore[union-attr]
        "kind": "MX",
        "slug": "mx",
        "number": 1,
    }


def pages() -> dict[str, tuple[str, str]]:
    """Label → who opens it, and its address."""
    from django.urls import reverse

    from tests.access_table import TABLE, Need
    from tests.panel.test_every_url import URLS

    known = arguments()
    found: dict[str, tuple[str, str]] = {}
    for name, row in TABLE.items():
        left_out = ":" not in name or name in LEFT_OUT or row.method != "GET"
        if left_out or row.need is Need.NOBODY or not set(URLS[name]) <= set(known):
            continue
        own = known | OTHERS.get(name, {})
        address = reverse(name, kwargs={argument: own[argument] for argument in URLS[name]})
        who = STAFF if row.need is Need.STAFF else OWNER
        found[name] = who, address
        for query in QUERIES.get(name, ()):
            found[f"{name}{query}"] = who, f"{address}{query}"
    for name in ("panel:services", "diagnostics:red"):  # another page for those who see everything
        for query in ("", *QUERIES[name]):
            found[f"{name}{query} (staff)"] = STAFF, f"{reverse(name)}{query}"
    return found


class Pages:
    """The pages of the installation that this process is set up for."""

    def __init__(self) -> None:
        from django.test import Client

        from panel.models import User

        staff = User.objects.of_email("staff@bench.example") or User.objects.create_user(
            "staff@bench.example", is_staff=True
        )
        owner = User.objects.get(email="owner0@large.example")
        self.clients = {STAFF: Client(SERVER_NAME="localhost"), OWNER: Client(SERVER_NAME="localhost")}
        for who, user in ((STAFF, staff), (OWNER, owner)):
            self.clients[who].force_login(user)
        self.pages = pages()
        for label, (who, address) in list(self.pages.items()):
            if address.endswith("?later"):
                self.pages[label] = who, self.later(self.clients[who], address.removesuffix("?later"))

    @staticmethod
    def later(client: Client, address: str) -> str:
        """The address of a page in the middle of a list: the one after the third, or the last that there is."""
        import re
        from html import unescape

        start = address
        for _page in range(3):
            found = re.findall(r'rel="next" href="([^"]+)"|href="([^"]+)" rel="next"', client.get(address).text)
            if not found:
                break
            address = start + unescape("".join(found[0]))
        return address

    def queries(self, label: str) -> tuple[int, int]:
        """How many questions the page asks, and the status that it has."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        who, address = self.pages[label]
        with CaptureQueriesContext(connection) as captured:
            response = self.clients[who].get(address)
        return len(captured), response.status_code

    def open(self, label: str) -> Took:
        who, address = self.pages[label]
        queries, status = self.queries(label)
        started = time.perf_counter()
        self.clients[who].get(address)
        return Took(time.perf_counter() - started, queries, status)


def answer(pipe: Connection, size: str, environment: dict[str, str]) -> None:
    """In a process of its own: build the installation, say which pages it has, and time those that are asked for."""
    with panel(**environment):
        from accounts import large
        from panel.models import Organization

        if not Organization.objects.filter(code=large.CODE).exists():
            large.build(large.Size(*FULL_PAGES) if size == "small" else large.SIZES[size])
        opened = Pages()
        pipe.send(list(opened.pages))
        while (label := pipe.recv()) is not None:
            pipe.send(opened.open(label))


def middle(some: list[Took]) -> Took:
    return Took(statistics.median(took.seconds for took in some), max(took.queries for took in some), some[0].status)


def compared(small: Connection, big: Connection, repeats: int) -> Iterator[tuple[str, Took, Took]]:
    """Each page of both, in turn, so that other load on the machine meets both."""
    labels = small.recv()
    labels_of_big = set(big.recv())
    for label in labels:
        if label not in labels_of_big:
            continue
        took: list[list[Took]] = [[], []]
        for _repeat in range(repeats):
            for pipe, list_ in zip((small, big), took, strict=True):
                pipe.send(label)
                list_.append(pipe.recv())
        yield label, middle(took[0]), middle(took[1])
