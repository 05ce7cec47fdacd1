"""Names below which strangers get names, tokens that strangers cannot publish, and people who look for held names."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from domains import claims
from domains.keys import new_identity
from domains.models import Domain
from domains.names import to_unicode
from domains.suffixes import private_suffix
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, Role
from tests.factories import make_domain, make_member, make_service, make_user

pytestmark = pytest.mark.django_db


def test_a_token_begins_with_an_underscore():
    assert re.fullmatch(r"_[a-z2-9]{12}-check", new_identity().token)


def test_a_name_that_is_published_with_an_older_token_keeps_it():
    domain = make_domain(make_service(), "aurora.example")
    domain.ownership.token = "abcdefgh-check"
    domain.ownership.save()
    domain.remove(SYSTEM)
    again = Domain.attach(domain.service, "aurora.example", mode="authoritative", actor=SYSTEM)
    assert again.ownership.token == "abcdefgh-check"


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("aurora.com", ""),
        ("aurora.co.uk", ""),
        ("github.io", "github.io"),
        ("aurora.github.io", "github.io"),
        ("uk.com", "uk.com"),
        ("mail.aurora.uk.com", "uk.com"),
        ("co.pl", "co.pl"),
        ("aurora.dyndns.org", "dyndns.org"),
        ("aurora.example", ""),
    ],
)
def test_names_that_somebody_hands_out_names_below_are_known(name: str, shared: str):
    assert private_suffix(name) == shared


def test_a_shared_name_itself_is_attached_by_staff_alone():
    service = make_service()
    owner, staff = make_member(service.organization), make_user(staff=True)
    with pytest.raises(Refused) as refused:
        Domain.attach(service, "github.io", mode="authoritative", actor=owner)
    assert refused.value.code == "shared-name"
    assert Domain.attach(service, "github.io", mode="authoritative", actor=staff).pk


def test_below_a_shared_name_a_record_proves_something_in_a_zone_of_its_own_only():
    service = make_service()
    for zone in ("", "github.io", "github.io.", "io."):
        domain = make_domain(service, f"aurora{len(zone)}.github.io", pending=True)
        with pytest.raises(Refused) as refused:
            domain.verify(Domain.Proof.TOKEN, SYSTEM, zone=zone)
        assert refused.value.code == "shared-name"
    delegated = make_domain(service, "aurora.uk.com", pending=True)
    delegated.verify(Domain.Proof.TOKEN, SYSTEM, zone="aurora.uk.com.")
    assert delegated.is_verified
    ordinary = make_domain(service, "mail.aurora.example", pending=True)
    ordinary.verify(Domain.Proof.TOKEN, SYSTEM, zone="aurora.example.")
    assert ordinary.is_verified


def test_the_operators_word_verifies_what_no_record_can():
    domain = make_domain(make_service(), "aurora.github.io", pending=True)
    call_command("verify_domain", domain.service.name, "aurora.github.io")
    domain.refresh_from_db()
    assert (domain.is_verified, domain.proof) == (True, Domain.Proof.OPERATOR)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("xn--pypal-4ve.com", "xn--pypal-4ve.com"),  # a Cyrillic а among Latin letters
        ("xn--w-uga1v8h.example", "żółw.example"),
        ("xn--80aswg.xn--p1ai", "сайт.рф"),
        ("xn--6qqt45j.jp", "xn--6qqt45j.jp"),
        ("xn--bcher-kva7-.example", "xn--bcher-kva7-.example"),
    ],
)
def test_names_that_mix_scripts_are_shown_with_their_a_label(name: str, shown: str):
    if name == "xn--6qqt45j.jp":
        name = "東京タワー".encode("idna").decode() + ".jp"
        shown = "東京タワー.jp"
    assert to_unicode(name) == shown


def test_who_looks_for_names_that_others_hold_is_logged_and_stopped(client: Client, monkeypatch):
    monkeypatch.setattr(claims, "DETECTIONS_AN_HOUR", 3)
    holder, service = make_service(), make_service()
    for number in range(5):
        make_domain(holder, f"held{number}.example")
    client.force_login(make_member(service.organization, Role.TECHNICIAN))
    said = []
    for number in range(5):
        url = reverse("domains:attach_mode", args=[service.name])
        page = client.get(url, {"name": f"held{number}.example", "mode": "authoritative", "next": "1"})
        said.append("Authoritative domain detected" in page.content.decode())
        assert holder.name not in page.content.decode()
    assert said == [True, True, True, False, False]
    assert Activity.objects.filter(verb="domain.detected", organization=service.organization).count() == 5
    free = client.get(url, {"name": "free.example", "mode": "authoritative", "next": "1"})
    assert free.status_code == 302, "names that nobody holds are attached as ever"
