from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from identities.models import Identity, IdentityProvider
from panel.models import Organization, User
from tests.factories import make_organization
from tests.servers.openid import OpenIdProvider


@pytest.fixture
def openid() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as server:
        yield server


def make_provider(
    openid: OpenIdProvider, organization: Organization | None, roles: dict[str, str] | None = None
) -> IdentityProvider:
    return IdentityProvider.objects.create(
        organization=organization,
        name="Aurora Login" if organization else "Operator Login",
        issuer=openid.issuer,
        client_id=openid.client_id,
        client_secret=openid.client_secret,
        roles=roles or {},
    )


@pytest.fixture
def organization() -> Organization:
    return make_organization("ab12345", name="Aurora Clinic")


@pytest.fixture
def provider(openid: OpenIdProvider, organization: Organization) -> IdentityProvider:
    return make_provider(openid, organization)


@pytest.fixture
def operators(openid: OpenIdProvider) -> IdentityProvider:
    return make_provider(openid, None, {"panel-staff": "staff"})


def linked(provider: IdentityProvider, user: User, subject: str = "u-1") -> User:
    Identity.link(provider, user, subject, actor=user)
    return user


def callback_of(client: Client, openid: OpenIdProvider, provider: IdentityProvider) -> str:
    """To the provider, and where it sends the browser then."""
    there = client.get(provider.address("go"))
    assert there.status_code == 302, there.content
    address: str = openid.approve(there.headers["Location"])
    return address.removeprefix("http://localhost:8000")


def come_back(client: Client, address: str) -> Any:
    back = client.get(address)
    assert back.status_code == 302, back.content
    return client.get(back.headers["Location"])


def sign_in(client: Client, openid: OpenIdProvider, provider: IdentityProvider) -> Any:
    """All the way, as a browser goes it. The last answer."""
    return come_back(client, callback_of(client, openid, provider))


def signed_in(client: Client) -> int | None:
    """Who: the key of the user."""
    key = client.session.get("_auth_user_id")
    return int(key) if key else None
