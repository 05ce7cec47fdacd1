"""A dry run of whatever the API can change writes nothing, wakes nobody and shows nothing that is shown once."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps

from tests.factories import Tenant, make_tenant

from .conftest import Api, make_token
from .operations_table import ARGUMENTS, TABLE
from .test_every_operation import OPERATIONS

pytestmark = pytest.mark.django_db

# What is noted of a token's use and of its rate is no work; a job or a question that does nothing but look stays, or
# nobody could ask what came of it.
NOT_COUNTED = {"api.Token", "panel.Attempts"}
LOOKS = {"api.Job", "domains.Reading"}
CHANGES = sorted(name for name, (method, _path, _extra) in OPERATIONS.items() if method != "GET")


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    return {
        model._meta.label: sorted(map(repr, model._default_manager.order_by().values_list()))
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }


@pytest.mark.parametrize("name", CHANGES)
def test_a_dry_run_writes_nothing(name: str, django_capture_on_commit_callbacks: Any) -> None:
    tenant: Tenant = make_tenant()
    method, path, _extra = OPERATIONS[name]
    secret = make_token(None if TABLE[name].staff else tenant.organization)[1]
    arguments = {argument: value(tenant) for argument, value in ARGUMENTS.items() if f"{{{argument}}}" in path}
    before = everything()
    with django_capture_on_commit_callbacks() as woken:
        response = Api(secret)(
            method, f"/api/v1{path.format(**arguments)}?dry_run=true", TABLE[name].body, Idempotency_Key="k"
        )
    after = everything()
    changed = {label for label in before if before[label] != after[label]} - NOT_COUNTED
    if response.status_code == 202 and response["Dry-Run"] == "true" and changed:
        assert changed <= LOOKS | {"api.KeptAnswer"}
        assert len(woken) == 1
    else:
        assert (changed, woken) == (set(), [])
    assert response.status_code < 500
    if response.status_code < 300:
        assert response["Dry-Run"] == "true"
