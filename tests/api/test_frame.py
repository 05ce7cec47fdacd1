"""What all operations have alike."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import EmailAccount, Order
from api.models import KeptAnswer
from panel.models import Activity, Contact, Organization, Service
from tests.factories import make_organization, make_service, make_slot, make_tenant

from .conftest import Api, make_token

pytestmark = pytest.mark.django_db


def test_the_same_key_does_it_once_and_answers_alike(tenant, api):
    path, body = f"services/{tenant.service.name}/orders", {"quantity": 3}
    first = api.post(path, body, idempotency_key="k1")
    again = api.post(path, body, idempotency_key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert first["Location"] == again["Location"]
    assert again["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1
    assert api.post(path, body, idempotency_key="k2").data["id"] != first.data["id"]


def test_the_same_key_with_another_request_is_a_mistake(tenant, api):
    path = f"services/{tenant.service.name}/orders"
    api.post(path, {"quantity": 3}, idempotency_key="k1")
    other = api.post(path, {"quantity": 4}, idempotency_key="k1")
    assert (other.status_code, other.data["code"]) == (422, "idempotency-key-reused")
    assert Order.objects.count() == 1


def test_a_refusal_leaves_the_key_good(tenant, api):
    Service.objects.update(account_limit=1)
    path, body = f"services/{tenant.service.name}/orders", {"quantity": 3}
    refused = api.post(path, body, idempotency_key="k1")
    assert (refused.status_code, refused.data["code"]) == (409, "account-limit")
    assert refused.data["errors"][0]["field"] == "quantity"
    assert not KeptAnswer.objects.exists()
    Service.objects.update(account_limit=None)
    assert api.post(path, body, idempotency_key="k1").status_code == 201


def test_a_key_belongs_to_its_token(tenant, api, api_of):
    path, body = f"services/{tenant.service.name}/orders", {"quantity": 3}
    api.post(path, body, idempotency_key="k1")
    api_of(tenant.organization).post(path, body, idempotency_key="k1")
    assert Order.objects.count() == 2


@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_a_key_that_is_none_is_said_to_be(tenant, api, key):
    answer = api.post(f"services/{tenant.service.name}/orders", {"quantity": 3}, idempotency_key=key)
    assert (answer.status_code, answer.data["code"]) == (422, "idempotency-key")


def test_a_generated_password_that_is_kept_for_its_key_is_encrypted(tenant, api):
    body = {"name": "ann.example", "domain": tenant.domain.name.name}
    path = f"services/{tenant.service.name}/accounts/{tenant.slot.pk}/configure"
    made = api.post(path, body, idempotency_key="k1")
    assert made.status_code == 200, made.data
    raw = KeptAnswer.objects.extra(select={"raw": "body"}).values_list("raw", flat=True).get()
    assert made.data["password"]
    assert made.data["password"] not in raw
    assert api.post(path, body, idempotency_key="k1").data["password"] == made.data["password"]


def test_a_dry_run_answers_as_if_and_changes_nothing(tenant, api):
    path = f"services/{tenant.service.name}/accounts/{tenant.account.pk}/suspend?dry_run=true"
    before = Activity.objects.count()
    answer = api.post(path, idempotency_key="k1")
    assert (answer.status_code, answer.data["state"], answer["Dry-Run"]) == (200, "suspended", "true")
    tenant.account.refresh_from_db()
    assert tenant.account.state == EmailAccount.State.ACTIVE
    assert Activity.objects.count() == before
    assert not KeptAnswer.objects.exists()
    assert api.post(path.replace("true", "maybe")).status_code == 422


def test_a_dry_run_is_refused_where_the_deed_would_be(tenant, api):
    answer = api.post(f"services/{tenant.service.name}/accounts/{tenant.slot.pk}/suspend?dry_run=true")
    assert (answer.status_code, answer.data["code"]) == (409, "wrong-state")


def test_refusals_have_the_words_of_the_pages_in_the_readers_language(tenant, api):
    path = f"services/{tenant.service.name}/accounts/{tenant.slot.pk}/suspend"
    english, polish = api.post(path), api.post(path, accept_language="pl")
    assert english.data["code"] == polish.data["code"] == "wrong-state"
    assert english.data["detail"] == "This account is not configured, or its state has changed in the meantime."
    assert polish.data["detail"] != english.data["detail"]
    assert english["Content-Type"] == "application/problem+json"


def test_the_rate_is_told_and_kept(tenant, api, settings):
    settings.API_RATE = 2
    first, second, third = (api.get("services") for _ in range(3))
    assert first["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert first["RateLimit"].startswith('"minute";r=1;t=')
    assert second["RateLimit"].startswith('"minute";r=0;t=')
    assert (third.status_code, third.data["code"]) == (429, "too-many-requests")
    assert 1 <= int(third["Retry-After"]) <= 60


def test_lists_go_on_by_key_to_their_end(tenant, api):
    for _ in range(4):
        make_service(tenant.organization, tenant.platform)
    seen, path = [], "services?limit=2"
    while path:
        page = api.get(path).data
        assert len(page["items"]) <= 2
        seen += [item["name"] for item in page["items"]]
        path = page["next"].removeprefix("http://localhost:8000") if page["next"] else ""
    assert seen == sorted(Service.objects.values_list("name", flat=True))


def test_lists_of_accounts_go_on_by_key(tenant, api):
    for _ in range(120):
        make_slot(tenant.service)
    seen, path = set(), f"services/{tenant.service.name}/accounts"
    while path:
        page = api.get(path).data
        seen |= {item["id"] for item in page["items"]}
        path = page["next"].removeprefix("http://localhost:8000") if page["next"] else ""
    assert seen == set(EmailAccount.objects.values_list("pk", flat=True))


def test_what_nobody_understands_is_a_problem_too(tenant, api):
    path = f"/api/v1/services/{tenant.service.name}/orders"
    cases = {
        400: api.client.post(path, "{", "application/json", headers={"Authorization": f"Bearer {api.secret}"}),
        404: api.get("/api/v1/nothing"),
        405: api("DELETE", path),
        422: api.post(path, {"quantity": "many", "colour": "red"}),
    }
    for status, response in cases.items():
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
    assert {error["field"] for error in cases[422].data["errors"]} == {"quantity", "colour"}
    assert api.get("services/a%00b").status_code in (400, 404)


def test_a_billing_system_creates_suspends_unsuspends_and_terminates(tenant, staff):
    made = staff.post("organizations", {"code": "ab12345", "name": "Ab"}, idempotency_key="order-1")
    assert made.status_code == 201, made.data
    service = staff.post(
        "services", {"organization": "ab12345", "platform": tenant.platform.slug, "slots": 5}, idempotency_key="order-2"
    )
    assert service.status_code == 201, service.data
    assert service.data["accounts"]["slot"] == 5
    one = service["Location"]
    assert one == f"/api/v1/services/{service.data['name']}"
    assert staff.post(f"{one}/suspend").data["state"] == "suspended"
    assert staff.post(f"{one}/suspend").data["code"] == "wrong-state"
    assert staff.post(f"{one}/unsuspend").data["state"] == "active"
    assert staff.post(f"{one}/terminate", {"on": "2999-01-01"}).data["ends_on"] == "2999-01-01"
    assert staff.post(f"{one}/terminate", {}).data["state"] == "ended"
    assert Organization.objects.filter(code="ab12345").exists()


def test_another_organizations_things_do_not_exist(tenant, api):
    other = make_tenant()
    assert api.get(f"services/{other.service.name}").status_code == 404
    assert api.get(f"services/{tenant.service.name}/accounts/{other.account.pk}").status_code == 404
    assert api.get(f"activity?service={other.service.name}").status_code == 404
    names = [item["name"] for item in api.get("services").data["items"]]
    assert names == [tenant.service.name]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("services/{service}", {"renews_on": 0}),
        ("services/{service}", {"renews_on": "0"}),
        ("services/{service}", {"account_limit": "5"}),
        ("organizations/{code}", {"notify": 0}),
    ],
)
def test_nothing_is_taken_for_what_it_is_not(tenant, staff, path, body):
    answer = staff("PATCH", f"/api/v1/{path.format(service=tenant.service.name, code=tenant.organization.code)}", body)
    assert (answer.status_code, answer.data["errors"][0]["field"].partition(".")[0]) == (422, next(iter(body)))


def test_a_list_of_organizations_asks_no_more_of_a_longer_list(api_of):
    staff = api_of()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = staff.get("organizations")
        assert answer.status_code == 200
        assert all(each["contacts"] for each in answer.data["items"])
        return sum("panel_cache" not in query["sql"] for query in captured)

    Contact.by_default(make_organization("aa00001"), "one@people.example")
    queries()  # notes that the token was used
    few = queries()
    for number in range(2, 9):
        Contact.by_default(make_organization(f"aa0000{number}"), f"{number}@people.example")
    assert queries() == few


@pytest.mark.django_db(transaction=True)
def test_of_requests_with_one_key_at_the_same_time_one_is_done_and_all_get_its_answer(live_server):
    tenant = make_tenant()
    secret = make_token(tenant.organization)[1]
    path = f"{live_server.url}/api/v1/services/{tenant.service.name}/orders"
    headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k1"}

    def order(_number):
        return requests.post(path, json={"quantity": 3}, headers=headers, timeout=30)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(order, range(6)))
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.text for answer in answers}) == 1
    assert sorted(answer.headers.get("Idempotent-Replayed", "") for answer in answers) == ["", *["true"] * 5]
    assert Order.objects.count() == 1


def test_a_list_loses_and_repeats_nothing_while_rows_come_and_go(tenant, api):
    for _number in range(60):
        make_slot(tenant.service)
    before = set(EmailAccount.objects.values_list("pk", flat=True))
    path = f"services/{tenant.service.name}/accounts"
    first = api.get(path).data
    shown = [row["id"] for row in first["items"]]
    later = EmailAccount.objects.exclude(pk__in=shown).order_by("address_key").values_list("pk", flat=True)
    gone = [shown[0], shown[-1], later[0]]  # the very row that the next page begins behind among them
    EmailAccount.objects.filter(pk__in=gone).delete()
    made = make_slot(tenant.service).pk
    rest = [row["id"] for row in api.get(first["next"].removeprefix("http://localhost:8000")).data["items"]]
    assert not set(rest) & set(shown)
    assert set(rest) - {made} == before - set(shown) - set(gone)


def test_a_failure_is_a_problem_too_and_undoes_what_was_begun(tenant, monkeypatch):
    def broken(*arguments, **fields):
        raise RuntimeError("secret detail")

    monkeypatch.setattr("api.operations.orders.OrderOut.of", broken)
    failing = Api(make_token(tenant.organization)[1])
    failing.client.raise_request_exception = False
    answer = failing.post(f"services/{tenant.service.name}/orders", {"quantity": 3}, idempotency_key="k1")
    assert (answer.status_code, answer.data["code"]) == (500, "failed")
    assert "secret" not in answer.content.decode()
    assert not Order.objects.exists()
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_rate_is_kept_whoever_asks_at_the_same_time(live_server, settings):
    settings.API_RATE = 5
    secret = make_token()[1]
    headers = {"Authorization": f"Bearer {secret}"}

    def ask(_number):
        return requests.get(f"{live_server.url}/api/v1/services", headers=headers, timeout=30).status_code

    while int(time.time()) % 60 > 45:  # all within one minute
        time.sleep(1)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(20)))
    assert sorted(found) == [200] * 5 + [429] * 15


def test_strangers_are_counted_by_network_and_told(tenant, settings):
    settings.API_STRANGERS_RATE = 2
    nobody = Api("cfm_nonsense")
    addresses = ["2001:db8:1::1", "2001:db8:1::2", "2001:db8:1::3", "2001:db8:2::1"]
    answers = [
        nobody.client.get("/api/v1/services", REMOTE_ADDR=address, headers={"Authorization": "Bearer cfm_nonsense"})
        for address in addresses
    ]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 401]
    assert answers[0]["RateLimit"].startswith('"minute";r=1;t=')


def test_a_parameter_that_nobody_knows_is_a_mistake_as_in_a_body(tenant, api):
    for path in ("services?orgnization=x", f"services/{tenant.service.name}?dry_run=true", "activity?limit=5&servce=x"):
        answer = api.get(path)
        assert (answer.status_code, answer.data["code"]) == (422, "invalid")
    assert [error["field"] for error in answer.data["errors"]] == ["servce"]
    path = f"services/{tenant.service.name}/accounts/{tenant.account.pk}/suspend"
    assert api.post(f"{path}?dryrun=true").status_code == 422
    tenant.account.refresh_from_db()
    assert tenant.account.state == EmailAccount.State.ACTIVE  # what was meant as a dry run was none


def test_a_dry_run_leads_to_nothing_that_is_not_there(tenant, api):
    path, body = f"services/{tenant.service.name}/orders", {"quantity": 3}
    assert "Location" in api.post(path, body)
    dry = api.post(f"{path}?dry_run=true", body)
    assert (dry.status_code, dry["Dry-Run"]) == (201, "true")
    assert "Location" not in dry


@pytest.mark.parametrize(
    ("moment", "status"),
    [
        ("2027-01-31T12:00:00Z", 200),
        ("2027-01-31T12:00:00.5%2B01:00", 200),
        ("2027-01-31t12:00", 200),
        ("0.5", 422),
        ("1800000000", 422),
        ("2027-01-31", 422),
        ("2027-02-31T12:00:00Z", 422),
    ],
)
def test_a_moment_is_written_out_and_no_number(tenant, api, moment: str, status: int):
    answer = api.get(f"messages?until={moment}")
    assert answer.status_code == status, answer.data
    if status == 422:
        assert answer.data["errors"][0]["field"] == "until"
