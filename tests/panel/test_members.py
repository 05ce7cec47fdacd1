"""Members of an organization: inviting, accepting, changing, removing; never without an owner."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Invitation, Membership, Organization, Role, User
from tests.factories import make_member, make_organization, make_user
from tests.letters import delivered

pytestmark = pytest.mark.django_db

PASSWORD = "quite long and odd 7"


@pytest.fixture
def organization() -> Organization:
    return make_organization("ab12345", name="Aurora Clinic")


def invite(client: Client, organization: Organization, email: str, role: str = "technician") -> Any:
    return client.post(reverse("panel:invite", args=[organization.code]), {"email": email, "role": role})


def link_of(response: Any) -> str:
    link: str = response.context["link"]
    assert link.startswith("http://localhost:8000/invitations/")
    return link.removeprefix("http://localhost:8000")


def test_an_owner_invites_and_the_link_is_shown_and_mailed(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.OWNER))
    response = invite(client, organization, "Anna@People.example")
    link = link_of(response)
    assert link in response.content.decode()
    (message,) = delivered()
    assert message.to == ["anna@people.example"]
    assert link in message.body
    assert link not in client.get(reverse("panel:organization", args=[organization.code])).content.decode()
    assert Activity.objects.get(verb="member.invited").target == "anna@people.example"


def test_where_mail_works_an_owner_does_not_see_the_link_and_staff_do(
    client: Client, organization: Organization, settings: Any
) -> None:
    settings.EMAIL_CONFIGURED = True
    client.force_login(make_member(organization, Role.OWNER))
    response = client.post(
        reverse("panel:invite", args=[organization.code]),
        {"email": "anna@people.example", "role": "viewer"},
        follow=True,
    )
    page = response.content.decode()
    assert "on its way to anna@people.example" in page
    assert "/invitations/" not in page.replace(f"/organizations/{organization.code}/invitations/", "")
    assert "http://localhost:8000/invitations/" in delivered()[0].body
    client.force_login(make_user(staff=True))
    assert "/invitations/" in link_of(invite(client, organization, "anna@people.example"))


def test_somebody_new_accepts_by_choosing_a_password(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.OWNER))
    link = link_of(invite(client, organization, "anna@people.example"))
    guest = Client()
    response = guest.post(link, {"name": "Anna", "password": PASSWORD, "again": PASSWORD})
    assert response.headers["Location"] == reverse("panel:organization", args=[organization.code])
    user = User.objects.get(email="anna@people.example")
    assert (user.name, user.check_password(PASSWORD)) == ("Anna", True)
    assert Membership.objects.get(user=user).role == Role.TECHNICIAN
    assert guest.get(response.headers["Location"]).status_code == 200
    assert Client().get(link).status_code == 410


@pytest.mark.parametrize(
    ("password", "again"), [("short", "short"), (PASSWORD, "another one 78"), ("1234567890123", "1234567890123")]
)
def test_a_poor_password_is_refused_and_nobody_made(
    password: str, again: str, client: Client, organization: Organization
) -> None:
    _invitation, token = Invitation.issue(organization, "anna@people.example", "viewer", SYSTEM)
    response = client.post(
        reverse("panel:invitation", args=[token]), {"name": "Anna", "password": password, "again": again}
    )
    assert response.status_code == 400
    assert not User.objects.exists()


def test_somebody_known_signs_in_to_accept(client: Client, organization: Organization) -> None:
    user = make_user("anna@people.example", password=PASSWORD)
    _invitation, token = Invitation.issue(organization, user.email, "viewer", SYSTEM)
    link = reverse("panel:invitation", args=[token])
    response = client.get(link)
    assert response.context["sign_in"] == f"/account/login/?next={link.replace('/', '%2F')}"
    assert client.post(link, {"name": "Mallory", "password": PASSWORD, "again": PASSWORD}).status_code == 200
    assert not Membership.objects.exists()
    response = client.post(response.context["sign_in"], {"login": user.email, "password": PASSWORD, "next": link})
    assert response.headers["Location"] == link
    assert client.get(link).status_code == 200
    assert not Membership.objects.exists()
    client.post(link)
    assert Membership.objects.get().user == user


def test_the_wrong_person_is_told_so(client: Client, organization: Organization) -> None:
    _invitation, token = Invitation.issue(organization, "anna@people.example", "viewer", SYSTEM)
    client.force_login(make_user("jan@people.example"))
    response = client.post(reverse("panel:invitation", args=[token]))
    page = response.content.decode()
    assert "anna@people.example" in page
    assert "jan@people.example" in page
    assert not Membership.objects.exists()


def test_a_link_lapses_by_time_by_a_newer_one_and_by_withdrawal(client: Client, organization: Organization) -> None:
    _first, first_token = Invitation.issue(organization, "anna@people.example", "viewer", SYSTEM)
    second, second_token = Invitation.issue(organization, "ANNA@people.example", "viewer", SYSTEM)
    assert Invitation.open_one(first_token) is None
    assert Invitation.open_one(second_token) == second
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Invitation.open_one(second_token) is None
    third, third_token = Invitation.issue(organization, "anna@people.example", "viewer", SYSTEM)
    client.force_login(make_member(organization, Role.OWNER))
    client.post(reverse("panel:withdraw_invitation", args=[organization.code, third.pk]))
    assert client.get(reverse("panel:invitation", args=[third_token])).status_code == 410


def test_an_invitation_is_accepted_once_and_lowers_no_role(organization: Organization) -> None:
    user = make_user("anna@people.example")
    invitation, _token = Invitation.issue(organization, user.email, "viewer", SYSTEM)
    make_member(organization, Role.OWNER, user)
    assert invitation.accept(user).role == Role.OWNER
    with pytest.raises(Refused) as caught:
        invitation.accept(user)
    assert caught.value.code == "invitation-lapsed"


def test_nobody_sends_invitations_without_end(
    client: Client, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("panel.models.members.INVITATIONS_AN_HOUR", 2)
    client.force_login(make_member(organization, Role.OWNER))
    statuses = [invite(client, organization, f"a{number}@people.example").status_code for number in range(3)]
    assert statuses == [200, 200, 400]
    assert len(delivered()) == 2


def test_a_member_is_not_invited_again(client: Client, organization: Organization) -> None:
    owner = make_member(organization, Role.OWNER)
    client.force_login(owner)
    response = invite(client, organization, owner.email)
    assert response.status_code == 400
    assert "already a member" in response.content.decode()


def test_an_owner_changes_and_removes_members(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.OWNER))
    other = make_member(organization, Role.VIEWER)
    membership = Membership.objects.get(user=other)
    client.post(reverse("panel:change_member", args=[organization.code, membership.pk]), {"role": "technician"})
    membership.refresh_from_db()
    assert membership.role == Role.TECHNICIAN
    entry = Activity.objects.get(verb="member.changed")
    assert (entry.before, entry.after) == ({"role": "viewer"}, {"role": "technician"})
    client.post(reverse("panel:remove_member", args=[organization.code, membership.pk]))
    assert not Membership.objects.filter(user=other).exists()
    assert User.objects.filter(pk=other.pk).exists()


def test_a_member_of_another_organization_is_out_of_reach(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.OWNER))
    foreign = make_member(make_organization(), Role.VIEWER)
    membership = Membership.objects.get(user=foreign)
    url = reverse("panel:remove_member", args=[organization.code, membership.pk])
    assert client.post(url).status_code == 404
    assert Membership.objects.filter(pk=membership.pk).exists()


def test_the_last_owner_can_neither_go_nor_be_changed(client: Client, organization: Organization) -> None:
    owner = make_member(organization, Role.OWNER)
    membership = Membership.objects.get(user=owner)
    client.force_login(owner)
    for name, data in (("change_member", {"role": "viewer"}), ("remove_member", {})):
        response = client.post(reverse(f"panel:{name}", args=[organization.code, membership.pk]), data, follow=True)
        assert "last owner" in response.content.decode()
    assert "last owner" in client.post(reverse("panel:leave", args=[organization.code]), follow=True).content.decode()
    membership.refresh_from_db()
    assert membership.role == Role.OWNER


def test_a_member_leaves(client: Client, organization: Organization) -> None:
    make_member(organization, Role.OWNER)
    viewer = make_member(organization, Role.VIEWER)
    client.force_login(viewer)
    response = client.post(reverse("panel:leave", args=[organization.code]))
    assert response.headers["Location"] == "/"
    assert not Membership.objects.filter(user=viewer).exists()


def test_contacts_are_addresses(client: Client, organization: Organization) -> None:
    client.force_login(make_member(organization, Role.OWNER))
    url = reverse("panel:organization_settings", args=[organization.code])
    response = client.post(url, {"contacts": "it@people.example\nnobody", "notify": "on"})
    assert response.status_code == 400
    assert "nobody is not an e-mail address" in response.content.decode()
    client.post(url, {"contacts": "IT@people.example, ops@people.example\nit@people.example"})
    organization.refresh_from_db()
    assert organization.contact_addresses == ["it@people.example", "ops@people.example"]
    assert not organization.notify


def opens(token: str) -> bool:
    return Client().get(reverse("panel:invitation", args=[token])).status_code == 200


def test_invitations_end_with_the_membership_of_whoever_invited(organization: Organization) -> None:
    make_member(organization, Role.OWNER)
    leaver = make_member(organization, Role.OWNER)
    _, token = Invitation.issue(organization, "accomplice@people.example", Role.OWNER, leaver)
    assert opens(token)
    organization.remove_member(leaver, actor=SYSTEM)
    assert not opens(token)
    organization.add_member(leaver, Role.OWNER, actor=SYSTEM)
    assert not opens(token), "and do not come back with it"


def test_an_invitation_waits_while_whoever_invited_may_not(organization: Organization) -> None:
    make_member(organization, Role.OWNER)
    make_user(staff=True)
    owner = make_member(organization, Role.OWNER)
    invitation, token = Invitation.issue(organization, "anna@people.example", Role.VIEWER, owner)
    organization.add_member(owner, Role.VIEWER, actor=SYSTEM)
    assert not opens(token)
    for use in (
        lambda: invitation.join(name="Anna", password=PASSWORD),
        lambda: invitation.accept(make_user("anna@people.example")),
    ):
        with pytest.raises(Refused):
            use()
    organization.add_member(owner, Role.OWNER, actor=SYSTEM)
    assert opens(token)
    owner.change(is_active=False, actor=SYSTEM)
    assert not opens(token)


def test_invitations_by_staff_and_the_command_line_stay(organization: Organization) -> None:
    _, by_staff = Invitation.issue(organization, "anna@people.example", Role.VIEWER, make_user(staff=True))
    _, by_command = Invitation.issue(organization, "bo@people.example", Role.VIEWER, SYSTEM)
    assert opens(by_staff)
    assert opens(by_command)
