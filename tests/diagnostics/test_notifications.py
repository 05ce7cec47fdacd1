"""People are told once per real change, and never of a flap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from diagnostics.models import Check, CheckRun, DigestWait
from diagnostics.notifications import tell_people
from domains.models import Domain
from panel import outbox
from panel.actors import SYSTEM
from panel.models import Contact, Letter, Organization
from tests.factories import make_check, make_domain, make_organization, make_service, make_user
from tests.letters import delivered

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organization("ab12345", contacts=["dns@people.example", "boss@people.example"])


@pytest.fixture
def domain(organization: Organization) -> Domain:
    return make_domain(make_service(organization), "shop.example")


def saw(domain: Domain, status: str, *, kind: str = "MX", looks: int = 2, **fields: Any) -> Check:
    """So many looks in a row say this of the check."""
    first = timezone.now()
    known = Check.objects.filter(domain=domain, kind=kind).first()
    changed = first if known is None or known.status != status else known.changed_at
    check = make_check(domain, kind, status, changed_at=changed, **fields)
    last: datetime = changed + timedelta(seconds=30 * (looks - 1))
    CheckRun.objects.update_or_create(
        domain=domain,
        defaults={"organization": domain.service.organization, "next_at": first, "checked_at": last},
    )
    return check


def test_contacts_get_one_digest_when_checks_stay_red_for_two_looks(domain: Domain) -> None:
    saw(domain, "missing", looks=1)
    assert tell_people() == 0
    saw(domain, "missing")
    saw(domain, "wrong", kind="SPF", reason="spf-several", facts={"count": 2})
    assert tell_people() == 1
    letter, another = delivered()
    assert (letter.to, another.to) == (["dns@people.example"], ["boss@people.example"])
    assert "2 DNS checks turned red" in letter.subject
    assert "There are several SPF records (2)" in letter.body
    assert "http://localhost:8000/services/emailpro-ab12345-1/domains/shop.example/checks/MX/" in letter.body
    assert tell_people() == 0


def test_they_are_told_when_it_recovers(domain: Domain) -> None:
    saw(domain, "missing")
    tell_people()
    saw(domain, "ok", looks=1)
    assert tell_people() == 0
    saw(domain, "ok")
    assert tell_people() == 1
    assert "OK again" in delivered()[-1].subject
    assert tell_people() == 0


def test_a_flap_tells_nobody(domain: Domain) -> None:
    for status in ("missing", "ok", "missing", "ok"):
        saw(domain, status, looks=1)
        assert tell_people() == 0
    saw(domain, "missing")
    assert tell_people() == 1
    for status in ("ok", "missing", "unknown", "missing"):
        saw(domain, status, looks=1)
        assert tell_people() == 0


@pytest.mark.parametrize(
    "fields",
    [{"level": "recommended"}, {"status": "unknown"}, {"status": "propagating"}, {"stale_since": timezone.now()}],
)
def test_what_is_not_red_for_certain_tells_nobody(domain: Domain, fields: dict[str, Any]) -> None:
    saw(domain, **{"status": "missing", **fields})
    assert tell_people() == 0


def test_an_organization_that_switched_it_off_or_has_no_contacts_gets_none_and_no_backlog_later(
    domain: Domain, organization: Organization
) -> None:
    Organization.objects.update(notify=False)
    saw(domain, "missing")
    assert tell_people() == 0
    Organization.objects.update(notify=True)
    assert tell_people() == 0
    assert not delivered()


def test_a_domain_whose_right_is_not_proven_yet_tells_nobody(organization: Organization) -> None:
    saw(make_domain(make_service(organization), "new.example", pending=True), "missing")
    assert tell_people() == 0


def test_beyond_the_quota_a_digest_waits_and_loses_nothing(
    domain: Domain, organization: Organization, settings: Any
) -> None:
    boss = make_user(staff=True)
    saw(domain, "missing")
    settings.MAIL_QUOTA = 1
    waits = []
    for _ in range(4):
        assert tell_people() == 0
        wait = DigestWait.objects.get()
        waits.append(round((wait.until - timezone.now()).total_seconds() / 60))
        assert tell_people() == 0
        assert DigestWait.objects.get().until == wait.until
        DigestWait.objects.update(until=timezone.now())
    assert waits == [5, 10, 20, 40]
    assert [letter.to for letter in delivered()] == [[boss.email]]  # told of the quota, once
    settings.MAIL_QUOTA = 2
    assert tell_people() == 1
    assert not DigestWait.objects.exists()
    assert tell_people() == 0


def test_a_worker_that_dies_while_it_writes_loses_no_news_and_repeats_none(
    domain: Domain, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    saw(domain, "missing")
    post, posted = outbox.post, []

    def dies_at_the_second(*args: Any, **kwargs: Any) -> Letter:
        posted.append(args)
        if len(posted) == 2:
            raise KeyboardInterrupt
        return post(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr("panel.outbox.post", dies_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            tell_people()
    assert not Letter.objects.exists()
    assert Check.objects.get().told_red_at is None
    assert tell_people() == 1
    assert sorted(letter.to[0] for letter in delivered()) == ["boss@people.example", "dns@people.example"]


def test_only_contacts_who_confirmed_and_did_not_unsubscribe_are_told(
    domain: Domain, organization: Organization
) -> None:
    organization.change(contacts=["dns@people.example", "boss@people.example", "new@people.example"], actor=SYSTEM)
    organization.contacts.get(email="boss@people.example").unsubscribe()
    saw(domain, "missing")
    tell_people()
    assert [letter.to for letter in delivered() if "turned red" in letter.subject] == [["dns@people.example"]]


def test_a_digest_can_be_unsubscribed_from_with_one_click(domain: Domain, organization: Organization) -> None:
    saw(domain, "missing")
    tell_people()
    letter = delivered()[0].message()
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = str(letter["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost:8000")
    assert address in delivered()[0].body
    stranger = Client(enforce_csrf_checks=True)
    assert "Unsubscribe" in stranger.get(address).content.decode()
    assert Contact.told(organization).count() == 2  # whoever only opens the link changes nothing
    assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert [contact.email for contact in Contact.told(organization)] == ["boss@people.example"]


def test_one_whose_digest_waits_keeps_nobody_else_waiting(domain: Domain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("diagnostics.notifications.BATCH", 1)
    saw(domain, "missing")
    DigestWait.failed(domain.service.organization, timezone.now())
    other = make_organization(contacts=["other@people.example"])
    saw(make_domain(make_service(other)), "missing")
    assert tell_people() == 1
    assert delivered()[0].to == ["other@people.example"]


@pytest.mark.parametrize("contact", ["żółw@people.example", "a@b\nc"])
def test_a_contact_that_no_mail_can_be_written_to_stops_no_other_digest(domain: Domain, contact: str) -> None:
    Contact.objects.filter(email="dns@people.example").update(email=contact)
    saw(domain, "missing")
    other = make_organization(contacts=["other@people.example"])
    saw(make_domain(make_service(other)), "missing")
    assert tell_people() == 2
    assert {letter.to[0] for letter in delivered()} >= {"boss@people.example", "other@people.example"}
