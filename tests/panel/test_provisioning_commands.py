"""The command line's provisioning verbs, as a shop's script would call them."""

from __future__ import annotations

import os
from typing import Any

import pytest

from panel import secrets
from panel.actors import SYSTEM
from panel.models import Activity, Membership, Organization, Role, Service, User
from tests.factories import make_member, make_organization, make_platform, make_service, make_user
from tests.letters import delivered
from tests.verbs import answer, run

pytestmark = pytest.mark.django_db


def test_an_organization_is_created_once() -> None:
    assert run("create_organization", "ab12345", "Aurora Clinic") == (0, "ab12345\n", "")
    organization = Organization.objects.get(code="ab12345")
    assert organization.name == "Aurora Clinic"
    entry = Activity.objects.get(verb="organization.created")
    assert (entry.actor, entry.actor_label, entry.organization) == (None, "command line", organization)
    status, data = answer("create_organization", "ab12345", "Another")
    assert (status, data["refused"]) == (1, "code-taken")


@pytest.mark.parametrize(
    "argv",
    [
        ("AB!", "Name"),
        ("ab",),
        ("x", "Name"),
        ("ab12", "Name", "--contact", "nobody"),
        ("ab12", "n" * 151),
        ("ab12", "\u202ename"),
    ],
)
def test_what_is_no_organization_is_wrong_usage(argv: tuple[str, ...]) -> None:
    assert run("create_organization", *argv)[0] == 3
    assert not Organization.objects.exists()


def test_a_service_is_created_on_the_default_platform_and_its_name_printed() -> None:
    make_organization("ab12345")
    make_platform("pro7", is_default=True)
    assert run("create_service", "ab12345") == (0, "emailpro-ab12345-1\n", "")
    assert run("create_service", "ab12345") == (0, "emailpro-ab12345-2\n", "")


def test_a_service_is_created_with_slots_on_the_platform_named() -> None:
    make_organization("ab12345")
    make_platform("plan1", kind="mx_plan")
    status, data = answer("create_service", "ab12345", "--platform", "plan1", "--slots", "3")
    assert status == 0
    assert (data["service"], data["platform"], data["slots"]) == ("mxplan-ab12345-1", "plan1", 3)
    service = Service.objects.get()
    assert (service.counts.accounts, service.counts.slots) == (3, 3)


def test_a_service_that_cannot_be_is_refused_and_nothing_remains() -> None:
    assert answer("create_service", "nobody")[1]["refused"] == "no-such-organization"
    organization = make_organization("ab12345")
    assert answer("create_service", "ab12345")[1]["refused"] == "no-platform"
    make_platform("pro7", is_default=True)
    assert answer("create_service", "ab12345", "--platform", "pro8")[1]["refused"] == "no-such-platform"
    organization.suspend(actor=SYSTEM)
    assert answer("create_service", "ab12345")[1]["refused"] == "organization-not-active"
    assert not Service.objects.exists()


@pytest.mark.parametrize("slots", ["-1", "many", "1.5"])
def test_a_number_of_slots_that_is_none_is_wrong_usage(slots: str) -> None:
    make_organization("ab12345")
    make_platform(is_default=True)
    assert run("create_service", "ab12345", f"--slots={slots}")[0] == 3
    assert not Service.objects.exists()


def test_creating_a_service_mails_its_owners_in_their_language(django_capture_on_commit_callbacks: Any) -> None:
    organization = make_organization("ab12345")
    make_platform(is_default=True)
    owner = make_member(organization, Role.OWNER, make_user("owner@people.example"))
    make_member(organization, Role.VIEWER)
    with django_capture_on_commit_callbacks(execute=True):
        run("create_service", "ab12345")
    (message,) = delivered()
    assert message.to == [owner.email]
    assert "emailpro-ab12345-1" in message.subject
    assert "http://localhost:8000/services/emailpro-ab12345-1/" in message.body


def test_a_member_is_added_and_a_new_person_gets_a_link() -> None:
    organization = make_organization("ab12345")
    status, data = answer("add_member", "ab12345", "Anna@People.example", "owner")
    assert (status, data["email"], data["role"]) == (0, "anna@people.example", "owner")
    assert data["link"].startswith("http://localhost:8000/account/password/reset/key/")
    assert Membership.objects.get(organization=organization).user.email == "anna@people.example"
    make_user("jan@people.example")
    assert answer("add_member", "ab12345", "jan@people.example", "viewer")[1]["link"] is None
    assert User.objects.count() == 2


def test_the_last_owner_keeps_his_role() -> None:
    organization = make_organization("ab12345")
    make_member(organization, Role.OWNER, make_user("anna@people.example"))
    assert answer("add_member", "ab12345", "anna@people.example", "viewer")[1]["refused"] == "last-owner"


def test_a_member_without_a_proper_address_or_role_is_wrong_usage() -> None:
    make_organization("ab12345")
    assert run("add_member", "ab12345", "anna", "owner")[0] == 3
    assert run("add_member", "ab12345", "anna@people.example", "boss")[0] == 3
    assert answer("add_member", "zz", "anna@people.example", "owner")[1]["refused"] == "no-such-organization"


def test_a_service_is_suspended_and_resumed_once_each() -> None:
    service = make_service(make_organization("ab12345"))
    assert answer("suspend", service.name) == (0, {"service": "emailpro-ab12345-1", "state": "suspended"})
    assert answer("suspend", service.name)[1]["refused"] == "wrong-state"
    assert answer("resume", service.name) == (0, {"service": "emailpro-ab12345-1", "state": "active"})
    assert answer("resume", service.name)[0] == 1
    assert answer("suspend", "emailpro-nobody-1")[1]["refused"] == "no-such-service"
    verbs = list(Activity.objects.filter(verb__startswith="service.").values_list("verb", flat=True))
    assert verbs == ["service.resumed", "service.suspended", "service.created"]


def test_a_name_that_is_not_utf_8_names_nothing() -> None:
    status, data = answer("suspend", os.fsdecode(b"emailpro-\xff-1"))
    assert (status, data["refused"]) == (1, "no-such-service")
    assert data["reason"] == "There is no service emailpro-\\xff-1."
    assert answer("create_service", os.fsdecode(b"ab\xff"))[1]["refused"] == "no-such-organization"


def test_secrets_are_encrypted_again_under_the_first_key(settings: Any) -> None:
    from cryptography.fernet import Fernet
    from django.db import connection

    from domains.models import DnsProvider

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    provider = DnsProvider.objects.create(
        organization=make_organization(), kind="powerdns", name="ours", credentials='{"key": "secret"}'
    )
    empty = DnsProvider.objects.create(organization=provider.organization, kind="powerdns", name="none")
    settings.ENCRYPTION_KEYS = [new, old]
    status, data = answer("reencrypt")
    assert (status, data["reencrypted"]["domains.DnsProvider.credentials"], data["unreadable"]) == (0, 1, {})
    settings.ENCRYPTION_KEYS = [new]
    provider.refresh_from_db()
    assert provider.credentials == '{"key": "secret"}'
    empty.refresh_from_db()
    assert empty.credentials == ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM domains_dnsprovider WHERE id = %s", [provider.pk])
        assert secrets.decrypt(cursor.fetchone()[0]) == '{"key": "secret"}'


def test_a_secret_that_no_key_reads_is_named(settings: Any) -> None:
    from cryptography.fernet import Fernet

    from domains.models import DnsProvider

    provider = DnsProvider.objects.create(
        organization=make_organization(), kind="powerdns", name="ours", credentials="secret"
    )
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    status, data = answer("reencrypt")
    assert (status, data["unreadable"]) == (1, {"domains.DnsProvider.credentials": [provider.pk]})


@pytest.mark.parametrize("slots", ["-1", "100001", "99999999999999999999", "two"])
def test_slots_that_are_no_number_of_slots_are_wrong_usage(slots: str) -> None:
    make_organization("ab12345")
    make_platform("pro7", is_default=True)
    assert run("create_service", "ab12345", "--slots", slots)[0] == 3
    assert not Service.objects.exists()


def test_an_address_too_long_for_mail_makes_no_member() -> None:
    make_organization("ab12345")
    labels = ".".join(["d" * 60] * 4)
    assert run("add_member", "ab12345", f"{'x' * 60}@{labels}.example", "owner")[0] == 3
    assert not User.objects.exists()
