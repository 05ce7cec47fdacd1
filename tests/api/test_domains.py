"""Domains through the API, with a real name server where a zone is written."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import dns.resolver
import pytest
from django.utils import timezone

from api import jobs
from api.models import Job, Token
from api.wanted import Wanted
from domains.models import Domain, ZoneChange
from domains.zones.changes import run
from tests.domains.providers import knot_zone
from tests.factories import make_account, make_check, make_domain, make_tenant
from tests.servers.knot import Knot

pytestmark = pytest.mark.django_db

STATE = {"mode": "authoritative", "records": ["MX", "SPF", "DKIM", "SRV", "DMARC"]}


@pytest.fixture
def domains(tenant):
    return f"/api/v1/services/{tenant.service.name}/domains"


def done(api, response):
    """The job that was asked for, as it is once a worker did it."""
    assert response.status_code == 202, response.data
    jobs.run(response.data["id"])
    return api.get(response["Location"]).data


def test_an_external_domain_is_attached_at_once_and_told_what_to_publish(api, domains):
    answer = api("PUT", f"{domains}/shop.example", STATE)
    assert answer.status_code == 200, answer.data
    assert answer.data["attach"]
    assert {record["type"] for record in answer.data["publish"]} == {"CNAME", "MX", "TXT", "SRV"}
    again = api("PUT", f"{domains}/shop.example", STATE)
    assert (again.data["attach"], again.data["mode"]) == (False, False)
    found = api.get(f"{domains}/shop.example").data
    assert (found["state"], found["mode"], found["managed"]) == ("pending", "authoritative", False)
    records = api.get(f"{domains}/shop.example/records").data["items"]
    assert records == again.data["publish"]


def test_a_dry_run_tells_what_would_change_and_attaches_nothing(api, domains):
    answer = api("PUT", f"{domains}/shop.example?dry_run=true", STATE)
    assert answer.data["attach"]
    assert not Domain.objects.filter(name__name="shop.example").exists()


def test_attaching_twice_is_refused_and_put_is_not(api, domains, tenant):
    wish = {"name": tenant.domain.name.name, "mode": "authoritative"}
    refused = api.post(domains, wish)
    assert (refused.status_code, refused.data["code"]) == (409, "already-attached")
    assert api("PUT", f"{domains}/{tenant.domain.name.name}", {"mode": "authoritative"}).status_code == 200


def test_a_name_of_another_organization_is_detected_and_not_named(api, domains):
    other = make_tenant()
    refused = api("PUT", f"{domains}/{other.domain.name.name}", {"mode": "authoritative"})
    assert refused.status_code == 409
    assert other.organization.name not in str(refused.data)
    assert other.service.name not in str(refused.data)


def test_whoever_looks_for_names_of_others_is_stopped(api, domains, monkeypatch):
    monkeypatch.setattr("domains.claims.DETECTIONS_AN_HOUR", 2)
    names = [make_tenant().domain.name.name for _ in range(3)]
    codes = [api.post(domains, {"name": name, "mode": "authoritative"}).data["code"] for name in names]
    assert codes[:2] == ["authoritative-domain-detected"] * 2
    assert codes[2] == "too-many-attempts"


def test_only_staff_give_their_word_in_place_of_the_cname(api, staff, domains):
    wish = {"name": "shop.example", "mode": "authoritative", "verified": True}
    assert api.post(domains, wish).data["code"] == "staff-only"
    assert staff.post(domains, wish).status_code == 201
    assert staff.get(f"{domains}/shop.example").data["state"] == "verified"


def test_another_mode_with_a_target_is_a_workers_business(api, domains, tenant):
    path = f"{domains}/{tenant.domain.name.name}"
    wish = {"mode": "non_authoritative", "target": "192.0.2.1"}
    job = done(api, api("PATCH", path, wish))
    assert job["state"] in ("done", "refused")
    if job["state"] == "refused":
        assert job["code"]
    wish = {"mode": "non_authoritative", "target": "127.0.0.1"}
    job = done(api, api("PATCH", f"{path}?dry_run=true", wish))
    assert (job["state"], job["result"]["mode"]) == ("done", True)
    tenant.domain.refresh_from_db()
    before = tenant.domain.mode
    job = done(api, api("PATCH", path, wish))
    tenant.domain.refresh_from_db()
    assert job["state"] == "done"
    assert (before, tenant.domain.mode) == ("authoritative", "non_authoritative")


def test_detaching_is_refused_while_accounts_use_it(api, domains, tenant):
    refused = api.post(f"{domains}/{tenant.domain.name.name}/detach", {})
    assert refused.data["code"] == "accounts-use-domain"
    empty = make_domain(tenant.service)
    assert api.post(f"{domains}/{empty.name.name}/detach", {}).status_code == 200


def test_the_wanted_state_of_a_managed_domain_is_written_and_undone(api, domains, tenant):
    with Knot({"managed.test": "@ MX 10 mx.old-host.example."}, update_with_key=["managed.test"]) as knot:
        knot_zone(tenant.organization, knot, "managed.test")
        path = f"{domains}/managed.test"

        def published(name: str, kind: str) -> list[str]:
            resolver = dns.resolver.Resolver(configure=False)
            resolver.nameservers, resolver.port = [knot.endpoint[0]], knot.endpoint[1]
            answer = resolver.resolve(name, kind, raise_on_no_answer=False)
            return sorted(map(str, answer.rrset or ()))

        dry = done(api, api("PUT", f"{path}?dry_run=true", STATE))
        assert dry["result"]["attach"]
        assert dry["result"]["takes_mail_from"] == ["mx.old-host.example"]
        assert "MX" not in {fix["type"] for fix in dry["result"]["fixes"]}
        assert not Domain.objects.filter(name__name="managed.test").exists()
        assert not ZoneChange.objects.exists()

        made = done(api, api("PUT", path, {**STATE, "move_mail": True}))
        assert made["state"] == "done", made
        change = made["result"]["change"]
        run(change)
        assert api.get(f"{domains.removesuffix('domains')}changes/{change}").data["state"] == "done"
        assert all("pro" in value for value in published("managed.test", "MX"))

        again = done(api, api("PUT", path, {**STATE, "move_mail": True}))
        assert (again["result"]["attach"], again["result"]["fixes"], again["result"]["change"]) == (False, [], None)

        plan = done(api, api.post(f"{path}/plan", {}))
        wrong = done(api, api.post(f"{path}/apply", {"plan": "0" * 32}))
        assert (wrong["state"], wrong["code"]) == ("refused", "plan-changed")
        right = done(api, api.post(f"{path}/apply", {"plan": plan["result"]["plan"]}))
        assert (right["state"], right["result"]["change"]) == ("done", None)

        undone = api.post(f"{domains.removesuffix('domains')}changes/{change}/undo")
        assert undone.status_code == 202, undone.data
        run(change)
        assert published("managed.test", "MX") == ["10 mx.old-host.example."]


def test_a_provider_that_does_not_answer_fails_the_job_with_its_code(api, domains, tenant):
    with Knot({"managed.test": ""}, update_with_key=["managed.test"]) as knot:
        knot_zone(tenant.organization, knot, "managed.test")
    job = done(api, api("PUT", f"{domains}/managed.test", STATE))
    assert job["state"] == "failed"
    assert job["code"]
    assert job["detail"]
    assert not Domain.objects.filter(name__name="managed.test").exists()


def test_a_job_is_done_once(api, domains, tenant):
    response = api(
        "PATCH", f"{domains}/{tenant.domain.name.name}", {"mode": "non_authoritative", "target": "127.0.0.1"}
    )
    job = Job.claim(response.data["id"])
    assert job is not None
    assert Job.claim(response.data["id"]) is None
    assert jobs.resume() == 0
    Job.objects.update(lease_until=job.created_at)
    assert jobs.resume() == 1
    assert api.get(response["Location"]).data["state"] == "done"


def test_checks_with_their_history(api, domains, tenant):
    make_account(tenant.domain)
    make_check(tenant.domain, "MX", "missing").turn("ok", intended=False)
    path = f"{domains}/{tenant.domain.name.name}/checks"
    checks = api.get(path).data
    assert [(check["check"], check["status"]) for check in checks["items"]] == [("MX", "ok")]
    (change,) = api.get(f"{path}/history").data["items"]
    assert (change["old_status"], change["new_status"]) == ("missing", "ok")
    assert api.post(path).status_code == 202
    assert api.get(path).data["pending"]


def test_a_job_that_ends_no_workers_turn_is_given_up_after_three(tenant, api, monkeypatch):
    def broken(*arguments, **fields):
        raise RuntimeError("killed")

    monkeypatch.setattr("api.jobs.bring_about", broken)
    job = Job.objects.create(
        kind="state",
        token=Token.objects.get(),
        service=tenant.service,
        name="a.example",
        wanted=asdict(Wanted("authoritative")),
    )
    for _time in range(3):
        with pytest.raises(RuntimeError):
            jobs.resume()
        assert jobs.resume() == 0  # under its lease
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.resume()
    answer = api.get(f"jobs/{job.pk}").data
    assert (answer["state"], answer["code"]) == ("failed", "given-up")
    assert "three times" in answer["detail"]
