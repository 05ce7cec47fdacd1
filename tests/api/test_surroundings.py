"""What surrounds domains and accounts: DNS providers, the security policy, kept mail, runs that are taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts import ordering
from accounts.models import BulkRun, PasswordPolicy, RetiredMailbox
from accounts.policies import change_policy
from accounts.runs import engine, loading
from api.models import Token
from diagnostics.models import Intent
from domains.models import DnsProvider, Zone
from mailflow.models import Use
from panel.actors import SYSTEM
from panel.models import Activity, Membership, Service
from tests.factories import (
    Tenant,
    make_check,
    make_order,
    make_platform,
    make_retired_mailbox,
    make_run,
    make_slot,
    make_tenant,
)
from tests.servers import Knot
from tests.servers.knot import TSIG_ALGORITHM, TSIG_NAME, TSIG_SECRET

from .conftest import Api

pytestmark = pytest.mark.django_db


def test_a_name_server_is_added_tested_and_removed(api: Api, tenant: Tenant, readings_at_once: None) -> None:
    providers = f"organizations/{tenant.organization.code}/dns-providers"
    wrong = api.post(providers, {"kind": "rfc2136", "name": "ours", "settings": {"server": "-", "colour": "red"}})
    assert wrong.status_code == 422
    assert [error["field"] for error in wrong.data["errors"]] == ["settings.colour"]
    wrong = api.post(providers, {"kind": "rfc2136", "name": "ours", "settings": {"server": "-"}})
    assert {error["field"] for error in wrong.data["errors"]} >= {"settings.server", "settings.port"}
    with Knot({"example.test": ""}, update_with_key=["example.test"]) as knot:
        settings = {
            "server": knot.address,
            "port": knot.port,
            "key_name": TSIG_NAME,
            "algorithm": TSIG_ALGORITHM,
            "secret": TSIG_SECRET,
        }
        made = api.post(providers, {"kind": "rfc2136", "name": "ours", "settings": settings})
        assert made.status_code == 201, made.data
        assert TSIG_SECRET not in made.content.decode()
        assert "secret" not in Activity.objects.get(verb="provider.created").after
        one = made.headers["Location"]
        asked = api.post(f"{one}/zones", {"names": ["example.test", "bad_name"]})
        assert asked.status_code == 202
        answer = api.get(asked.headers["Location"]).data
        assert [(line["level"], line["code"]) for line in answer["items"]] == [
            ("success", "added"),
            ("error", "no-name"),
        ]
        tested = api.post(f"{one}/test")
        assert [line["code"] for line in api.get(tested.headers["Location"]).data["items"]] == ["works"]
    assert Activity.objects.get(verb="zone.added").actor_label.startswith("token test")
    assert api("PATCH", one, {"name": "still ours"}).data["name"] == "still ours"
    assert "secret" in DnsProvider.objects.get().credentials  # a change of the name loses nothing
    assert api("DELETE", f"{one}/zones/example.test").status_code == 200
    assert not Zone.objects.exists()
    assert api("DELETE", f"{one}?dry_run=true").headers["Dry-Run"] == "true"
    assert DnsProvider.objects.exists()
    assert api("DELETE", one).status_code == 200
    assert not DnsProvider.objects.exists()


def test_the_security_policy_changes_in_parts(api: Api, tenant: Tenant) -> None:
    path = f"services/{tenant.service.name}/password-policy"
    assert api.get(path).data["min_length"] == 9
    assert api("PATCH", path, {"min_length": 3}).status_code == 422
    assert api("PATCH", path, {"min_length": 14}).data["min_length"] == 14
    assert api("PATCH", path, {"symbol": True}).data == {**api.get(path).data, "min_length": 14, "symbol": True}
    assert PasswordPolicy.of(tenant.service.pk).min_length == 14
    assert Activity.objects.filter(verb="policy.changed").count() == 2


def test_kept_mail_is_let_go(api: Api, tenant: Tenant) -> None:
    kept = make_retired_mailbox(tenant.service)
    path = f"services/{tenant.service.name}/kept-mail"
    assert [row["id"] for row in api.get(path).data["items"]] == [kept.pk]
    assert api.post(f"{path}/{kept.pk}/purge").status_code == 200
    assert RetiredMailbox.objects.get().purge_at <= Activity.objects.get(verb="mailbox.purged").at


def test_a_run_is_discarded_or_taken_back(api: Api, tenant: Tenant) -> None:
    waiting = make_run(tenant.service, state=BulkRun.State.PREVIEW)
    finished = make_run(tenant.service, state=BulkRun.State.DONE)
    runs = f"services/{tenant.service.name}/runs"
    assert api.post(f"{runs}/{finished.pk}/discard").data["code"] == "wrong-state"
    assert api.post(f"{runs}/{finished.pk}/check").data["code"] == "wrong-state"
    assert api.post(f"{runs}/{waiting.pk}/discard").status_code == 200
    assert api.get(f"{runs}/{waiting.pk}").status_code == 404
    undoing = api.post(f"{runs}/{finished.pk}/undo")
    assert undoing.status_code == 201
    assert BulkRun.objects.get(pk=undoing.data["id"]).undoes == finished


def test_what_a_token_takes_back_stops_and_gives_back_is_told_of_the_token(api: Api, tenant: Tenant) -> None:
    finished = make_run(tenant.service, state=BulkRun.State.DONE)
    runs = f"services/{tenant.service.name}/runs"
    undoing = BulkRun.objects.get(pk=api.post(f"{runs}/{finished.pk}/undo").data["id"])
    assert undoing.by is None
    label = undoing.by_label
    assert label == Token.objects.get(organization=tenant.organization).actor_label
    BulkRun.objects.filter(pk=undoing.pk).update(state=BulkRun.State.RUNNING)
    assert api.post(f"{runs}/{undoing.pk}/stop").status_code == 200
    undoing.refresh_from_db()
    assert (undoing.stopped_by, undoing.stopped_label) == (None, label)
    engine.give_up(undoing)
    assert Activity.objects.get(verb="run.undo").actor_label == label
    make_slot(tenant.service)
    ordering.give_back(tenant.service, 1, by=Token.objects.get(organization=tenant.organization))
    assert Activity.objects.get(verb="slots.cancelled").actor_label == label


def test_what_is_red_is_marked_as_intended_until_it_changes(api: Api, tenant: Tenant) -> None:
    check = make_check(tenant.domain, "MX", "wrong", problems=["mx-foreign"])
    path = f"services/{tenant.service.name}/domains/{tenant.domain.name.name}/checks/MX/intended"
    assert api.post(path, {"why": "relay", "found": "b" * 64}).data["code"] == "changed"
    assert api.post(path, {"why": "relay"}).data["intended"] is True
    assert Intent.objects.get().why == "relay"
    assert api("DELETE", path).data["intended"] is False
    check.refresh_from_db()
    assert not check.intended


def test_a_members_role_changes_and_the_last_owner_stays_one(api: Api, tenant: Tenant) -> None:
    members = f"organizations/{tenant.organization.code}/members"
    assert api("PATCH", f"{members}/{tenant.viewer.email}", {"role": "technician"}).data["role"] == "technician"
    assert Membership.objects.get(user=tenant.viewer).role == "technician"
    assert api("PATCH", f"{members}/{tenant.owner.email}", {"role": "viewer"}).data["code"] == "last-owner"


def test_what_a_run_generated_is_handed_out_until_it_is_discarded_and_by_no_dry_run(api: Api, tenant: Tenant) -> None:
    table = f"E-mail address\nann.example@{tenant.domain.name.name}\n"
    runs = f"services/{tenant.service.name}/runs"
    run = api.post(runs, {"table": table}).headers["Location"]
    loading.check(BulkRun.objects.get())
    assert api.post(f"{run}/start", {}).status_code == 200
    engine.work(BulkRun.objects.get().pk)
    dry = api.post(f"{run}/results?dry_run=true").data["items"]
    assert [row["secret"] for row in dry] == [""]
    told = api.post(f"{run}/results").data["items"]
    assert [bool(row["secret"]) for row in told] == [True]
    assert api.post(f"{run}/results").data["items"] == told
    assert api.post(f"{run}/results/discard").status_code == 200
    assert api.post(f"{run}/results").data["code"] == "nothing-to-hand-out"


def test_orders_of_all_services_are_listed_by_state(api: Api, staff: Api, tenant: Tenant) -> None:
    other = make_tenant()
    waiting, theirs = make_order(tenant.service), make_order(other.service)
    make_order(tenant.service, state="approved")
    assert [row["id"] for row in api.get("orders?state=requested").data["items"]] == [waiting.pk]
    found = staff.get("orders?state=requested").data["items"]
    assert [(row["id"], row["service"], row["organization"]) for row in found] == [
        (theirs.pk, other.service.name, other.organization.code),
        (waiting.pk, tenant.service.name, tenant.organization.code),
    ]


def test_what_needs_attention_is_listed_over_services(api: Api, staff: Api, tenant: Tenant) -> None:
    other = make_tenant()
    red, theirs = make_check(tenant.domain, "MX", "missing"), make_check(other.domain, "SPF", "wrong")
    make_check(tenant.domain, "SPF", "ok")
    mine = api.get("checks").data["items"]
    assert [(row["id"], row["domain"], row["check"]) for row in mine] == [(red.pk, tenant.domain.name.name, "MX")]
    assert [row["id"] for row in staff.get("checks").data["items"]] == [red.pk, theirs.pk]
    assert [row["id"] for row in staff.get("checks?kind=SPF").data["items"]] == [theirs.pk]
    assert [row["id"] for row in staff.get(f"checks?service={tenant.service.name}").data["items"]] == [red.pk]
    assert api.get(f"checks?organization={other.organization.code}").status_code == 404


def test_accounts_tell_how_old_their_password_is(api: Api, tenant: Tenant, django_assert_max_num_queries: Any) -> None:
    all_of_them = f"services/{tenant.service.name}/accounts"
    one = f"{all_of_them}/{tenant.account.pk}"
    names = ("password_changed_at", "password_expires_at", "must_change_password")
    before = api.get(one).data
    assert before["password_expires_at"] is None
    change_policy(tenant.service, {"max_age": 30, "change_first": True}, by=SYSTEM)
    changed = api.post(f"{one}/password", {"password": "Battery-staple-8"}).data
    assert changed["must_change_password"] is True
    told = api.get(one).data
    assert [told[name] for name in names] == [changed[name] for name in names]
    age = datetime.fromisoformat(told["password_expires_at"]) - datetime.fromisoformat(told["password_changed_at"])
    assert age == timedelta(days=30)
    with django_assert_max_num_queries(8):
        rows = {row["id"]: row for row in api.get(all_of_them).data["items"]}
    assert [rows[tenant.account.pk][name] for name in names] == [told[name] for name in names]
    assert [rows[tenant.slot.pk][name] for name in names] == [None, None, False]


def test_accounts_tell_of_their_use_and_services_of_their_settings(
    api: Api, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    assert tenant.account.mailbox_id
    Use.objects.create(mailbox=tenant.account.mailbox_id, bytes=5000, messages=3)
    Service.objects.update(quota=100)
    one = f"services/{tenant.service.name}/accounts/{tenant.account.pk}"
    told = api.get(one).data
    assert (told["quota"], told["used"], told["messages"], told["blocked_since"]) == (100, 5000, 3, None)
    for _number in range(20):
        make_slot(tenant.service)
    with django_assert_max_num_queries(8):
        rows = {row["id"]: row for row in api.get(f"services/{tenant.service.name}/accounts").data["items"]}
    assert rows[tenant.account.pk]["used"] == 5000
    assert rows[tenant.slot.pk]["quota"] is None
    settings = api.get(f"services/{tenant.service.name}").data["settings"]
    assert settings == {
        "imap_host": tenant.platform.imap_host,
        "imap_port": 993,
        "smtp_host": tenant.platform.smtp_host,
        "smtp_port": 587,
        "webmail_host": tenant.platform.webmail_host,
    }


def test_whose_an_address_and_a_domain_are(api: Api, staff: Api, tenant: Tenant) -> None:
    other = make_tenant()
    wish = {"name": "ann.example", "domain": tenant.domain.name.name}
    assert api.post(f"services/{tenant.service.name}/accounts", wish).status_code == 201
    ann = f"Ann.Example@{tenant.domain.name.name}"
    for address, pk, where in ((ann, tenant.slot.pk, tenant), (other.slot.slot_address, other.slot.pk, other)):
        (found,) = staff.get(f"accounts?address={address}").data["items"]
        assert (found["id"], found["service"]) == (pk, where.service.name)
        assert found["organization"] == where.organization.code
    assert api.get(f"accounts?address={other.slot.slot_address}").data["items"] == []
    assert api.get("accounts").status_code == 422
    (found,) = staff.get(f"domains?name={other.domain.name.name}").data["items"]
    assert (found["service"], found["organization"]) == (other.service.name, other.organization.code)
    assert [row["id"] for row in api.get("domains").data["items"]] == [tenant.domain.pk]


def test_a_package_changes_and_an_end_is_withdrawn(api: Api, staff: Api, tenant: Tenant) -> None:
    one = f"services/{tenant.service.name}"
    package = {"account_limit": 50, "quota": 2048, "renews_on": "2099-01-01", "dkim_rotation_days": 90}
    assert api("PATCH", one, package).data["code"] == "staff-only"
    changed = staff("PATCH", one, package).data
    assert {name: changed[name] for name in package} == package
    make_platform("other", is_default=False)
    assert staff("PATCH", one, {"platform": "other", "quota": 1}).data["code"] == "accounts-configured"
    assert staff("PATCH", one, {"platform": "nowhere"}).data["code"] == "no-such-platform"
    assert staff.get(one).data["quota"] == 2048
    assert staff.post(f"{one}/terminate", {"on": "2099-01-31"}).data["ends_on"] == "2099-01-31"
    assert staff("DELETE", f"{one}/terminate").data["ends_on"] is None
    whole = f"organizations/{tenant.organization.code}"
    assert staff.post(f"{whole}/terminate", {"on": "2099-01-31"}).data["ends_on"] == "2099-01-31"
    assert staff("DELETE", f"{whole}/terminate").data["ends_on"] is None


def test_the_activity_of_one_organization_is_listed(api: Api, staff: Api, tenant: Tenant) -> None:
    other = make_tenant()
    for whose in (tenant, other):
        staff.post(f"services/{whose.service.name}/accounts/{whose.account.pk}/suspend")
    found = staff.get(f"activity?organization={other.organization.code}&verb=account.suspended").data["items"]
    assert [entry["service"] for entry in found] == [other.service.name]
    assert len(staff.get("activity?verb=account.suspended").data["items"]) == 2
    assert api.get(f"activity?organization={other.organization.code}").status_code == 404
