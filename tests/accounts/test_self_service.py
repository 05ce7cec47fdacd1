"""Self-service of a mailbox's owner: signing in, what ends a session, and what its pages do."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import app_passwords, verbs
from accounts.app_passwords import AT_MOST
from accounts.hashing import hash_password, verify
from accounts.mailbox import sessions
from accounts.mailbox.menu import MENU
from accounts.models import AppPassword, EmailAccount, Forwarding, InboxRule, MailboxSession, OwnScript, PasswordPolicy
from accounts.policies import change_policy
from domains.models import Domain
from mailflow.models import Block, DeviceUse, Failure
from mailflow.tasks import forget_devices
from panel.actors import SYSTEM
from panel.models import Activity, Organization, Service
from tests.factories import make_account, make_domain, make_inbox_rule, make_organization, make_service, make_user
from tests.mailflow.conftest import mailbox_of

pytestmark = pytest.mark.django_db

PASSWORD, OTHER = "Correct-horse-9", "Battery-staple-8"
HASH = hash_password(PASSWORD)
HOME, SIGN_IN = "/mailbox/", "/mailbox/sign-in/"


@pytest.fixture
def domain() -> Domain:
    return make_domain(make_service(make_organization()), "aurora.example")


def account_at(domain: Domain, name: str) -> EmailAccount:
    account = make_account(domain, name, password_hash=HASH)
    account.set_keys(f"{name}@{domain}")
    account.save()
    return account


@pytest.fixture
def jan(domain: Domain) -> EmailAccount:
    return account_at(domain, "jan")


def sign_in(client: Client, address: str = "jan@aurora.example", password: str = PASSWORD, **said: Any) -> Any:
    return client.post(SIGN_IN, {"address": address, "password": password}, **said)


@pytest.fixture
def owner(jan: EmailAccount, client: Client) -> Client:
    assert sign_in(client).headers["Location"] == HOME
    return client


def mark_of(account: EmailAccount) -> str:
    assert account.mailbox_id is not None
    return account.mailbox_id.hex


def is_in(client: Client) -> bool:
    return bool(client.get(HOME).status_code == 200)


def test_the_cookie_is_its_own_and_the_database_holds_its_digest(owner: Client) -> None:
    cookie = owner.cookies[sessions.COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/mailbox/", True, "Lax")
    assert cookie.value not in str(list(MailboxSession.objects.values()))
    assert "sessionid" not in owner.cookies
    assert owner.get(HOME).headers["Cache-Control"].count("no-store") == 1


@pytest.mark.parametrize(
    "typed", [" Jan@Aurora.Example ", "JAN@AURORA.EXAMPLE", "jan@aurora.example.", "jan@xn--aurora.example"]
)
def test_an_address_is_taken_as_people_type_it(jan: EmailAccount, client: Client, typed: str) -> None:
    assert (sign_in(client, typed).status_code == 302) is ("xn--" not in typed)


@pytest.mark.parametrize("typed", ["ewa@aurora.example", "jan", "@", "jan@", "jan@aurora.example*phone", "", "a\x01@b"])
def test_whoever_is_nobody_hears_the_same_as_with_a_wrong_password(
    jan: EmailAccount, client: Client, typed: str
) -> None:
    page = sign_in(client, typed)
    assert page.status_code == 200
    assert ("open no mailbox here" in page.content.decode()) is bool(typed)
    assert "open no mailbox here" in sign_in(client, password="wrong").content.decode()
    assert sessions.COOKIE not in client.cookies


def test_an_app_password_signs_nobody_in_here(jan: EmailAccount, client: Client) -> None:
    _made, secret = app_passwords.create(jan, "phone", seed="a" * 24, by=SYSTEM)
    assert sign_in(client, password=secret).status_code == 200
    assert sign_in(client, "jan@aurora.example*phone", secret).status_code == 200


def suspended_account(jan: EmailAccount) -> None:
    verbs.suspend(jan, by=SYSTEM)


def suspended_service(jan: EmailAccount) -> None:
    Service.objects.update(state=Service.State.SUSPENDED)


def suspended_organization(jan: EmailAccount) -> None:
    Organization.objects.update(state=Organization.State.SUSPENDED)


def released_domain(jan: EmailAccount) -> None:
    assert jan.domain is not None
    jan.domain.release(make_user(staff=True))


def other_password(jan: EmailAccount) -> None:
    verbs.set_password(jan, hash_password(OTHER), by=SYSTEM)


def reset(jan: EmailAccount) -> None:
    verbs.reset(jan, by=SYSTEM)


def too_old(jan: EmailAccount) -> None:
    MailboxSession.objects.update(expires_at=timezone.now())


CLOSERS = [suspended_account, suspended_service, suspended_organization, released_domain, other_password, reset]


@pytest.mark.parametrize("closed", [*CLOSERS, too_old])
def test_what_closes_the_mailbox_ends_its_sessions(jan: EmailAccount, owner: Client, closed: Any) -> None:
    assert is_in(owner)
    closed(jan)
    answer = owner.get("/mailbox/forwarding/")
    assert answer.headers["Location"] == SIGN_IN + "?next=%2Fmailbox%2Fforwarding%2F&ended=1"
    assert "Your session has ended" in owner.get(answer.headers["Location"]).content.decode()
    assert owner.post("/mailbox/forwarding/", {"mailbox": mark_of(jan)} if jan.mailbox_id else {}).status_code == 302
    assert not Forwarding.objects.exists()
    if closed is not too_old:
        assert sign_in(Client()).status_code == 200
    sessions.forget()
    assert MailboxSession.objects.exists() is (closed not in {reset, too_old})


def test_an_address_that_another_account_gets_is_not_opened_by_the_old_session(
    jan: EmailAccount, owner: Client, domain: Domain
) -> None:
    verbs.reset(jan, by=SYSTEM)
    account_at(domain, "jan")
    assert not is_in(owner)


def test_sign_out_ends_this_session_and_no_other(jan: EmailAccount, owner: Client) -> None:
    other = Client()
    sign_in(other)
    old = owner.cookies[sessions.COOKIE].value
    assert owner.post("/mailbox/sign-out/").headers["Location"] == SIGN_IN
    assert is_in(other)
    owner.cookies[sessions.COOKIE] = old
    assert not is_in(owner)
    assert owner.get("/mailbox/sign-out/").status_code == 405


def test_a_session_of_the_panel_and_one_of_a_mailbox_open_nothing_of_each_other(
    jan: EmailAccount, owner: Client
) -> None:
    staff = Client()
    staff.force_login(make_user(staff=True))
    for entry in MENU:
        assert staff.get(reverse(entry.name)).headers["Location"].startswith(SIGN_IN)
    assert owner.get(reverse("panel:services")).headers["Location"].startswith("/account/login/")
    page = reverse("accounts:account", args=[jan.service.name, jan.pk])
    assert owner.get(page).headers["Location"].startswith("/account/login/")
    owner.force_login(make_user(staff=True))  # both in one browser: each page shows one of them
    shown = owner.get(HOME).content.decode()
    assert "Sign out" in shown
    assert reverse("panel:organizations") not in shown


def test_next_leads_nowhere_else(jan: EmailAccount, client: Client) -> None:
    for to in ("https://evil.example/", "//evil.example/mailbox/", "/services/", "/mailbox/../services/"):
        answer = client.post(SIGN_IN, {"address": "jan@aurora.example", "password": PASSWORD, "next": to})
        assert answer.headers["Location"] == HOME, to
    answer = client.post(SIGN_IN, {"address": "jan@aurora.example", "password": PASSWORD, "next": "/mailbox/settings/"})
    assert answer.headers["Location"] == "/mailbox/settings/"


def test_wrong_passwords_lock_as_in_the_mail_flow(jan: EmailAccount, client: Client) -> None:
    change_policy(jan.service, {"lockout_threshold": 3}, by=SYSTEM)
    for _try in range(3):
        assert sign_in(client, password="wrong").status_code == 200
    locked = sign_in(client)
    assert locked.status_code == 403
    assert "too many wrong passwords" in locked.content.decode()
    block = Block.objects.get()
    assert (block.kind, block.network) == ("passwords", "127.0.0.0/24")
    assert sign_in(client, REMOTE_ADDR="192.0.2.1").status_code == 302  # another network is not locked
    Block.objects.update(until=timezone.now())
    Failure.objects.filter(network="127.0.0.0/24").update(first_at=timezone.now() - timedelta(hours=1))
    assert sign_in(client).status_code == 302
    assert not Failure.objects.get(network="127.0.0.0/24").failures


def test_what_the_mail_servers_have_locked_is_locked_here(jan: EmailAccount, client: Client) -> None:
    now = timezone.now()
    mailbox = mailbox_of(jan)
    Block.objects.create(mailbox=mailbox, kind="passwords", network="*", since=now, until=now + timedelta(minutes=9))
    assert sign_in(client).status_code == 302  # that stood for everybody, under another policy
    change_policy(jan.service, {"lockout_everybody": True}, by=SYSTEM)
    assert sign_in(Client()).status_code == 403


def test_a_network_that_is_known_waits_but_is_not_shut_out(jan: EmailAccount, client: Client) -> None:
    change_policy(jan.service, {"lockout_threshold": 2}, by=SYSTEM)
    sign_in(client)
    for _try in range(2):
        assert sign_in(Client(), password="wrong").status_code == 200
    assert not Block.objects.exists()
    assert sign_in(Client()).status_code == 302
    assert not Failure.objects.get().failures


def test_one_address_may_not_try_without_end(jan: EmailAccount, client: Client) -> None:
    answers = [sign_in(client, "nobody@aurora.example").status_code for _try in range(32)]
    assert answers == [200] * 30 + [429] * 2


def change(client: Client, account: EmailAccount, current: str, new: str, again: str | None = None) -> Any:
    wish = {"mailbox": mark_of(account), "current": current, "password": new, "again": new if again is None else again}
    return client.post("/mailbox/password/", wish)


def test_another_password_ends_all_other_sessions(jan: EmailAccount, owner: Client) -> None:
    other = Client()
    sign_in(other)
    assert "This is not the current password" in change(owner, jan, "wrong", OTHER).content.decode()
    assert "differ" in change(owner, jan, PASSWORD, OTHER, "else").content.decode()
    assert "At least one digit" in change(owner, jan, PASSWORD, "Without-digit").content.decode()
    assert change(owner, jan, PASSWORD, OTHER).headers["Location"] == HOME
    jan.refresh_from_db()
    assert verify(jan.password_hash, OTHER)
    assert is_in(owner)
    assert not is_in(other)
    entry = Activity.objects.get(verb="account.password")
    assert (entry.actor_label, entry.target) == ("jan@aurora.example", "jan@aurora.example")
    again = change(owner, jan, PASSWORD, OTHER)  # the second of two clicks
    assert again.headers["Location"] == HOME
    assert Activity.objects.filter(verb="account.password").count() == 1


def test_tries_at_the_current_password_count_as_at_sign_in(jan: EmailAccount, owner: Client) -> None:
    change_policy(jan.service, {"lockout_threshold": 3, "lockout_everybody": True}, by=SYSTEM)
    for _try in range(3):
        change(owner, jan, "wrong", OTHER)
    assert "too many wrong passwords" in change(owner, jan, PASSWORD, OTHER).content.decode()
    jan.refresh_from_db()
    assert verify(jan.password_hash, PASSWORD)


def test_history_and_minimum_age_hold_for_the_owner(jan: EmailAccount, owner: Client) -> None:
    change_policy(jan.service, {"history": 2}, by=SYSTEM)
    assert "used before" in change(owner, jan, PASSWORD, PASSWORD).content.decode()
    assert change(owner, jan, PASSWORD, OTHER).status_code == 302
    assert "used before" in change(owner, jan, OTHER, PASSWORD).content.decode()
    change_policy(jan.service, {"min_age": 2}, by=SYSTEM)
    page = change(owner, jan, OTHER, "Third-secret-3").content.decode()
    assert "lets you choose another password from" in page
    jan.refresh_from_db()
    assert verify(jan.password_hash, OTHER)
    EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=2))
    jan.refresh_from_db()
    assert change(owner, jan, OTHER, "Third-secret-3").status_code == 302


@pytest.mark.parametrize("why", ["expired", "must_change"])
def test_until_it_is_changed_nothing_else_opens(jan: EmailAccount, owner: Client, why: str) -> None:
    change_policy(jan.service, {"max_age": 30, "min_age": 20, "change_first": True}, by=SYSTEM)
    if why == "expired":
        EmailAccount.objects.update(password_at=timezone.now() - timedelta(days=31))
        PasswordPolicy.objects.update(expires_from=None)
    else:
        EmailAccount.objects.update(password_at=timezone.now(), must_change=True)
    for entry in MENU[1:]:
        assert owner.get(reverse(entry.name)).headers["Location"] == "/mailbox/password/"
    assert "stay closed" in owner.get("/mailbox/password/").content.decode() or why == "must_change"
    jan.refresh_from_db()
    assert change(owner, jan, PASSWORD, OTHER).headers["Location"] == HOME
    assert is_in(owner)


def test_a_secret_is_shown_once_and_a_form_sent_twice_makes_one(jan: EmailAccount, owner: Client) -> None:
    page = owner.get("/mailbox/app-passwords/")
    wish = {"mailbox": mark_of(jan), "name": "Phone", "seed": page.context["form"].initial["seed"]}
    made = owner.post("/mailbox/app-passwords/", wish)
    secret = made.context["made"]["secret"]
    assert "jan@aurora.example*phone" in made.content.decode()
    assert owner.post("/mailbox/app-passwords/", wish).context["made"]["secret"] == secret
    row = AppPassword.objects.get()
    assert verify(row.password_hash, secret)
    DeviceUse.objects.create(number=row.pk, used_at=timezone.now(), network="192.0.2.0/24")
    shown = owner.get("/mailbox/app-passwords/").content.decode()
    assert secret not in shown
    assert "192.0.2.0/24" in shown
    assert "192.0.2.0/24" in owner.get("/mailbox/sign-ins/").content.decode()
    for _click in range(2):
        answer = owner.post("/mailbox/app-passwords/revoke/", {"mailbox": mark_of(jan), "device": row.pk})
        assert answer.status_code == 302
    assert not AppPassword.objects.exists()
    assert owner.post("/mailbox/app-passwords/revoke/", {"mailbox": mark_of(jan), "device": "x"}).status_code == 302


def test_when_a_device_was_used_is_forgotten_with_it(jan: EmailAccount) -> None:
    kept, _secret = app_passwords.create(jan, "phone", seed="a" * 24, by=SYSTEM)
    lost, _secret = app_passwords.create(jan, "laptop", seed="b" * 24, by=SYSTEM)
    for row in (kept, lost):
        DeviceUse.objects.create(number=row.pk, used_at=timezone.now(), network="192.0.2.0/24")
    app_passwords.revoke(jan, lost.pk, by=SYSTEM)
    assert [forget_devices(), forget_devices()] == [1, 0]
    assert list(DeviceUse.objects.values_list("number", flat=True)) == [kept.pk]


def test_nobody_revokes_the_device_of_another(jan: EmailAccount, owner: Client, domain: Domain) -> None:
    made, _secret = app_passwords.create(account_at(domain, "ewa"), "phone", seed="a" * 24, by=SYSTEM)
    owner.post("/mailbox/app-passwords/revoke/", {"mailbox": mark_of(jan), "device": made.pk})
    assert AppPassword.objects.exists()


def test_forwarding_keeps_to_the_policy(jan: EmailAccount, owner: Client, domain: Domain) -> None:
    account_at(domain, "ewa")
    wish = {"mailbox": mark_of(jan), "addresses": "ewa@aurora.example out@outside.example", "keep": "on"}
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    page = owner.post("/mailbox/forwarding/", wish)
    assert page.status_code == 400
    assert "out@outside.example" in page.content.decode()
    assert not Forwarding.objects.exists()
    change_policy(jan.service, {"forward_outside": True}, by=SYSTEM)
    assert owner.post("/mailbox/forwarding/", wish).status_code == 302
    assert {str(target) for target in Forwarding.objects.get().targets.all()} == set(wish["addresses"].split())
    assert Activity.objects.get(verb="account.forwarding").actor_label == "jan@aurora.example"


def test_a_page_about_another_mailbox_changes_nothing(jan: EmailAccount, owner: Client, domain: Domain) -> None:
    """The browser signed in to another mailbox in a second tab."""
    account_at(domain, "ewa")
    sign_in(owner, "ewa@aurora.example")
    page = owner.post("/mailbox/forwarding/", {"mailbox": mark_of(jan), "addresses": "a@outside.example"})
    assert page.status_code == 409
    assert "You are signed in as <strong>ewa@aurora.example" in page.content.decode()
    assert owner.post("/mailbox/forwarding/", {"addresses": "a@outside.example"}).status_code == 409
    assert not Forwarding.objects.exists()


def test_its_pages_ask_the_database_no_more_however_much_there_is(jan: EmailAccount, owner: Client) -> None:
    pages = [HOME, *(reverse(entry.name) for entry in MENU)]

    def queries() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                assert owner.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    app_passwords.create(jan, "first", seed="a" * 24, by=SYSTEM)
    few = queries()
    AppPassword.objects.bulk_create(
        AppPassword(account=jan, name=f"d{number}", password_hash="x") for number in range(AT_MOST - 1)
    )
    now = timezone.now()
    Failure.objects.bulk_create(
        Failure(mailbox=mailbox_of(jan), network=f"192.0.{number}.0/24", last_at=now, failures=1)
        for number in range(40)
    )
    assert queries() == few
    assert max(few) <= 8


def test_a_form_from_before_the_last_sign_in_leads_back_to_its_page(jan: EmailAccount) -> None:
    browser = Client(enforce_csrf_checks=True)

    def token_at(page: str) -> str:
        return str(browser.get(page).context["csrf_token"])

    wish = {"address": "jan@aurora.example", "password": PASSWORD}
    assert browser.post(SIGN_IN, wish | {"csrfmiddlewaretoken": token_at(SIGN_IN)}).status_code == 302
    old = token_at("/mailbox/forwarding/")
    assert browser.post(SIGN_IN, wish | {"csrfmiddlewaretoken": token_at(SIGN_IN)}).status_code == 302  # another tab
    sent = {"csrfmiddlewaretoken": old, "mailbox": mark_of(jan), "addresses": "a@outside.example"}
    from_here = {"origin": "http://testserver", "referer": "http://testserver/mailbox/forwarding/"}
    answer = browser.post("/mailbox/forwarding/", sent, headers=from_here)
    assert answer.headers["Location"] == "/mailbox/forwarding/"
    assert "out of date" in browser.get("/mailbox/forwarding/").content.decode()
    assert not Forwarding.objects.exists()


def test_the_owner_has_rules_and_nobody_elses(jan: EmailAccount, owner: Client, domain: Domain) -> None:
    mine, other = make_inbox_rule(jan), make_inbox_rule(account_at(domain, "ewa"))
    for name in ("rules", "new_rule", "auto_reply"):
        assert mark_of(jan) in owner.get(reverse(f"mailbox:{name}")).content.decode(), name
    for name in ("move_rule", "switch_rule", "delete_rule", "rule"):
        assert owner.post(reverse(f"mailbox:{name}", args=[other.pk]), {"mailbox": mark_of(jan)}).status_code == 404
    gone = reverse("mailbox:delete_rule", args=[mine.pk])
    assert owner.post(gone).status_code == 409
    assert owner.post(gone, {"mailbox": mark_of(jan)}).headers["Location"] == reverse("mailbox:rules")
    assert list(InboxRule.objects.all()) == [other]
    assert Activity.objects.filter(actor_label="jan@aurora.example").exists()


def rule_typed(jan: EmailAccount, page: str) -> dict[str, str]:
    [token] = re.findall(r'name="once" value="([^"]+)"', page)
    condition = {"condition-0-subject": "subject", "condition-0-comparison": "contains", "condition-0-value": "invoice"}
    action = {"action-0-deed": "move", "action-0-value": "Bills"}
    return {"mailbox": mark_of(jan), "once": token, "name": "Bills", "match_any": "all", **condition, **action}


def test_a_rule_that_is_sent_twice_is_one(jan: EmailAccount, owner: Client) -> None:
    address = reverse("mailbox:new_rule")
    form = rule_typed(jan, owner.get(address).content.decode())
    for _time in range(2):
        answer = owner.post(address, form, follow=True)
        assert "Saved. It holds from the next message on." in answer.content.decode()
    assert InboxRule.objects.count() == 1
    again = rule_typed(jan, owner.get(address).content.decode())
    assert owner.post(address, again).status_code == 302
    assert InboxRule.objects.count() == 2


def test_a_form_of_another_session_is_another_one(jan: EmailAccount, owner: Client) -> None:
    address = reverse("mailbox:new_rule")
    form = rule_typed(jan, owner.get(address).content.decode())
    owner.post(address, form)
    another = Client()
    sign_in(another)
    another.post(address, form)
    assert InboxRule.objects.count() == 2


def test_the_pages_of_rules_speak_to_the_owner(jan: EmailAccount, owner: Client) -> None:
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    make_inbox_rule(jan)
    script = OwnScript.objects.create(account=jan, active=True, changed_at=jan.changed_at)
    for active in (True, False):
        OwnScript.objects.filter(pk=script.pk).update(active=active)
        page = owner.get(reverse("mailbox:rules")).content.decode()
        assert "mailbox&#x27;s person" not in page.replace("'", "&#x27;")
        assert "Your script" in page
    form = rule_typed(jan, owner.get(reverse("mailbox:new_rule")).content.decode())
    outward = form | {"action-0-deed": "forward", "action-0-value": "x@outside.example"}
    answers = [owner.get(reverse(f"mailbox:{name}")) for name in ("rules", "new_rule", "auto_reply", "forwarding")]
    answers.append(owner.post(reverse("mailbox:new_rule"), outward))
    answers.append(owner.post("/mailbox/forwarding/", {"mailbox": mark_of(jan), "addresses": "x@outside.example"}))
    for answer in answers:
        assert "security policy of this service" not in answer.content.decode()
    assert not Forwarding.objects.exists()
    assert InboxRule.objects.count() == 1
