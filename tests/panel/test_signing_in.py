"""Signing in: password, reset, second factor, limits; nobody learns who has an account."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client, RequestFactory
from django.urls import reverse

from panel import devices, links
from panel.actors import SYSTEM
from panel.models import Activity, Letter, User
from tests.factories import make_user
from tests.letters import delivered

pytestmark = pytest.mark.django_db

PASSWORD = "quite long and odd 7"
LOGIN = "/account/login/"


@pytest.fixture
def anna() -> User:
    return make_user("anna@people.example", password=PASSWORD)


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": email, "password": password})


def signed_in(client: Client) -> bool:
    return client.get("/you/").status_code == 200


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def test_the_address_may_be_typed_in_any_case(client: Client, anna: User) -> None:
    assert sign_in(client, "Anna@People.Example").headers["Location"] == "/"
    assert signed_in(client)


def test_a_user_is_stored_in_lower_case_and_once(anna: User) -> None:
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("ANNA@people.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        User(email="Jan@people.example").save()


def test_the_checks_of_the_project_have_nothing_to_say() -> None:
    from django.core.checks import run_checks

    assert not [str(message) for message in run_checks() if message.id and message.id.startswith("auth.")]


def test_wrong_passwords_and_unknown_people_look_alike(client: Client, anna: User) -> None:
    def words(email: str) -> str:
        page = sign_in(client, email, "wrong").content.decode()
        page = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken[^}]*', "", page)
        return page.replace(email, "")

    assert words("anna@people.example") == words("nobody@people.example")


def test_a_reset_says_the_same_to_everyone_and_mails_only_who_exists(client: Client, anna: User) -> None:
    url = reverse("account_reset_password")
    for email in ("nobody@people.example", anna.email):
        assert client.post(url, {"email": email}).headers["Location"] == reverse("account_reset_password_done")
    (message,) = delivered()
    assert message.to == [anna.email]
    link = re.search(r"http://localhost:8000(/account/password/reset/key/\S+)", str(message.body))
    assert link
    response = client.get(link[1], follow=True)
    form = response.redirect_chain[-1][0]
    response = client.post(form, {"password1": "another odd one 8", "password2": "another odd one 8"})
    anna.refresh_from_db()
    assert anna.check_password("another odd one 8")
    assert Activity.objects.get(verb="user.password_changed").actor == anna
    assert not signed_in(client)
    assert "This link no longer works" in Client().get(link[1], follow=True).content.decode()


def test_links_in_mail_lead_to_the_public_address_whatever_the_host_header_says(
    client: Client, anna: User, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://panel.example"
    settings.ALLOWED_HOSTS = ["*"]
    client.post(reverse("account_reset_password"), {"email": anna.email}, headers={"Host": "evil.example"})
    assert "https://panel.example/account/password/reset/key/" in delivered()[0].body
    assert "evil" not in f"{delivered()[0].subject}{delivered()[0].body}"


def test_no_request_waits_for_a_mail_server(client: Client, anna: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: Any, **kwargs: Any) -> int:
        pytest.fail("a request talks to a mail server")

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    response = client.post(reverse("account_reset_password"), {"email": anna.email})
    assert response.headers["Location"] == reverse("account_reset_password_done")
    assert Letter.objects.get().recipient == anna.email


def test_nobody_signs_up(client: Client) -> None:
    url = reverse("account_signup")
    data = {"email": "new@people.example", "password1": PASSWORD, "password2": PASSWORD}
    assert "invitation" in client.get(url).content.decode()
    client.post(url, data)
    assert not User.objects.exists()


def test_nobody_changes_the_own_address(client: Client, anna: User) -> None:
    client.force_login(anna)
    client.post("/account/email/", {"email": "boss@people.example", "action_add": ""})
    assert not delivered()
    assert client.get("/account/email/").headers["Location"] == "/you/"
    anna.refresh_from_db()
    assert anna.email == "anna@people.example"


def test_a_blocked_user_does_not_sign_in(client: Client, anna: User) -> None:
    make_user(staff=True)
    anna.change(is_active=False, actor=SYSTEM)
    sign_in(client, anna.email)
    assert not signed_in(client)


def test_a_session_ends_when_its_user_is_blocked(client: Client, anna: User) -> None:
    make_user(staff=True)
    sign_in(client, anna.email)
    assert signed_in(client)
    anna.change(is_active=False, actor=SYSTEM)
    assert not signed_in(client)


def test_an_old_address_signs_in_no_more(client: Client, anna: User) -> None:
    sign_in(client, anna.email)
    anna.change(email="Anna.Kowalska@people.example", actor=SYSTEM)
    old, new = Client(), Client()
    sign_in(old, "anna@people.example")
    sign_in(new, "anna.kowalska@people.example")
    assert (signed_in(old), signed_in(new)) == (False, True)


SLOWED = "Too many wrong passwords"


def guess(anna: User, times: int, address: str = "198.51.100.66") -> str:
    """Somebody elsewhere guesses. Returns the last page."""
    for _try in range(times):
        page = sign_in(Client(REMOTE_ADDR=address), anna.email, "wrong").content.decode()
    return page


def test_guessing_is_slowed_down_and_the_right_password_waits_too(client: Client, anna: User) -> None:
    for _try in range(5):
        sign_in(client, anna.email, "wrong")
    assert SLOWED in sign_in(client, anna.email).content.decode()
    assert not signed_in(client)


def test_guessing_is_slowed_down_for_the_neighbourhood_only(anna: User) -> None:
    """A stranger who guesses keeps nobody out but his neighbours; all of a /64 are one."""
    guess(anna, 3, "198.51.100.66")
    assert SLOWED in guess(anna, 3, "198.51.100.201")
    guess(anna, 3, "2001:db8:1:2::1")
    assert SLOWED in guess(anna, 3, "2001:db8:1:2:ffff::1")
    person = Client(REMOTE_ADDR="192.0.2.7")
    sign_in(person, anna.email)
    assert signed_in(person)


def test_the_right_password_uses_up_nothing(client: Client, anna: User) -> None:
    for _time in range(8):
        person = Client()
        sign_in(person, anna.email)
        assert signed_in(person)


def test_a_browser_of_old_is_let_in_whatever_others_guess(client: Client, anna: User) -> None:
    sign_in(client, anna.email)
    client.post(reverse("account_logout"))
    assert SLOWED in guess(anna, 6, "127.0.0.1"), "from the very same address"
    sign_in(client, anna.email)
    assert signed_in(client)


def test_a_browser_of_old_may_not_guess_without_end_and_is_forgotten_with_the_password(client, anna) -> None:
    sign_in(client, anna.email)
    client.post(reverse("account_logout"))
    for _try in range(5):
        sign_in(client, anna.email, "wrong")
    assert SLOWED in sign_in(client, anna.email).content.decode()
    request = RequestFactory().get("/")
    request.COOKIES = {"device": client.cookies["device"].value}
    assert devices.known(request, anna)
    assert not devices.known(request, make_user())
    anna.set_password("another one")
    assert not devices.known(request, anna)


def test_guessing_from_everywhere_ends_and_a_reset_lets_the_person_in(client: Client, anna: User) -> None:
    for number in range(25):
        guess(anna, 4, f"198.51.{number}.1")
    assert SLOWED in sign_in(client, anna.email).content.decode()
    reset = client.get(urlsplit(links.password_link(anna)).path, follow=True)
    client.post(reset.request["PATH_INFO"], {"password1": "green grass grows", "password2": "green grass grows"})
    sign_in(client, anna.email, "green grass grows")
    assert signed_in(client)


def test_the_person_is_told_once_a_day(anna: User) -> None:
    guess(anna, 8)
    guess(anna, 8, "203.0.113.1")
    assert [(message.to, message.subject) for message in delivered()] == [
        ([anna.email], "Someone is trying to sign in to configureme as you")
    ]


def test_guessing_is_slowed_down_for_the_caller(client: Client) -> None:
    statuses = [sign_in(client, f"user{number}@people.example").status_code for number in range(20)]
    assert SLOWED in sign_in(client, "one.more@people.example").content.decode()
    assert set(statuses) == {200}


def test_an_app_is_asked_for_its_code_after_the_password(client: Client, anna: User) -> None:
    secret = generate_totp_secret()
    TOTP.activate(anna, secret)
    response = sign_in(client, anna.email)
    assert response.headers["Location"] == reverse("mfa_authenticate")
    assert not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not signed_in(client)
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert signed_in(client)


def test_a_recovery_code_works_once_and_is_recorded(client: Client, anna: User) -> None:
    TOTP.activate(anna, generate_totp_secret())
    code = RecoveryCodes.activate(anna).get_unused_codes()[0]
    sign_in(client, anna.email)
    client.post(reverse("mfa_authenticate"), {"code": code})
    assert signed_in(client)
    assert Activity.objects.get(verb="user.recovery_code_used").target == anna.email
    again = Client()
    sign_in(again, anna.email)
    again.post(reverse("mfa_authenticate"), {"code": code})
    assert not signed_in(again)


def test_setting_up_an_app_asks_for_the_password_first(
    client: Client, anna: User, django_capture_on_commit_callbacks: Any
) -> None:
    client.force_login(anna)
    assert client.get(reverse("mfa_activate_totp")).headers["Location"].startswith("/account/reauthenticate/")
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    assert "data:image/svg+xml" in page.content.decode()
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    assert Authenticator.objects.filter(user=anna, type="totp").exists()
    assert Activity.objects.filter(verb="user.second_factor_added", target=anna.email).exists()
    assert delivered()[-1].to == [anna.email]


def test_staff_may_be_required_to_have_a_second_factor(client: Client, settings: Any) -> None:
    client.force_login(make_user(staff=True))
    assert client.get("/").status_code == 200
    settings.STAFF_NEED_SECOND_FACTOR = True
    assert client.get("/").headers["Location"] == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.get("/guide/").status_code == 200
    member = Client()
    member.force_login(make_user())
    assert member.get("/").status_code == 200
    guarded = make_user(staff=True)
    TOTP.activate(guarded, generate_totp_secret())
    client.force_login(guarded)
    assert client.get("/").status_code == 200


def test_a_link_from_staff_lets_somebody_without_a_password_in(client: Client) -> None:
    client.force_login(make_user(staff=True))
    response = client.post(reverse("panel:staff_new_user"), {"name": "Jan", "email": "jan@operator.example"})
    link = response.context["link"].removeprefix("http://localhost:8000")
    guest = Client()
    form = guest.get(link, follow=True).redirect_chain[-1][0]
    guest.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    sign_in(guest, "jan@operator.example")
    assert signed_in(guest)
    assert User.objects.get(email="jan@operator.example").is_staff
