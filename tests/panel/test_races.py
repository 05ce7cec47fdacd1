"""Rules that hold when two do something at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Invitation, Membership, Organization, Role, Service, User
from tests.factories import make_member, make_organization, make_platform, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*verbs: Callable[[], Any]) -> list[Any]:
    """What each returned, or how it was refused, all started together."""
    barrier = threading.Barrier(len(verbs))
    faults: list[BaseException] = []
    results: list[Any] = [None] * len(verbs)

    def run(index: int, verb: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results[index] = verb()
        except Refused as refusal:
            results[index] = refusal
        except BaseException as fault:  # noqa: BLE001 - raised again below, in the test's own thread
            faults.append(fault)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return results


def test_two_owners_who_remove_each_other_leave_one() -> None:
    organization = make_organization()
    first, second = make_member(organization, Role.OWNER), make_member(organization, Role.OWNER)
    results = at_once(
        lambda: Organization.objects.get(pk=organization.pk).remove_member(first, actor=second),
        lambda: Organization.objects.get(pk=organization.pk).remove_member(second, actor=first),
    )
    assert Membership.objects.filter(organization=organization, role=Role.OWNER).count() == 1
    assert sum(isinstance(result, Refused) for result in results) == 1


def test_an_invitation_opened_twice_is_accepted_once() -> None:
    organization, user = make_organization(), make_user("anna@people.example")
    invitation, _token = Invitation.issue(organization, user.email, "viewer", SYSTEM)
    results = at_once(*[lambda: Invitation.objects.get(pk=invitation.pk).accept(user)] * 4)
    assert sum(isinstance(result, Membership) for result in results) == 1
    assert Membership.objects.count() == 1


def test_a_form_sent_twice_makes_one_user() -> None:
    invitation, _token = Invitation.issue(make_organization(), "anna@people.example", "viewer", SYSTEM)
    join = lambda: Invitation.objects.get(pk=invitation.pk).join(name="Anna", password="quite long and odd 7")
    results = at_once(*[join] * 4)
    assert sum(isinstance(result, User) for result in results) == 1
    assert (User.objects.count(), Membership.objects.count()) == (1, 1)


def test_services_made_at_once_get_a_number_each() -> None:
    organization, platform = make_organization("ab12345"), make_platform()
    at_once(*[lambda: Service.create(organization, platform)] * 6)
    numbers = sorted(Service.objects.values_list("number", flat=True))
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_the_last_two_of_staff_cannot_both_be_blocked() -> None:
    first, second = make_user(staff=True), make_user(staff=True)
    at_once(
        lambda: User.objects.get(pk=first.pk).change(is_active=False, actor=second),
        lambda: User.objects.get(pk=second.pk).change(is_active=False, actor=first),
    )
    assert User.objects.filter(is_staff=True, is_active=True).count() == 1
