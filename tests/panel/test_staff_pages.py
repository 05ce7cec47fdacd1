"""What staff do: organizations, services, platforms, people."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from panel.actors import SYSTEM
from panel.errors import Refused
from panel.lifecycle import close_ended
from panel.models import Activity, Invitation, Organization, Platform, Service, User, hosts_changed
from tests.factories import (
    make_account,
    make_domain,
    make_member,
    make_organization,
    make_platform,
    make_service,
    make_tenant,
    make_user,
)
from tests.letters import delivered

pytestmark = pytest.mark.django_db

HOSTS = {
    "mx_hosts": "mx1.pro7.mail.example\nmx2.pro7.mail.example",
    "imap_host": "Pro7.Mail.Example.",
    "smtp_host": "pro7.mail.example",
    "webmail_host": "webmail.mail.example",
    "autodiscover_host": "autodiscover.mail.example",
    "verification_host": "verify.mail.example",
    "spf_include": "_spf.mail.example",
    "outbound_addresses": "192.0.2.1\n2001:DB8::1",
}


@pytest.fixture
def staff(client: Client) -> User:
    user = make_user("anna@operator.example", staff=True)
    client.force_login(user)
    return user


def today() -> date:
    return timezone.localdate()


def test_an_organization_is_created_with_its_first_owner_invited(client: Client, staff: User) -> None:
    response = client.post(
        reverse("panel:staff_new_organization"),
        {"code": "ab12345", "name": "Aurora Clinic", "owner": "owner@people.example", "contacts": ""},
    )
    assert response.context["link"].startswith("http://localhost:8000/invitations/")
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.organization.code) == (
        "owner@people.example",
        "owner",
        "ab12345",
    )
    assert delivered()[0].to == ["owner@people.example"]


@pytest.mark.parametrize(("code", "words"), [("ab12345", "another organization"), ("AB-1", "lower-case letters")])
def test_a_code_that_will_not_do_is_refused_beside_the_field(
    code: str, words: str, client: Client, staff: User
) -> None:
    make_organization("ab12345")
    response = client.post(reverse("panel:staff_new_organization"), {"code": code, "name": "Name"})
    assert response.status_code == 400
    assert words in str(response.context["form"].errors["code"])
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("kind", ["organization", "service"])
def test_what_is_suspended_resumed_ended_and_withdrawn(kind: str, client: Client, staff: User) -> None:
    service = make_service(make_organization("ab12345"))
    item = service if kind == "service" else service.organization
    url = reverse(f"panel:staff_{kind}_state", args=[service.name if kind == "service" else "ab12345"])
    client.post(url, {"verb": "suspend"})
    item.refresh_from_db()
    assert item.state == "suspended"
    assert not Service.objects.select_related("organization").get().is_open
    with pytest.raises(Refused):
        Service.objects.get().require_open()
    client.post(url, {"verb": "resume"})
    client.post(url, {"verb": "end", "day": (today() + timedelta(days=30)).isoformat()})
    item.refresh_from_db()
    assert (item.state, item.ends_on) == ("active", today() + timedelta(days=30))
    client.post(url, {"verb": "withdraw"})
    item.refresh_from_db()
    assert item.ends_on is None
    for data in ({"verb": "end", "day": "soon"}, {"verb": "end", "day": "2020-01-01"}, {"verb": "explode"}, {}):
        assert client.post(url, data).status_code == 302
    client.post(url, {"verb": "end", "day": today().isoformat()})
    assert close_ended() == 1
    assert close_ended() == 0
    item.refresh_from_db()
    assert item.state == "ended"
    assert "has ended" in client.post(url, {"verb": "withdraw"}, follow=True).content.decode()
    verbs = Activity.objects.filter(verb__startswith=f"{kind}.").values_list("verb", flat=True)
    assert {f"{kind}.suspended", f"{kind}.resumed", f"{kind}.ending", f"{kind}.ended"} <= set(verbs)


def test_a_service_is_created_with_slots(client: Client, staff: User) -> None:
    make_organization("ab12345")
    platform = make_platform("pro7", is_default=True)
    data = {"organization": "ab12345", "platform": platform.pk, "slots": "12", "display_name": "Head office"}
    response = client.post(reverse("panel:staff_new_service"), data)
    assert response.headers["Location"] == "/services/emailpro-ab12345-1/"
    service = Service.objects.get()
    assert (service.display_name, service.counts.slots, service.account_limit) == ("Head office", 12, None)


def test_more_slots_than_the_limit_make_no_service_at_all(client: Client, staff: User) -> None:
    make_organization("ab12345")
    platform = make_platform("pro7", is_default=True)
    data = {"organization": "ab12345", "platform": platform.pk, "slots": "12", "account_limit": "10"}
    response = client.post(reverse("panel:staff_new_service"), data)
    assert response.status_code == 400
    assert response.context["form"].errors
    assert not Service.objects.exists()


def test_a_service_for_nobody_is_refused(client: Client, staff: User) -> None:
    platform = make_platform()
    make_organization("ended", state="ended")
    for code in ("ended", "none"):
        response = client.post(
            reverse("panel:staff_new_service"), {"organization": code, "platform": platform.pk, "slots": 0}
        )
        assert "no active organization" in str(response.context["form"].errors["organization"])


def test_without_a_platform_one_is_described_first(client: Client, staff: User) -> None:
    response = client.get(reverse("panel:staff_new_service"))
    assert response.headers["Location"] == reverse("panel:staff_new_platform")


def test_a_service_moves_only_while_nothing_is_configured(client: Client, staff: User) -> None:
    service = make_service(make_organization("ab12345"))
    other = make_platform("pro8")
    url = reverse("panel:staff_service", args=[service.name])
    data = {"display_name": "", "platform": other.pk, "account_limit": "5", "renews_on": "2030-01-01"}
    client.post(url, data)
    service.refresh_from_db()
    assert (service.platform, service.account_limit, service.renews_on) == (other, 5, date(2030, 1, 1))
    assert service.name == "emailpro-ab12345-1"
    make_account(make_domain(service))
    response = client.post(url, data | {"platform": make_platform("pro9").pk})
    assert response.status_code == 400
    service.refresh_from_db()
    assert service.platform == other


def test_a_platform_is_created_and_the_first_is_the_default(client: Client, staff: User) -> None:
    client.post(reverse("panel:staff_new_platform"), {"slug": "pro7", "kind": "email_pro", "name": "", **HOSTS})
    platform = Platform.objects.get()
    assert platform.is_default
    assert platform.imap_host == "pro7.mail.example"
    assert platform.mx_hosts == ["mx1.pro7.mail.example", "mx2.pro7.mail.example"]
    assert platform.outbound_addresses == ["192.0.2.1", "2001:db8::1"]
    client.post(reverse("panel:staff_new_platform"), {"slug": "pro8", "kind": "mx_plan", "is_default": "on", **HOSTS})
    assert list(Platform.objects.filter(is_default=True).values_list("slug", flat=True)) == ["pro8"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mx_hosts", "mx1.mail.example\nbad host"),
        ("mx_hosts", ""),
        ("mx_hosts", "192.0.2.1"),
        ("imap_host", "-x.example"),
        ("smtp_host", "localhost"),
        ("webmail_host", "https://webmail.example/"),
        ("verification_host", "a..example"),
        ("autodiscover_host", f"{'a' * 64}.example"),
        ("spf_include", "include:_spf.example"),
        ("outbound_addresses", "192.0.2.0/24"),
        ("outbound_addresses", "mail.example"),
        ("slug", "Pro 7"),
        ("slug", "taken"),
    ],
)
def test_hosts_and_addresses_that_are_none_are_refused(field: str, value: str, client: Client, staff: User) -> None:
    make_platform("taken")
    data = {"slug": "pro7", "kind": "email_pro", **HOSTS, field: value}
    response = client.post(reverse("panel:staff_new_platform"), data)
    assert response.status_code == 400
    assert field in response.context["form"].errors
    assert Platform.objects.count() == 1


def edit(client: Client, platform: Platform, **changes: Any) -> Any:
    data = {"name": platform.name, **HOSTS, **changes}
    return client.post(reverse("panel:staff_platform", args=[platform.slug]), data)


def test_changed_hosts_keep_the_old_ones_until_the_day_that_staff_give(
    client: Client, staff: User, django_capture_on_commit_callbacks: Any
) -> None:
    client.post(reverse("panel:staff_new_platform"), {"slug": "pro7", "kind": "email_pro", **HOSTS})
    platform = Platform.objects.get()
    edit(client, platform, imap_host="new.mail.example", is_default="on")
    platform.refresh_from_db()
    assert platform.imap_host == "new.mail.example"
    assert not platform.previous_hosts  # nobody uses it yet
    make_service(platform=platform)
    response = edit(client, platform, imap_host="pro7.mail.example", is_default="on")
    assert "previous_until" in response.context["form"].errors
    heard: list[Platform] = []
    receiver = lambda platform, **kwargs: heard.append(platform)
    hosts_changed.connect(receiver)
    until = (today() + timedelta(days=30)).isoformat()
    with django_capture_on_commit_callbacks(execute=True):
        edit(client, platform, is_default="on", previous_until=until)
    hosts_changed.disconnect(receiver)
    platform.refresh_from_db()
    assert platform.previous_hosts == {"imap_host": "new.mail.example"}
    assert platform.previous_until == today() + timedelta(days=30)
    assert heard == [platform]
    edit(client, platform, imap_host="third.mail.example", is_default="on", previous_until=until)
    platform.refresh_from_db()
    assert platform.previous_hosts == {"imap_host": "new.mail.example"}
    assert Activity.objects.filter(verb="platform.changed").count() == 3


def test_old_hosts_whose_day_has_passed_give_way_to_the_next(client: Client, staff: User) -> None:
    platform = make_platform(
        "pro7", previous_hosts={"imap_host": "ancient.example"}, previous_until=today() - timedelta(days=1)
    )
    make_service(platform=platform)
    platform.change(imap_host="new.mail.example", previous_until=today() + timedelta(days=9), actor=staff)
    assert platform.previous_hosts == {"imap_host": "pro7.mail.example"}


def test_some_platform_stays_the_default(client: Client, staff: User) -> None:
    platform = make_platform("pro7", is_default=True)
    response = edit(client, platform)
    assert "is_default" in response.context["form"].errors


def test_staff_change_a_user_and_the_last_of_them_stays(client: Client, staff: User) -> None:
    url = reverse("panel:staff_user", args=[staff.pk])
    response = client.post(url, {"name": "Anna", "email": staff.email, "is_active": "on"})
    assert response.status_code == 400
    assert "last member of staff" in response.content.decode()
    user = make_member(make_organization())
    url = reverse("panel:staff_user", args=[user.pk])
    assert client.post(url, {"email": staff.email, "is_active": "on"}).status_code == 400
    client.post(url, {"name": "Jan", "email": "Jan@People.example"})
    user.refresh_from_db()
    assert (user.name, user.email, user.is_active) == ("Jan", "jan@people.example", False)
    entry = Activity.objects.get(verb="user.changed")
    assert entry.after == {"name": "Jan", "email": "jan@people.example", "is_active": False}


def test_the_system_page_says_what_runs_and_what_to_mind(client: Client, staff: User) -> None:
    page = client.get(reverse("panel:staff_system")).content.decode()
    assert "does not work" in page
    assert "EMAIL_URL" in page
    assert "Django" in page


def test_suspended_services_say_so_on_every_tab(client: Client) -> None:
    service = make_service(make_organization("ab12345"))
    client.force_login(make_member(service.organization))
    service.suspend(actor=SYSTEM)
    for name in ("panel:service", "panel:activity", "diagnostics:domains", "accounts:list"):
        assert "This service is suspended" in client.get(reverse(name, args=[service.name])).content.decode()


def test_the_operator_sets_name_logo_support_and_billing(client: Client, settings: Any) -> None:
    settings.PANEL_NAME = "Aurora Mail"
    settings.SUPPORT_URL = "https://support.example/"
    settings.BILLING_URL = "https://billing.example/"
    (settings.VAR_DIR / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    settings.PANEL_LOGO = "logo.svg"
    page = client.get("/account/login/").content.decode()
    for text in ("Aurora Mail", "https://support.example/", "https://billing.example/", 'src="/logo"'):
        assert text in page
    response = client.get("/logo")
    assert response.headers["Content-Type"] == "image/svg+xml"
    settings.PANEL_LOGO = "../../etc/passwd"
    assert client.get("/logo").status_code == 404
    settings.PANEL_LOGO = "env"
    assert client.get("/logo").status_code == 404


def test_a_new_service_finds_its_organization_by_typing(client: Client) -> None:
    client.force_login(make_user(staff=True))
    platform = make_platform()
    aurora = make_organization("aurora", name="Aurora Clinic")
    for code in ("twin1", "twin2"):
        make_organization(code, name="Twin & Sons")
    make_organization("closed", name="Aurora closed", state="suspended")

    offered = client.get("/staff/organization-names/?organization=auro").content.decode()
    assert offered.strip() == '<option value="aurora">Aurora Clinic (aurora)</option>'
    twins = client.post("/staff/new/service/", {"organization": "twin & sons", "platform": platform.pk})
    assert "type the code" in twins.content.decode()
    none = client.post("/staff/new/service/", {"organization": "closed", "platform": platform.pk})
    assert "no active organization" in none.content.decode()
    made = client.post("/staff/new/service/", {"organization": "aurora clinic", "platform": platform.pk})
    assert made.status_code == 302
    assert aurora.services.count() == 1


def test_people_are_found_by_staff_and_by_members_among_their_own(client: Client) -> None:
    tenant, other = make_tenant(), make_tenant()
    page = f"/find/?q={tenant.viewer.email}"
    client.force_login(make_user(staff=True))
    assert f"/staff/users/{tenant.viewer.pk}/" in client.get(page).content.decode()
    client.force_login(tenant.owner)
    assert f"/organizations/{tenant.organization.code}/?q=" in client.get(page).content.decode()
    client.force_login(other.owner)
    assert "/organizations/" not in client.get(page).content.decode().partition("<main")[2].partition("</main")[0]
