"""Signing in at an identity provider: who comes in, and above all who does not."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from domains.models import Reading
from domains.providers import deadline
from identities.models import Identity, IdentityProvider
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Invitation, Membership, Organization, Role, User
from tests.factories import make_member, make_organization, make_user
from tests.servers.openid import KEY, OpenIdProvider, private_key

from .conftest import callback_of, come_back, linked, make_provider, sign_in, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("readings_at_once")]


def words(response: Any) -> str:
    found = re.search(r'role="alert">(.*?)</div>', response.content.decode(), re.DOTALL)
    return found[1].strip() if found else ""


def confirmed(client: Client, user: User) -> None:
    """Signed in, and the password typed once more."""
    client.force_login(user)
    client.post("/account/reauthenticate/", {"password": "long enough 1"})


def test_a_linked_member_signs_in(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = linked(provider, make_member(organization, Role.TECHNICIAN))
    openid.claims["email"] = "another@elsewhere.example"  # the address plays no part
    response = sign_in(client, openid, provider)
    assert response.status_code == 302
    assert signed_in(client) == member.pk
    assert client.get("/").status_code == 200
    assert Membership.objects.get(user=member).role == Role.TECHNICIAN
    assert Activity.objects.get(verb="identity.signed_in").actor == member
    assert not Reading.objects.filter(kind="sign-in-exchange").exists()  # nothing of the code is kept


@pytest.mark.parametrize("staff", [False, True])
def test_an_address_links_nobody(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization, staff: bool
) -> None:
    make_member(organization, user=make_user("ann@people.example", staff=staff))
    openid.claims |= {"email_verified": True}
    response = sign_in(client, openid, provider)
    assert response.status_code == 403
    assert "linked to no account" in words(response)
    assert signed_in(client) is None
    assert not Identity.objects.exists()
    assert Activity.objects.get(verb="identity.refused").note == "not-linked"


def test_staff_never_come_in_through_an_organizations_provider(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = linked(provider, make_member(organization))
    User.objects.filter(pk=member.pk).update(is_staff=True)
    response = sign_in(client, openid, provider)
    assert (response.status_code, signed_in(client)) == (403, None)
    assert "staff do not sign in" in words(response)


def test_whoever_belongs_elsewhere_too_does_not_come_in_and_an_open_session_ends(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = linked(provider, make_member(organization))
    sign_in(client, openid, provider)
    assert client.get("/account/password/change/").headers["Location"] == "/you/"  # sets nothing that would outlast it
    make_member(make_organization(), user=member)
    assert client.get("/").headers["Location"] == "/account/login/"
    assert signed_in(client) is None
    assert "several organizations" in words(sign_in(client, openid, provider))
    assert signed_in(client) is None


def test_whoever_left_does_not_come_in(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    make_member(organization)
    member = linked(provider, make_member(organization))
    organization.remove_member(member, actor=SYSTEM)
    assert "not a member" in words(sign_in(client, openid, provider))
    assert signed_in(client) is None


def test_groups_become_roles_and_an_unknown_group_is_refused(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    make_member(organization)
    member = linked(provider, make_member(organization, Role.VIEWER))
    IdentityProvider.objects.update(roles={"admins": "owner", "helpers": "technician"})
    openid.claims["groups"] = ["strangers"]
    assert "None of your groups" in words(sign_in(client, openid, provider))
    assert signed_in(client) is None
    openid.claims["groups"] = ["strangers", "helpers"]
    sign_in(client, openid, provider)
    assert signed_in(client) == member.pk
    assert Membership.objects.get(user=member).role == Role.TECHNICIAN
    assert Activity.objects.get(verb="member.changed").actor_label == "identity provider Aurora Login"


def test_whoever_left_the_groups_is_out_of_open_sessions_too_until_back(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    make_member(organization)
    member = linked(provider, make_member(organization, Role.VIEWER))
    IdentityProvider.objects.update(roles={"helpers": "technician"})
    openid.claims["groups"] = ["helpers"]
    sign_in(client, openid, provider)
    assert client.get("/").status_code == 200
    openid.claims["groups"] = []
    another = Client()
    assert sign_in(another, openid, provider).status_code == 403
    assert client.get("/").headers["Location"] == "/account/login/"
    assert signed_in(client) is None
    openid.claims["groups"] = ["helpers"]
    sign_in(another, openid, provider)
    assert (signed_in(another), another.get("/").status_code) == (member.pk, 200)


def test_two_organizations_at_one_issuer_have_people_of_their_own(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    other = make_organization("cd67890")
    others = make_provider(openid, other)
    member, colleague = linked(provider, make_member(organization)), make_member(other)
    assert "linked to no account" in words(sign_in(client, openid, others))
    linked(others, colleague)  # the same subject, and somebody else here
    sign_in(client, openid, others)
    assert signed_in(client) == colleague.pk
    client.logout()
    sign_in(client, openid, provider)
    assert signed_in(client) == member.pk
    assert client.get("/organizations/cd67890/").status_code == 404
    address = callback_of(Client(), openid, provider)
    assert Client().get(address.replace("ab12345", "cd67890")).status_code == 400


def test_a_subject_that_was_unlinked_can_be_linked_to_another_and_opens_the_old_account_no_more(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member, colleague = linked(provider, make_member(organization)), make_member(organization)
    sign_in(client, openid, provider)
    with pytest.raises(Refused, match="someone else"):
        linked(provider, colleague)
    Identity.objects.get(user=member).unlink(actor=member)
    linked(provider, colleague)
    assert client.get("/").headers["Location"] == "/account/login/"  # not the colleague, and no longer the member
    sign_in(client, openid, provider)
    assert signed_in(client) == colleague.pk


def test_a_provider_that_is_switched_off_signs_nobody_in_and_ends_what_runs(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = linked(provider, make_member(organization))
    sign_in(client, openid, provider)
    assert signed_in(client) == member.pk
    late = Client()
    back = late.get(callback_of(late, openid, provider))  # the worker has asked, and the page has not been seen
    IdentityProvider.objects.update(active=False)
    assert late.get(back.headers["Location"]).status_code == 400
    assert signed_in(late) is None
    assert client.get("/").headers["Location"] == "/account/login/"
    assert client.get(provider.address("go")).status_code == 404
    assert client.get(provider.address("callback")).status_code == 404
    assert client.post("/sign-in/", {"code": "ab12345"}).status_code == 400


def test_an_organizations_provider_makes_nobody_staff_whatever_its_groups_say(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    make_member(organization)
    member = linked(provider, make_member(organization, Role.VIEWER))
    IdentityProvider.objects.update(roles={"panel-staff": "staff", "helpers": "technician"})
    openid.claims["groups"] = ["panel-staff"]
    assert sign_in(client, openid, provider).status_code == 403
    openid.claims["groups"] = ["panel-staff", "helpers"]
    sign_in(client, openid, provider)
    member.refresh_from_db()
    assert (signed_in(client), member.is_staff) == (member.pk, False)
    assert Membership.objects.get(user=member).role == Role.TECHNICIAN


def test_groups_that_only_userinfo_tells_count_and_another_subject_there_does_not(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    make_member(organization)
    member = linked(provider, make_member(organization, Role.VIEWER))
    IdentityProvider.objects.update(roles={"admins": "owner"}, groups_claim="realm_access.roles")
    openid.userinfo = {"sub": "u-2", "realm_access": {"roles": ["admins"]}}
    assert sign_in(client, openid, provider).status_code == 403
    openid.userinfo["sub"] = "u-1"
    sign_in(client, openid, provider)
    assert Membership.objects.get(user=member).role == Role.OWNER


def other_key(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, private_key("another"), algorithm="RS256", headers={"kid": KEY})


def unsigned(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", algorithm="none", headers={"kid": KEY})


def with_the_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, OpenIdProvider.client_secret * 3, algorithm="HS256", headers={"kid": KEY})


def unknown_key(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, private_key(), algorithm="RS256", headers={"kid": "key-2"})


@pytest.mark.parametrize(
    ("wrong", "sign"),
    [
        ({"aud": "another"}, None),
        ({"aud": ["panel", "another"]}, None),
        ({"azp": "another"}, None),
        ({"iss": "http://127.0.0.1:1/other"}, None),
        ({"nonce": "of-another-sign-in"}, None),
        ({"exp": 1_000_000_000}, None),
        ({"iat": int(time.time()) + 86_400}, None),
        ({"sub": ""}, None),
        ({}, other_key),
        ({}, unsigned),
        ({}, with_the_secret),
        ({}, unknown_key),
        ({}, lambda claims: "no.token"),
    ],
)
def test_a_token_that_is_not_right_signs_nobody_in(
    client: Client,
    openid: OpenIdProvider,
    provider: IdentityProvider,
    organization: Organization,
    wrong: dict[str, Any],
    sign: Callable[[dict[str, Any]], str] | None,
) -> None:
    linked(provider, make_member(organization))
    openid.wrong = wrong
    openid.sign = sign or openid.sign
    response = sign_in(client, openid, provider)
    assert (response.status_code, signed_in(client)) == (403, None)
    assert words(response)


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    linked(provider, make_member(organization))
    address = callback_of(client, openid, provider)
    stranger = Client()
    assert stranger.get(address).status_code == 400  # no state of its own: nobody is signed in as somebody else
    assert come_back(client, address).status_code == 302
    assert signed_in(client)
    client.logout()
    assert client.get(address).status_code == 400
    assert client.get("/sign-in/finish/").status_code == 400


def test_an_answer_of_another_provider_is_not_taken(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, operators: IdentityProvider
) -> None:
    address = callback_of(client, openid, provider)
    assert client.get(address.replace(provider.address("callback"), operators.address("callback"))).status_code == 400
    address = callback_of(client, openid, provider)
    assert client.get(address.replace("iss=http", "iss=https")).status_code == 400


def test_a_second_factor_is_asked_for_as_ever(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = linked(provider, make_member(organization))
    TOTP.activate(member, generate_totp_secret())
    response = sign_in(client, openid, provider)
    assert response.headers["Location"].startswith("/account/2fa/authenticate/")
    assert signed_in(client) is None


def test_a_provider_that_drips_keeps_nobody_and_signs_nobody_in(
    client: Client,
    openid: OpenIdProvider,
    provider: IdentityProvider,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    linked(provider, make_member(organization))
    openid.drips = {"/realm/token"}
    left = deadline.left
    monkeypatch.setattr(deadline, "left", lambda most=0.2: min(0.2, left()))
    response = sign_in(client, openid, provider)
    assert (response.status_code, signed_in(client)) == (403, None)
    assert "in time" in words(response)


def test_a_page_waits_while_a_worker_asks(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    from domains import readings

    monkeypatch.setattr(readings, "_wake", lambda pk: None)
    response = client.get(provider.address("go"))
    assert response.status_code == 200
    assert b'id="waiting"' in response.content
    assert not openid.asked  # the request itself asked nobody


def test_only_addresses_that_the_guard_allows_are_asked(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, settings: Any
) -> None:
    settings.ALLOWED_NETWORKS = []
    response = client.get(provider.address("go"))
    assert response.status_code == 502
    assert "private or reserved" in words(response)
    assert not openid.asked


def test_somebody_new_accepts_an_invitation_with_the_provider(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    owner = make_member(organization)
    _invitation, token = Invitation.issue(organization, "new@people.example", Role.VIEWER, owner)
    page = client.get(f"/invitations/{token}/").content.decode()
    assert "Accept with Aurora Login" in page
    onward = client.post(f"/sign-in/organization/ab12345/invitation/{token}/")
    assert onward.headers["Refresh"] == "0; url=/sign-in/organization/ab12345/"
    sign_in(client, openid, provider)
    joined = User.objects.get(email="new@people.example")
    assert signed_in(client) == joined.pk
    assert not joined.has_usable_password()
    assert Membership.objects.get(user=joined).role == Role.VIEWER
    again = Client()
    assert again.post(f"/sign-in/organization/ab12345/invitation/{token}/").status_code == 404


def test_an_invitation_takes_nobody_over(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    owner, known = make_member(organization), make_user("known@people.example")
    _invitation, token = Invitation.issue(organization, known.email, Role.VIEWER, owner)
    client.post(f"/sign-in/organization/ab12345/invitation/{token}/")
    assert sign_in(client, openid, provider).status_code == 403
    assert not Identity.objects.exists()


def test_a_member_links_and_unlinks_on_a_page_of_their_own(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization
) -> None:
    member = make_member(organization, user=make_user(password="long enough 1"))
    confirmed(client, member)
    assert "Aurora Login" in client.get("/you/identities/").content.decode()
    assert client.post(f"/you/identities/{provider.pk}/link/").status_code == 200
    assert sign_in(client, openid, provider).headers["Location"] == "/you/identities/"
    identity = Identity.objects.get(user=member)
    stranger = Client()
    stranger.force_login(make_user())
    assert stranger.post(f"/you/identities/{identity.pk}/unlink/").status_code == 404
    client.post(f"/you/identities/{identity.pk}/unlink/")
    assert list(
        Activity.objects.filter(verb__startswith="identity.").values_list("verb", flat=True).order_by("pk")
    ) == [
        "identity.linked",
        "identity.unlinked",
    ]


def test_linking_asks_for_the_password_again(
    client: Client, provider: IdentityProvider, organization: Organization
) -> None:
    client.force_login(make_member(organization, user=make_user(password="long enough 1")))
    response = client.post(f"/you/identities/{provider.pk}/link/")
    assert response.headers["Location"].startswith("/account/reauthenticate/")


@pytest.mark.parametrize("who", ["staff", "another organization's member", "two organizations' member"])
def test_others_cannot_link_an_organizations_provider(
    client: Client, openid: OpenIdProvider, provider: IdentityProvider, organization: Organization, who: str
) -> None:
    user = make_user(staff=who == "staff", password="long enough 1")
    if who != "another organization's member":
        make_member(organization, user=user)
    if who != "staff":
        make_member(make_organization(), user=user)
    confirmed(client, user)
    started = client.post(f"/you/identities/{provider.pk}/link/")
    if who == "two organizations' member":
        assert sign_in(client, openid, provider).status_code == 403
    else:
        assert started.status_code == 404
    assert not Identity.objects.exists()


# The operator's own provider


def test_the_operators_groups_decide_who_is_staff(
    client: Client, openid: OpenIdProvider, operators: IdentityProvider
) -> None:
    openid.claims["groups"] = ["everybody"]
    assert sign_in(client, openid, operators).status_code == 403
    assert not User.objects.exists()
    openid.claims["groups"] = ["panel-staff"]
    sign_in(client, openid, operators)
    colleague = User.objects.get(email="ann@people.example")
    assert signed_in(client) == colleague.pk
    assert colleague.is_staff
    assert client.get("/staff/organizations/").status_code == 200
    make_user(staff=True)
    client.logout()
    openid.claims["groups"] = []
    assert sign_in(client, openid, operators).status_code == 403
    colleague.refresh_from_db()
    assert not colleague.is_staff  # he is no longer where staff are


def test_the_operators_provider_takes_over_no_account_either(
    client: Client, openid: OpenIdProvider, operators: IdentityProvider
) -> None:
    known = make_user("ann@people.example", staff=True, password="long enough 1")
    openid.claims["groups"] = ["panel-staff"]
    assert "link the identity there" in words(sign_in(client, openid, operators))
    confirmed(client, known)
    client.post(f"/you/identities/{operators.pk}/link/")
    sign_in(client, openid, operators)
    client.logout()
    sign_in(client, openid, operators)
    assert signed_in(client) == known.pk


def test_customers_do_not_come_in_through_the_operators_provider(
    client: Client, openid: OpenIdProvider, operators: IdentityProvider, organization: Organization
) -> None:
    linked(operators, make_member(organization))
    openid.claims["groups"] = ["panel-staff"]
    assert "Only the operator" in words(sign_in(client, openid, operators))
    assert signed_in(client) is None


def test_an_organization_code_leads_to_its_provider(client: Client, provider: IdentityProvider) -> None:
    assert client.post("/sign-in/", {"code": "AB12345"}).headers["Refresh"].endswith("/sign-in/organization/ab12345/")
    assert client.post("/sign-in/", {"code": "zz99999"}).status_code == 400


def test_settings_are_tried_before_they_are_kept(
    client: Client, openid: OpenIdProvider, organization: Organization
) -> None:
    client.force_login(make_member(organization))
    form = {"name": "Login", "client_id": "panel", "client_secret": "s", "groups_claim": "groups", "active": "on"}
    refused = client.post("/organizations/ab12345/sign-in/", {**form, "issuer": openid.issuer + "/"})
    assert refused.status_code == 400  # the description there is of another issuer
    assert client.post("/organizations/ab12345/sign-in/", {**form, "issuer": "http://login.example"}).status_code == 400
    kept = client.post("/organizations/ab12345/sign-in/", {**form, "issuer": openid.issuer, "owner": "a\nb"})
    assert kept.headers["Location"] == "/organizations/ab12345/sign-in/"
    row = IdentityProvider.objects.get()
    assert (row.roles, row.client_secret) == ({"a": "owner", "b": "owner"}, "s")
    assert "s3" not in str(Activity.objects.get(verb="identity_provider.created").after)


def test_another_issuer_unlinks_everybody(openid: OpenIdProvider, organization: Organization) -> None:
    provider = make_provider(openid, organization)
    linked(provider, make_member(organization))
    fields = {name: getattr(provider, name) for name in ("name", "client_id", "groups_claim", "roles", "active")}
    IdentityProvider.configure(
        organization, {**fields, "issuer": "https://other.example", "client_secret": ""}, actor=SYSTEM
    )
    assert not Identity.objects.exists()
    assert IdentityProvider.objects.get().client_secret == openid.client_secret
