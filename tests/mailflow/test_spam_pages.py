"""What a domain wants done about spam: the page, the rules of its lists, the scripts made of them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from domains.models import Domain
from mailflow import filtering, spam
from mailflow.models import ListedSender, Machine, SpamFilter
from mailflow.rendering.sieve import LESSONS, OCTETS, learn_program
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Role
from tests.factories import Tenant, make_listed_sender, make_member, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant()


@pytest.fixture
def browser(tenant: Tenant, client: Client) -> Client:
    client.force_login(make_member(tenant.organization, Role.TECHNICIAN))
    return client


def page_of(domain: Domain) -> str:
    return reverse("mailflow:spam", args=[domain.service.name, domain.name.name])


def test_the_page_claims_no_filter_where_none_runs(tenant: Tenant, browser: Client) -> None:
    page = browser.get(page_of(tenant.domain)).text
    assert "No spam filter runs here" in page
    assert 'name="threshold"' not in page
    Machine.objects.create(name="mx1", platform=tenant.platform, filters_spam=True)
    page = browser.get(page_of(tenant.domain)).text
    assert 'name="threshold"' in page
    assert len(re.findall(r'<input type="radio" [^>]*class="form-check-input"', page)) == 5
    assert page.count("<legend") == 2


def test_action_and_threshold_are_set_and_written_down(tenant: Tenant, browser: Client) -> None:
    Machine.objects.create(name="mx1", platform=tenant.platform, filters_spam=True)
    for _again in range(2):
        data = {"action": "identify", "threshold": "9"}
        assert "next message" in browser.post(page_of(tenant.domain), data, follow=True).text
    assert (stored := SpamFilter.objects.get()).action == "identify"
    assert stored.threshold == 9
    entry = Activity.objects.get(verb="domain.spam")
    assert (entry.before, entry.after) == (
        {"action": "move", "threshold": 6},
        {"action": "identify", "threshold": 9},
    )
    for threshold in ("0", "31", "many"):
        answer = browser.post(page_of(tenant.domain), {"action": "move", "threshold": threshold})
        assert answer.status_code == 400
    assert SpamFilter.objects.get().threshold == 9


def test_senders_are_listed_change_sides_and_are_forgotten(tenant: Tenant, browser: Client) -> None:
    url = page_of(tenant.domain)
    browser.post(url, {"sender": " Offer@Shop.EXAMPLE ", "kind": "block"})
    browser.post(url, {"sender": "offer@shop.example", "kind": "allow"})
    listed = ListedSender.objects.get()
    assert (listed.sender, listed.kind) == ("offer@shop.example", "allow")
    assert "offer@shop.example" in browser.get(url).text
    forget = reverse("mailflow:spam_forget", args=[tenant.service.name, tenant.domain.name.name, listed.pk])
    assert "not on the list any more" in browser.post(forget, follow=True).text
    assert not ListedSender.objects.exists()
    verbs = Activity.objects.filter(verb__startswith="domain.sender").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["domain.sender_listed", "domain.sender_listed", "domain.sender_forgotten"]


def test_an_entry_of_another_domain_is_not_found(tenant: Tenant, browser: Client) -> None:
    foreign = make_listed_sender(make_tenant().domain)
    forget = reverse("mailflow:spam_forget", args=[tenant.service.name, tenant.domain.name.name, foreign.pk])
    assert browser.post(forget).status_code == 404
    assert ListedSender.objects.filter(pk=foreign.pk).exists()


@pytest.mark.parametrize("text", ["", "@", "a b@shop.example", "a@b@shop.example", "*", "*.example", 'x"@', "żółw@"])
def test_what_is_no_sender_is_refused(tenant: Tenant, text: str) -> None:
    with pytest.raises(Refused):
        filtering.list_sender(tenant.domain, text, "block", by=SYSTEM)


def test_names_are_kept_as_servers_write_them() -> None:
    assert filtering.cleaned("Żółw.example") == "xn--w-uga1v8h.example"
    assert filtering.cleaned("@shop.example") == "shop.example"
    assert filtering.cleaned("A.B@Shop.example.") == "a.b@shop.example"


def test_a_list_has_an_end(tenant: Tenant) -> None:
    domain = tenant.domain
    rows = [ListedSender(domain=domain, kind="block", sender=f"n{number}.example") for number in range(1000)]
    ListedSender.objects.bulk_create(rows)
    with pytest.raises(Refused, match="at most 1000"):
        filtering.list_sender(domain, "one-more.example", "block", by=SYSTEM)
    filtering.list_sender(domain, "n1.example", "allow", by=SYSTEM)


def test_nothing_of_a_sender_gets_out_of_its_string() -> None:
    text = spam.script("move", 3, allowed=['a"]{}b\\@shop.example'], blocked=["shop.example"])
    assert r'"a\"]{}b\\@shop.example"' in text
    assert '"***"' in text
    assert '"*.shop.example"' in text
    assert spam.script("none", 3, blocked=["shop.example"]) == "keep;\n"


def test_what_waits_to_be_learned_is_bounded(tmp_path: Path) -> None:
    lessons = tmp_path / "lessons"
    lessons.mkdir()
    program = tmp_path / "learn"
    program.write_text(learn_program(lessons))

    def learn(message: bytes) -> None:
        subprocess.run(["sh", str(program), "spam", "jan@aurora.example"], input=message, check=True)

    learn(b"x" * (OCTETS + 1000))
    (kept,) = lessons.iterdir()
    assert kept.name.startswith("spam.")
    assert kept.read_bytes() == b"jan@aurora.example\n" + b"x" * OCTETS
    for number in range(LESSONS - 1):
        (lessons / f"ham.{number}").touch()
    learn(b"one too many" * 100_000)
    assert len(list(lessons.iterdir())) == LESSONS
