"""What surrounds domains and accounts: DNS providers, the security policy, kept mail, runs that are taken back."""

from __future__ import annotations

import pytest

from accounts.models import BulkRun, PasswordPolicy, RetiredMailbox
from diagnostics.models import Intent
from domains.models import DnsProvider, Zone
from panel.models import Activity, Membership
from tests.factories import Tenant, make_check, make_retired_mailbox, make_run
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
