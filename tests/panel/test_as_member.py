"""Staff who open the panel as a member sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from panel import as_member
from panel.models import Activity, Membership, Role, User
from tests.access_table import TABLE, Need
from tests.factories import Tenant, make_member, make_tenant, make_user
from tests.panel.test_every_url import URLS, address, expected, outcome

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def staff() -> User:
    return make_user("staff@operator.example", staff=True)


def acting(staff: User, tenant: Tenant, member: User, why: str = "") -> Client:
    client = Client()
    client.force_login(staff)
    membership = Membership.objects.get(user=member, organization=tenant.organization)
    begun = client.post(
        reverse("panel:acting_begin", args=[tenant.organization.code]), {"member": membership.pk, "why": why}
    )
    assert begun.status_code == 302
    return client


def log_of(tenant: Tenant) -> list[tuple[str, str, str]]:
    rows = Activity.objects.filter(organization=tenant.organization).order_by("pk")
    return [(row.verb, row.actor_label, row.note) for row in rows if row.verb != "service.created"]


def test_only_looking_unless_a_reason_is_given(tenant: Tenant, staff: User) -> None:
    client = acting(staff, tenant, tenant.owner)
    page = reverse("panel:service_settings", args=[tenant.service.name])

    text = client.get(page).content.decode()
    assert tenant.owner.email in text
    assert "You can only view." in text
    refused = client.post(page, {"display_name": "changed"})
    assert refused.status_code == 403
    assert "Nothing was changed" in refused.content.decode()
    tenant.service.refresh_from_db()
    assert tenant.service.display_name == ""

    client.post(reverse("panel:acting_why"), {"why": " "})
    assert client.post(page, {"display_name": "changed"}).status_code == 403
    client.post(reverse("panel:acting_why"), {"why": "asked on the phone"})
    assert client.post(page, {"display_name": "changed"}).status_code == 302
    client.post(reverse("panel:acting_end"))

    assert "You can only view." not in client.get("/").content.decode()
    whose = f"staff@operator.example (for {tenant.owner.email})"
    assert log_of(tenant) == [
        ("staff.acting", "staff@operator.example", ""),
        ("staff.acting_changes", "staff@operator.example", "asked on the phone"),
        ("service.changed", whose, ""),
        ("staff.acting_ended", "staff@operator.example", ""),
    ]
    assert Activity.objects.get(verb="service.changed").actor == staff


@pytest.mark.parametrize("why", ["", "a reason"])
def test_no_page_is_reached_that_the_member_could_not_reach(tenant: Tenant, staff: User, why: str) -> None:
    client = acting(staff, tenant, tenant.technician, why)
    wrong = []
    for name, row in TABLE.items():
        if row.need not in {Need.VIEWER, Need.TECHNICIAN, Need.OWNER, Need.STAFF}:
            continue
        with transaction.atomic():
            url = address(name, row, tenant)
            got = outcome(client.get(url) if row.method == "GET" else client.post(url, row.data))
            transaction.set_rollback(True)
        want = "403" if row.method == "POST" and not why else expected(row.need, "technician")
        if got != want:
            wrong.append(f"{name}: {got}, not {want}")
    assert not wrong, "\n".join(wrong)
    assert len(URLS) > 100


def test_other_organizations_are_out_of_reach_even_those_of_the_same_member(tenant: Tenant, staff: User) -> None:
    other = make_tenant()
    make_member(other.organization, Role.OWNER, tenant.owner)
    client = acting(staff, tenant, tenant.owner, "a reason")

    assert client.get(reverse("panel:service", args=[other.service.name])).status_code == 404
    assert client.get(reverse("panel:organization", args=[other.organization.code])).status_code == 404
    assert other.service.name not in client.get("/").content.decode()
    assert other.domain.name.name not in client.get("/find/?q=domain").content.decode()
    assert client.get("/red/").status_code == 200


def test_pages_of_ones_own_are_closed_meanwhile(tenant: Tenant, staff: User) -> None:
    client = acting(staff, tenant, tenant.owner, "a reason")

    for page in ("/you/", "/sign-in/", "/account/2fa/", "/account/password/change/", "/invitations/no-such-token/"):
        assert client.get(page).status_code == 403, page
        assert client.post(page).status_code == 403, page
    assert client.post("/account/logout/").status_code == 302


def test_it_ends_with_the_hour_the_membership_and_the_staff(
    tenant: Tenant, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = acting(staff, tenant, tenant.owner)
    staff_page = reverse("panel:staff_organizations")
    assert client.get(staff_page).status_code == 404
    Membership.objects.filter(user=tenant.owner).delete()
    assert client.get(staff_page).status_code == 200

    client = acting(staff, tenant, tenant.viewer)
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert client.get(reverse("panel:service", args=[tenant.service.name])).status_code == 404
    User.objects.filter(pk=staff.pk).update(is_staff=True)

    monkeypatch.setattr(as_member, "LASTS", timedelta(seconds=-1))
    client = acting(staff, tenant, tenant.viewer)
    assert client.get(staff_page).status_code == 200


def test_the_rights_of_the_moment_are_never_saved(tenant: Tenant, staff: User) -> None:
    client = acting(staff, tenant, tenant.owner)
    client.post("/language/", {"language": "pl", "next": "/"})
    staff.refresh_from_db()
    assert (staff.language, staff.is_staff) == ("pl", True)

    staff.acting = as_member.Acting(1, 1, "", "", Role.OWNER, "")
    with pytest.raises(RuntimeError):
        staff.save()


def test_members_who_may_not_sign_in_are_not_offered(tenant: Tenant, staff: User, client: Client) -> None:
    User.objects.filter(pk=tenant.viewer.pk).update(is_active=False)
    client.force_login(staff)
    page = reverse("panel:staff_organization", args=[tenant.organization.code])

    assert tenant.viewer.email not in client.get(page).content.decode()
    membership: Any = Membership.objects.get(user=tenant.viewer)
    client.post(reverse("panel:acting_begin", args=[tenant.organization.code]), {"member": membership.pk})
    assert client.get(page).status_code == 200  # still staff
