"""Walks every URL of the project as everybody, against the table of who may what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from accounts.mailbox import sessions
from accounts.models import EmailAccount
from panel.models import User
from tests.access_table import ARGUMENTS, SHARED, TABLE, Need, Row
from tests.factories import Tenant, make_tenant, make_user

pytestmark = pytest.mark.django_db

LEVELS = [Need.VIEWER, Need.TECHNICIAN, Need.OWNER]


def urls(
    resolver: URLResolver, spaces: tuple[str, ...] = (), arguments: tuple[str, ...] = ()
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every pattern's full name ("" for one without a name) and the names of its arguments."""
    for entry in resolver.url_patterns:
        own = (*arguments, *(getattr(entry.pattern, "converters", None) or entry.pattern.regex.groupindex))
        if isinstance(entry, URLResolver) and entry.namespace == "api_v1":
            continue  # operations have a table and a walk of their own, in tests/api
        if isinstance(entry, URLResolver):
            yield from urls(entry, (*spaces, entry.namespace) if entry.namespace else spaces, own)
        else:
            yield ":".join((*spaces, entry.name)) if entry.name else "", own


URLS = dict(urls(get_resolver()))


def value_of(row: Row, argument: str, tenant: Tenant) -> object:
    value = row.arguments.get(argument) or ARGUMENTS.get(argument)
    assert value, f"no line in ARGUMENTS for {argument!r}"
    return value(tenant)


def address(name: str, row: Row, tenant: Tenant, *, foreign: dict[str, object] | None = None) -> str:
    arguments = {argument: value_of(row, argument, tenant) for argument in URLS[name]}
    return reverse(name, kwargs=arguments | (foreign or {}))


type Caller = User | AnonymousUser | EmailAccount  # an account: its owner, signed in to self-service


def client_of(caller: Caller) -> Client:
    client = Client(raise_request_exception=True)
    if isinstance(caller, EmailAccount):
        response = HttpResponse()
        sessions.begin(response, caller)
        client.cookies = response.cookies
    elif caller.is_authenticated:
        client.force_login(caller)
    return client


def call(user: Caller, method: str, url: str, row: Row) -> Any:
    """What the user gets; what the call changed is undone."""
    client = client_of(user)
    with transaction.atomic():
        response = client.get(url) if method == "GET" else client.post(url, row.data)
        transaction.set_rollback(True)
    return response


def outcome(response: Any) -> str:
    to = response.headers.get("Location", "")
    if response.status_code in {301, 302} and to.startswith(("/account/login/", "/mailbox/sign-in/")):
        return "sign in"
    if response.status_code in {403, 404, 405} or response.status_code >= 500:
        return str(response.status_code)
    return "reached"


def expected(need: Need, who: str) -> str:
    """What `who` (anonymous, mailbox, stranger, viewer, technician, owner, staff) gets from a page with this need.

    Who has signed in with a mailbox is nobody in the panel, and whoever has a seat in the panel is nobody there.
    """
    if need is Need.NOBODY:
        return "reached"
    if need is Need.MAILBOX:
        return "reached" if who == "mailbox" else "sign in"
    if who in {"anonymous", "mailbox"}:
        return "sign in"
    if need is Need.SIGNED_IN or who == "staff":
        return "reached"
    if need is Need.STAFF or who == "stranger":
        return "404"
    return "reached" if LEVELS.index(Need(who)) >= LEVELS.index(need) else "403"


def test_every_url_has_a_name_and_a_row() -> None:
    assert "" not in URLS, f"without a name: {URLS.get('')}"
    missing = sorted(URLS.keys() - TABLE.keys())
    assert not missing, f"these URLs have no row in tests/access_table.py: {missing}"
    stale = sorted(TABLE.keys() - URLS.keys())
    assert not stale, f"tests/access_table.py has rows for URLs that do not exist: {stale}"


@pytest.mark.parametrize("name", sorted(URLS.keys() & TABLE.keys()))
def test_a_page_is_reached_by_whom_the_table_says(name: str) -> None:
    row = TABLE[name]
    tenant, other = make_tenant(), make_tenant()
    people: dict[str, Caller] = {
        "anonymous": AnonymousUser(),
        "mailbox": tenant.account,
        "stranger": other.owner,
        "viewer": tenant.viewer,
        "technician": tenant.technician,
        "owner": tenant.owner,
        "staff": make_user(staff=True),
    }
    url = address(name, row, tenant)
    for who, user in people.items():
        if row.need is Need.PASSING:
            assert call(user, row.method, url, row).status_code < 500, who
            continue
        if row.need is Need.HOLDER and who not in {"anonymous", "mailbox"}:
            assert call(user, row.method, url, row).status_code < 500, who
            continue
        want = expected(row.need, who)
        got = outcome(call(user, row.method, url, row))
        assert got == want, f"{name} as {who}: {got}, not {want}"
        if want != "reached":
            for method in {"GET", "POST"} - {row.method}:
                got = outcome(call(user, method, url, row))
                assert got in {want, "405"}, f"{name} by {method} as {who}: {got}, not {want}"


def own_arguments(name: str) -> list[str]:
    return [argument for argument in URLS[name] if argument not in SHARED]


MIXED = sorted(
    name for name, row in TABLE.items() if name in URLS and row.need in LEVELS and len(own_arguments(name)) > 1
)


@pytest.mark.parametrize("name", MIXED)
def test_an_object_of_another_organization_is_not_found_below_ones_own(name: str) -> None:
    row = TABLE[name]
    tenant, other = make_tenant(), make_tenant()
    for argument in own_arguments(name)[1:]:
        url = address(name, row, tenant, foreign={argument: value_of(row, argument, other)})
        assert outcome(call(tenant.owner, row.method, url, row)) == "404", f"{name} with another's {argument}"
