"""A customer's beginning and end in letters: the first owner's welcome, contacts by default, reminders."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from panel.actors import SYSTEM
from panel.models import Contact, Invitation, Letter, Organization, Service
from panel.reminders import due, remind
from tests.factories import make_domain, make_member, make_organization, make_service

pytestmark = pytest.mark.django_db


def accept(client: Client, organization: Organization, role: str = "owner", email: str = "anna@people.example") -> str:
    """Where whoever accepts as somebody new lands."""
    _invitation, token = Invitation.issue(organization, email, role, SYSTEM)
    sent = client.post(
        reverse("panel:invitation", args=[token]),
        {"name": "Anna", "password": "quite long and odd 7", "again": "quite long and odd 7"},
    )
    assert sent.status_code == 302, sent.content.decode()
    return sent.headers["Location"]


def letters(kind: str) -> list[tuple[str, str]]:
    return list(Letter.objects.filter(kind=kind).order_by("pk").values_list("recipient", "subject"))


def test_the_first_owner_is_welcomed_at_acceptance_and_lands_on_add_domain(client: Client) -> None:
    service = make_service()
    make_service(make_organization())
    assert letters("service_created") == []

    landed = accept(client, service.organization)

    assert landed == reverse("domains:attach", args=[service.name])
    assert letters("service_created") == [("anna@people.example", f"Your service {service.name} is ready")]
    page = client.get(landed).content.decode()
    assert "we write to anna@people.example when a domain needs attention" in page


def test_a_second_owner_has_missed_no_letter(client: Client) -> None:
    service = make_service()
    make_member(service.organization)
    make_domain(service)

    landed = accept(client, service.organization)

    assert landed == reverse("panel:organization", args=[service.organization.code])
    assert letters("service_created") == []


def test_an_owner_is_a_contact_by_default_others_are_not(client: Client) -> None:
    organization = make_organization()
    accept(client, organization)
    accept(Client(), organization, "technician", "bo@people.example")

    contact = Contact.objects.get(organization=organization)
    assert contact.email == "anna@people.example"
    assert contact in Contact.told(organization)


def test_a_full_list_of_contacts_stays_as_it_is(client: Client) -> None:
    organization = make_organization(contacts=[f"c{number}@people.example" for number in range(Contact.AT_MOST)])
    accept(client, organization)

    assert organization.contacts.count() == Contact.AT_MOST


@pytest.mark.parametrize(
    ("left", "days"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, None), (-1, None)]
)
def test_which_reminder_is_due(left: int, days: int | None) -> None:
    today = timezone.localdate()
    assert due(today + timedelta(days=left), today) == days


def test_owners_and_contacts_are_reminded_once_for_each_of_the_days() -> None:
    today = timezone.localdate()
    organization = make_organization(contacts=["books@people.example"])
    owner = make_member(organization)
    Contact.by_default(organization, owner.email)
    service = make_service(organization, renews_on=today + timedelta(days=7))
    ending = make_service(organization, renews_on=today + timedelta(days=20), ends_on=today + timedelta(days=1))
    make_service(organization, renews_on=today + timedelta(days=40))
    make_service(organization, renews_on=today + timedelta(days=7), state=Service.State.SUSPENDED)

    assert remind() == 2
    remind()

    renews = f"The service {service.name} renews in 7 days"
    assert letters("service_renews") == [(owner.email, renews), ("books@people.example", renews)]
    ends = f"The service {ending.name} ends tomorrow"
    assert letters("service_ends") == [(owner.email, ends), ("books@people.example", ends)]
    Service.objects.filter(pk=service.pk).update(renews_on=today + timedelta(days=1))
    remind()
    assert len(letters("service_renews")) == 4
    assert not django_mail.outbox  # letters are rows; workers send them
