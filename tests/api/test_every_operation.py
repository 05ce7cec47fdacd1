"""Walks every operation with every kind of token, against the table of who may what."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from django.db import transaction

from api import operations  # noqa: F401 - they register themselves
from api.framework import api as the_api
from api.models import RunOfToken, Token
from api.models.tokens import SCOPES
from tests.factories import Tenant, make_run, make_tenant

from .conftest import Api, make_token
from .operations_table import ARGUMENTS, OF_ONE_TOKEN, OWN_ONLY, TABLE

pytestmark = pytest.mark.django_db

OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    str(operation.operation_id): (operation.methods[0], path, operation.openapi_extra or {})
    for path, view in the_api.default_router.path_operations.items()
    for operation in view.operations
}


@pytest.fixture(autouse=True)
def _asks_nobody(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """No operation connects to anybody: workers do. (Redis is asked over a socket, too: then nothing is said.)"""

    def refuse(*arguments: object) -> None:
        pytest.fail(f"an operation connects to {arguments[1:]}")

    if not settings.REDIS_URL:
        for name in ("connect", "connect_ex", "sendto"):
            monkeypatch.setattr(socket.socket, name, refuse)


def call(secret: str, name: str, tenant: Tenant) -> Any:
    """What the token gets; what the call changed is undone."""
    method, path, _extra = OPERATIONS[name]
    with transaction.atomic():
        arguments = {argument: value(tenant) for argument, value in ARGUMENTS.items() if f"{{{argument}}}" in path}
        row = TABLE[name]
        where = f"/api/v1{path.format(**arguments)}{'?' if row.query else ''}{row.query}"
        response = Api(secret)(method, where, row.body)
        transaction.set_rollback(True)
    return response


def outcome(response: Any) -> str:
    reached = response.status_code not in (401, 403, 404, 405) and response.status_code < 500
    return "reached" if reached else str(response.status_code)


def test_every_operation_has_a_row_that_says_what_it_says() -> None:
    assert OPERATIONS.keys() == TABLE.keys()
    said = {name: (extra["x-scope"], extra["x-staff"]) for name, (_method, _path, extra) in OPERATIONS.items()}
    assert said == {name: (row.scope, row.staff) for name, row in TABLE.items()}


@pytest.mark.parametrize("name", sorted(TABLE))
def test_an_operation_is_reached_by_whom_the_table_says(name: str) -> None:
    row, tenant, other = TABLE[name], make_tenant(), make_tenant()
    others = [scope for scope in SCOPES if scope.partition(":")[0] != row.scope.partition(":")[0]]
    revoked, revoked_secret = make_token(tenant.organization)
    Token.objects.filter(pk=revoked.pk).update(revoked_at=revoked.created_at)
    secrets = {
        "nobody": "",
        "revoked": revoked_secret,
        "other scopes": make_token(tenant.organization, *others)[1],
        "own": make_token(tenant.organization)[1],
        "other organization": make_token(other.organization)[1],
        "staff": make_token()[1],
    }
    if row.scope.endswith(":write"):
        secrets["reads only"] = make_token(tenant.organization, row.scope.replace("write", "read"))[1]
    found = {who: outcome(call(secret, name, tenant)) for who, secret in secrets.items()}
    expected = {
        "nobody": "401",
        "revoked": "401",
        "other scopes": "403",
        "reads only": "403",
        "own": "403" if row.staff else "404" if name in OF_ONE_TOKEN else "reached",
        "other organization": "403" if row.staff else "reached" if row.own else "404",
        "staff": "404" if name in OWN_ONLY else "reached",
    }
    assert found == {who: expected[who] for who in found}


def test_results_go_to_the_token_that_uploaded_the_table() -> None:
    tenant = make_tenant()
    token, secret = make_token(tenant.organization)
    with transaction.atomic():
        run_id = make_run(tenant.service).pk
        RunOfToken.objects.create(run_id=run_id, token=token)
        path = f"services/{tenant.service.name}/runs/{run_id}/results"
        assert Api(secret).post(path).data["code"] == "nothing-to-hand-out"
        assert Api(make_token(tenant.organization)[1]).post(path).status_code == 404
