from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from api.codes import documented
from api.models import Token
from api.models.tokens import SCOPES
from api.problems import MEDIA_TYPE
from panel.models import Organization
from tests.factories import Tenant, make_tenant, make_user


def make_token(organization: Organization | None = None, *scopes: str, **fields: Any) -> tuple[Token, str]:
    """Of staff without an organization; good for everything without scopes."""
    expires_at = fields.pop("expires_at", timezone.now() + timedelta(days=1))
    by = fields.pop("by", None) or make_user(staff=organization is None)
    return Token.issue(organization, "test", scopes or SCOPES, expires_at, by=by)


class Api:
    """A program with a token."""

    def __init__(self, secret: str) -> None:
        self.client = Client(raise_request_exception=True)
        self.secret = secret

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The response, with `data`: its decoded body."""
        given = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        response = self.client.generic(
            method,
            path if path.startswith("/") else f"/api/v1/{path}",
            "" if body is None else json.dumps(body),
            content_type="application/json",
            headers=given | {name.replace("_", "-"): value for name, value in headers.items()},
        )
        response.data = json.loads(response.content) if response.content else None  # type: ignore[attr-defined]
        if response["Content-Type"] == MEDIA_TYPE:
            assert response.data["code"] in documented(), response.data["code"]  # type: ignore[attr-defined]
        return response

    def get(self, path: str, **headers: str) -> Any:
        return self("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("POST", path, body, **headers)


@pytest.fixture
def tenant(db: None) -> Tenant:
    return make_tenant()


@pytest.fixture
def api_of() -> Callable[..., Api]:
    return lambda organization=None, *scopes, **fields: Api(make_token(organization, *scopes, **fields)[1])


@pytest.fixture
def api(tenant: Tenant) -> Api:
    """With a token of the tenant's organization that may do everything."""
    return Api(make_token(tenant.organization)[1])


@pytest.fixture
def staff(db: None) -> Api:
    return Api(make_token()[1])
