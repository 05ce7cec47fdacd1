"""An organization's copy of its data, and its deletion: nothing forgotten, nothing of others touched."""

from __future__ import annotations

import csv
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    Address,
    AutoReply,
    BulkRow,
    CatchAll,
    EmailAccount,
    Forwarding,
    ForwardTarget,
    GroupSender,
    MailboxSession,
    OwnScript,
    PasswordLink,
    RememberedPassword,
)
from api.models import Delivery, Endpoint, Token
from diagnostics.models import CheckChange, DayOfColours, Postponement
from domains.models import DkimKey, DnsProvider, Footer, Name, Reading, Zone, ZoneChange
from mailflow.models import Block, DeviceUse, Failure, SpamFilter, Use
from panel import possessions
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Contact, Organization, Platform, User
from panel.possessions import delete_due, export, owned
from tests.factories import (
    Tenant,
    make_alias,
    make_app_password,
    make_check,
    make_group,
    make_inbox_message,
    make_inbox_rule,
    make_letter,
    make_listed_sender,
    make_member,
    make_order,
    make_organization,
    make_retired_mailbox,
    make_run,
    make_share,
    make_tenant,
    make_traced_message,
    make_user,
)

pytestmark = pytest.mark.django_db

KEYED = {"mailflow.Use", "mailflow.Failure", "mailflow.Block", "mailflow.DeviceUse"}  # without a foreign key


def filled() -> Tenant:
    """With rows of most kinds."""
    tenant = make_tenant()
    domain, service = tenant.domain, tenant.service
    make_check(domain, "MX", "wrong")
    make_share(domain)
    make_order(service)
    retired = make_retired_mailbox(service)
    run = make_run(service, key="run-key-in-the-clear")
    BulkRow.objects.create(
        run=run, number=1, state="done", cells=b"cells", secret=b"row-secret", account=tenant.account
    )
    words = {"old_status": "ok", "new_status": "wrong", "old_level": "required", "new_level": "required"}
    CheckChange.objects.create(domain=domain, kind="MX", at=timezone.now(), **words)
    provider = DnsProvider.objects.create(
        organization=tenant.organization, kind="powerdns", name="=cmd()", credentials="the-api-key"
    )
    zone = Zone.objects.create(provider=provider, name="z.example")
    ZoneChange.objects.create(zone=zone, zone_name="z.example", service=service, domain=domain, plan=[])
    DkimKey.objects.create(
        ownership=domain.ownership, name=domain.name, selector="s1", private_key="the-private-key", public_key="p"
    )
    account = tenant.account
    EmailAccount.objects.filter(pk=account.pk).update(password_hash="{ARGON2ID}the-hash")
    make_alias(account)
    CatchAll.objects.create(domain=domain, account=account)
    make_listed_sender(domain)
    SpamFilter.objects.create(domain=domain)
    group = make_group(domain, account)
    GroupSender.objects.create(group=group, address="boss@people.example")
    forwarding = Forwarding.objects.create(account=account)
    ForwardTarget.objects.create(forwarding=forwarding, local_part="ann", domain="people.example")
    make_inbox_rule(account)
    AutoReply.objects.create(account=account, text="I am away.")
    OwnScript.objects.create(account=account, changed_at=timezone.now())
    device = make_app_password(account)
    EmailAccount.objects.filter(pk=account.pk, mailbox_id=None).update(mailbox_id=uuid4())
    account.refresh_from_db()
    for mailbox in (account.mailbox_id, retired.mailbox_id):
        assert mailbox is not None
        Use.objects.create(mailbox=mailbox, last_login=timezone.now())
        Failure.objects.create(mailbox=mailbox, network="192.0.2.0/24", failures=1, last_at=timezone.now())
        Block.objects.create(mailbox=mailbox, kind="flood", since=timezone.now())
    DeviceUse.objects.create(number=device.pk, used_at=timezone.now(), network="192.0.2.0/24")
    MailboxSession.objects.create(
        account=account,
        digest=f"link-digest-{uuid4().hex}",
        mailbox_id=account.mailbox_id or uuid4(),
        secret="row-secret",
        expires_at=timezone.now(),
    )
    RememberedPassword.objects.create(account=account, password_hash="the-hash", replaced_at=timezone.now())
    Footer.objects.create(domain=domain, text="Aurora")
    make_traced_message(tenant.organization)
    PasswordLink.objects.create(
        account=account,
        digest=f"link-digest-{account.pk}",
        mailbox_id=account.mailbox_id or uuid4(),
        expires_at=timezone.now(),
    )
    Postponement.objects.create(domain=domain, by=tenant.owner)
    DayOfColours.objects.create(organization=tenant.organization, day=timezone.localdate(), ok=1)
    Contact.objects.create(organization=tenant.organization, email="c@people.example")
    make_letter(tenant.organization)
    make_inbox_message(tenant.organization)
    expires = timezone.now() + timedelta(days=1)
    Token.objects.create(
        organization=tenant.organization,
        name="shop",
        digest=f"link-digest-{uuid4().hex}",
        start="cm_",
        expires_at=expires,
    )
    endpoint = Endpoint.objects.create(
        organization=tenant.organization, url="https://shop.example/hook", secret="row-secret"
    )
    Delivery.objects.create(endpoint=endpoint, event="order.placed", payload={"number": 3})
    Activity.objects.create(actor_label="x", verb="user.created", organization=tenant.organization)
    Reading.objects.create(
        kind="target", key=tenant.organization.code, organization=tenant.organization, subject='{"host": "x"}'
    )
    return tenant


def rows() -> dict[str, int]:
    models = [
        model
        for model in apps.get_models()
        if model._meta.app_label in {"panel", "domains", "diagnostics", "accounts", "mailflow"}
    ]
    return {model._meta.label: model._base_manager.count() for model in models}


def test_an_export_has_every_kind_of_thing_and_no_secret(tmp_path: Path) -> None:
    tenant, other = filled(), make_tenant()
    written = export(tenant.organization, tmp_path / "copy")
    assert set(written) == {model._meta.label for model in owned()} | KEYED | {"panel.User"}
    assert all(
        number
        for label, number in written.items()
        if label
        not in {
            "diagnostics.DigestWait",
            "domains.Dispute",
            "diagnostics.CheckRun",
            "diagnostics.Intent",
            "accounts.PasswordPolicy",
            "panel.Invitation",
            "api.Job",
            "api.KeptAnswer",
            "api.RunOfToken",
            "identities.IdentityProvider",
            "identities.Identity",
        }
    ), written
    assert [written[label] for label in sorted(KEYED)] == [2, 1, 2, 2]
    text = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "copy").iterdir())
    for secret in ("the-api-key", "the-private-key", "the-hash", "link-digest", "row-secret", "run-key", "gAAAA"):
        assert secret not in text
    assert tenant.domain.name.name in text or str(tenant.domain.name_id) in text
    assert tenant.owner.email in text
    for foreign in (other.owner.email, other.organization.code, other.service.name):
        assert foreign not in text
    (organization,) = json.loads((tmp_path / "copy" / "panel-organization.json").read_text())
    assert organization["code"] == tenant.organization.code
    with (tmp_path / "copy" / "domains-dnsprovider.csv").open(newline="") as file:
        (provider,) = csv.DictReader(file)
    assert provider["name"] == "'=cmd()"


def test_the_command_writes_a_folder_or_an_archive_and_overwrites_nothing(tmp_path: Path) -> None:
    tenant = filled()
    call_command("export_organization", tenant.organization.code, str(tmp_path / "copy"))
    call_command("export_organization", tenant.organization.code, str(tmp_path / "copy.zip"))
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert sorted(archive.namelist()) == sorted(path.name for path in (tmp_path / "copy").iterdir())
    with pytest.raises(SystemExit):
        call_command("export_organization", tenant.organization.code, str(tmp_path / "copy"))


def test_a_deletion_takes_all_that_belongs_to_it_and_nothing_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    filled()
    shared = make_user()
    before = rows()
    platforms = set(Platform.objects.values_list("pk", flat=True))
    tenant = filled()
    make_member(tenant.organization, user=shared)
    make_member(make_organization("keeps"), user=shared)
    boss = make_member(tenant.organization, user=make_user(staff=True))
    make_letter(recipient=tenant.owner.email)
    monkeypatch.setattr(possessions, "BATCH", 2)
    tenant.organization.request_deletion(actor=SYSTEM, days=0)
    assert delete_due() == 1
    Organization.objects.get(code="keeps").delete()
    Platform.objects.exclude(pk__in=platforms).delete()
    User.objects.filter(pk=boss.pk).delete()
    deleted = Activity.objects.get(verb="organization.deleted")
    assert deleted.target == tenant.organization.code
    deleted.delete()
    assert rows() == before
    assert not User.objects.filter(email=tenant.owner.email).exists()
    assert not Address.objects.filter(account=None, alias=None, group=None).exists()
    assert not Name.objects.filter(domains=None, ownerships=None).exists()


def test_a_deletion_waits_for_its_day_can_be_withdrawn_and_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    tenant = filled()
    tenant.organization.request_deletion(actor=SYSTEM)
    tenant.organization.refresh_from_db()
    assert tenant.organization.state == "suspended"
    with pytest.raises(Refused, match="withdraw"):
        tenant.organization.resume(actor=SYSTEM)
    assert delete_due() == 0
    tenant.organization.withdraw_deletion(actor=SYSTEM)
    tenant.organization.resume(actor=SYSTEM)
    with pytest.raises(Refused):
        tenant.organization.withdraw_deletion(actor=SYSTEM)
    tenant.organization.request_deletion(actor=SYSTEM)
    Organization.objects.update(deletes_at=timezone.now() - timedelta(minutes=1))
    monkeypatch.setattr(possessions, "BATCH", 1)
    rounds = 0
    while not delete_due(seconds=0.001) and rounds < 200:
        rounds += 1
        Organization.objects.filter(deletes_at=None).update(deletes_at=timezone.now())
    assert rounds > 3
    assert not Organization.objects.exists()


def test_staff_request_it_by_typing_the_code(client: Client) -> None:
    tenant = make_tenant()
    client.force_login(make_user(staff=True))
    page, url = (
        reverse(f"panel:{name}", args=[tenant.organization.code])
        for name in ("staff_organization", "staff_organization_deletion")
    )
    assert "Type the code" in client.post(url, {"code": "another"}, follow=True).content.decode()
    client.post(url, {"code": tenant.organization.code})
    tenant.organization.refresh_from_db()
    assert tenant.organization.deletes_at is not None
    assert "Withdraw the deletion" in client.get(page).content.decode()
    client.post(url, {"verb": "withdraw"})
    tenant.organization.refresh_from_db()
    assert tenant.organization.deletes_at is None


def test_the_command_line_does_the_same() -> None:
    tenant = make_tenant()
    call_command("delete_organization", tenant.organization.code)
    call_command("delete_organization", tenant.organization.code, withdraw=True)
    call_command("delete_organization", tenant.organization.code, days=0)
    assert delete_due() == 1
