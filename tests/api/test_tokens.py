from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from api.models import Token
from panel.errors import Refused
from panel.models import Activity
from tests.factories import make_organization, make_user

from .conftest import Api, make_token

pytestmark = pytest.mark.django_db


def test_the_database_keeps_no_token(tenant):
    token, secret = make_token(tenant.organization)
    row = Token.objects.filter(pk=token.pk).values().get()
    assert secret not in str(row)
    assert Api(secret).get("services").status_code == 200


@pytest.mark.parametrize("given", ["", "Bearer nonsense", "Bearer ", "Basic eDp5", "Bearer \xff", "bearer cfm_x y"])
def test_without_a_token_that_works_nothing_is_told(client, db, given):
    response = client.get("/api/v1/services", headers={"Authorization": given} if given else {})
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_works_no_more(tenant):
    token, secret = make_token(tenant.organization)
    token.revoke(by=tenant.owner)
    assert Api(secret).get("services").data["code"] == "token-invalid"
    with pytest.raises(Refused):
        token.revoke(by=tenant.owner)
    verbs = Activity.objects.filter(organization=tenant.organization).values_list("verb", flat=True)
    assert [verb for verb in verbs if verb.startswith("token.")] == ["token.revoked", "token.created"]


def test_an_expired_token_works_no_more(tenant):
    token, secret = make_token(tenant.organization)
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    assert Api(secret).get("services").status_code == 401


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_a_staff_token_ends_with_its_makers_standing(db, change):
    maker = make_user(staff=True)
    _token, secret = make_token(None, by=maker)
    assert Api(secret).get("organizations").status_code == 200
    for name, value in change.items():
        setattr(maker, name, value)
    maker.save()
    assert Api(secret).get("organizations").status_code == 401


def test_last_used_is_kept_once_a_minute(tenant, django_assert_num_queries):
    token, secret = make_token(tenant.organization)
    Api(secret).get("services")
    token.refresh_from_db()
    first = token.last_used_at
    assert first is not None
    Api(secret).get("services")
    token.refresh_from_db()
    assert token.last_used_at == first
    Token.objects.filter(pk=token.pk).update(last_used_at=first - timedelta(minutes=2))
    Api(secret).get("services")
    token.refresh_from_db()
    assert token.last_used_at > first


def test_a_token_reads_what_it_may_write_and_nothing_else(tenant):
    _token, secret = make_token(tenant.organization, "services:write")
    api = Api(secret)
    assert api.get("services").status_code == 200
    refused = api.get(f"services/{tenant.service.name}/domains")
    assert (refused.status_code, refused.data["code"]) == (403, "scope-missing")


def test_a_token_without_any_scope_or_time_is_not_made(db):
    organization, by = make_organization(), make_user()
    with pytest.raises(Refused, match="Choose at least one"):
        Token.issue(organization, "x", ["everything"], timezone.now() + timedelta(days=1), by=by)
    with pytest.raises(Refused, match="has passed"):
        Token.issue(organization, "x", ["services:read"], timezone.now(), by=by)


def test_what_a_token_does_is_in_the_activity_log_under_its_name(tenant, api):
    done = api.post(f"services/{tenant.service.name}/accounts/{tenant.account.pk}/suspend")
    assert done.status_code == 200, done.data
    entry = Activity.objects.filter(verb="account.suspended").get()
    assert entry.actor is None
    assert entry.actor_label.startswith("token test (cfm_")
    assert entry.organization == tenant.organization
