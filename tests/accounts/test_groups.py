"""Groups and forwarding: what is refused, and their pages."""

from __future__ import annotations

import pytest

from accounts import aliases, forwarding, groups, verbs
from accounts.groups import GroupWish
from accounts.models import Address, EmailAccount, Forwarding, ForwardTarget, GroupMember, MailGroup
from accounts.pasted import AddressesRefused
from accounts.policies import change_policy
from accounts.preview import RowProblem
from panel import once
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill
from tests.accounts.test_once import token_in
from tests.accounts.test_pages import signed_in, url
from tests.factories import make_domain

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(clinic: Clinic) -> list[EmailAccount]:
    """Anna, Jan and Ewa."""
    return fill(clinic, ("anna", "Anna Sowa"), ("jan", "Jan Lis"), ("ewa", "Ewa Kos"))


@pytest.fixture
def team(clinic: Clinic, staff: list[EmailAccount]) -> MailGroup:
    made = groups.create(clinic.service, "team", clinic.domain, GroupWish("Team", "everyone"), by=SYSTEM, owner=False)
    groups.add_members(made, "anna jan", by=SYSTEM)
    return made


def codes(verb: object, *arguments: object, **more: object) -> list[str]:
    assert callable(verb)
    with pytest.raises(Refused) as refused:
        verb(*arguments, **more)
    if isinstance(refused.value, AddressesRefused):
        return [fault.code for fault in refused.value.faults]
    return [refused.value.code]


def forward(account: EmailAccount, *to: str, keep: bool = True) -> list[str]:
    return forwarding.set_forwarding(account, "\n".join(to), keep=keep, by=SYSTEM)


def test_a_group_s_address_is_taken_for_everybody_else(
    clinic: Clinic, team: MailGroup, staff: list[EmailAccount]
) -> None:
    assert codes(aliases.add, staff[0], "team", by=SYSTEM, owner=False) == [RowProblem.ADDRESS_GROUP]
    wish = GroupWish("", "everyone")
    for name, code in (("team", RowProblem.ADDRESS_GROUP), ("anna", RowProblem.ADDRESS_ACCOUNT), ("x", "name-short")):
        assert codes(groups.create, clinic.service, name, clinic.domain, wish, by=SYSTEM, owner=False) == [code]
    assert codes(groups.create, clinic.service, "abuse", clinic.domain, wish, by=SYSTEM, owner=False) == [
        "name-reserved"
    ]


def test_members_are_accounts_and_addresses_outside_each_once(
    clinic: Clinic, team: MailGroup, staff: list[EmailAccount]
) -> None:
    aliases.add(staff[0], "info", by=SYSTEM, owner=False)
    assert groups.add_members(team, "ewa Friend@Outside.example info jan", by=SYSTEM) == [
        "ewa@aurora.example",
        "friend@outside.example",
    ]
    assert team.members.count() == 4
    assert codes(groups.add_members, team, "nobody team a@b@c", by=SYSTEM) == [
        RowProblem.ADDRESS_FORM,
        RowProblem.ADDRESS_UNKNOWN,
        RowProblem.MEMBER_GROUP,
    ]
    change_policy(clinic.service, {"forward_outside": False}, by=SYSTEM)
    assert codes(groups.add_members, team, "pal@outside.example", by=SYSTEM) == [RowProblem.OUTSIDE_FORBIDDEN]


def test_a_reset_account_leaves_its_groups_and_forwards_nothing(team: MailGroup, staff: list[EmailAccount]) -> None:
    forward(staff[0], "friend@outside.example")
    verbs.reset(staff[0], by=SYSTEM)
    assert [str(member) for member in groups.members_of(team)] == ["jan@aurora.example"]
    assert not Forwarding.objects.exists()


def test_a_deleted_group_s_address_is_free(clinic: Clinic, team: MailGroup, staff: list[EmailAccount]) -> None:
    groups.delete(team, by=SYSTEM)
    assert not GroupMember.objects.exists()
    assert aliases.add(staff[0], "team", by=SYSTEM, owner=False) == ["team@aurora.example"]


def test_a_domain_with_groups_is_not_detached(clinic: Clinic) -> None:
    other = make_domain(clinic.service, "borealis.example")
    made = groups.create(clinic.service, "team", other, GroupWish("", "everyone"), by=SYSTEM, owner=False)
    assert codes(other.detach, None) == ["accounts-use-domain"]
    groups.delete(made, by=SYSTEM)
    other.detach(SYSTEM)
    assert not Address.objects.filter(name__name="borealis.example").exists()


def test_named_senders_are_asked_for(team: MailGroup) -> None:
    assert codes(groups.change, team, GroupWish("", "named"), by=SYSTEM) == ["senders-missing"]
    assert codes(groups.change, team, GroupWish("", "named", ["nonsense"]), by=SYSTEM) == [RowProblem.ADDRESS_FORM]
    groups.change(team, GroupWish("", "named", ["Boss@Outside.example"]), by=SYSTEM)
    assert [entry.address for entry in team.named.all()] == ["boss@outside.example"]
    groups.change(team, GroupWish("", "everyone", ["boss@outside.example"]), by=SYSTEM)
    assert not team.named.exists()


def test_forwarding_goes_to_several_and_ends_with_none(staff: list[EmailAccount]) -> None:
    anna = staff[0]
    assert forward(anna, "jan", "Friend@Outside.example", keep=False) == [
        "jan@aurora.example",
        "friend@outside.example",
    ]
    found = forwarding.of_account(anna)
    assert found is not None
    assert (found.keep, [target.outside for target in found.targets.all()]) == (False, [False, True])
    assert forward(anna) == []
    assert forwarding.of_account(anna) is None
    assert Activity.objects.filter(verb="account.forwarding").count() == 2


def test_circles_are_refused(clinic: Clinic, team: MailGroup, staff: list[EmailAccount]) -> None:
    anna, jan, ewa = staff
    aliases.add(anna, "info", by=SYSTEM, owner=False)
    assert codes(forward, anna, "anna") == [RowProblem.FORWARD_SELF]
    assert codes(forward, anna, "info") == [RowProblem.FORWARD_SELF]
    assert codes(forward, anna, "team") == [RowProblem.FORWARD_LOOP], "she is a member"
    forward(jan, "ewa")
    forward(ewa, "info")
    assert codes(forward, anna, "jan") == [RowProblem.FORWARD_LOOP]
    forward(ewa)
    assert forward(anna, "jan")
    assert codes(forward, ewa, "team") == [RowProblem.FORWARD_LOOP], "by way of Jan"


def test_what_cannot_be_forwarded_to(clinic: Clinic, staff: list[EmailAccount]) -> None:
    assert codes(forward, staff[0], "nobody", "a@b@c") == [RowProblem.ADDRESS_FORM, RowProblem.ADDRESS_UNKNOWN]
    assert codes(forward, staff[0], *(f"n{number}@outside.example" for number in range(21))) == ["targets-many"]
    change_policy(clinic.service, {"forward_outside": False}, by=SYSTEM)
    assert codes(forward, staff[0], "friend@outside.example") == [RowProblem.OUTSIDE_FORBIDDEN]
    assert forward(staff[0], "jan")


# The pages


def test_a_group_is_made_filled_changed_and_deleted_by_its_pages(clinic: Clinic, staff: list[EmailAccount]) -> None:
    browser = signed_in(clinic.technician)
    data = {"name": "Team", "domain": "aurora.example", "title": "The team", "senders": "named", "named": "b@c.example"}
    page = browser.post(url("new_group", clinic), data, follow=True).content.decode()
    assert "Add its members" in page
    made = MailGroup.objects.get()
    page = browser.post(
        url("group", clinic, made.pk), {"addresses": "anna; x@outside.example"}, follow=True
    ).content.decode()
    assert "2 members were added." in page
    page = browser.post(url("group", clinic, made.pk), {"addresses": "nobody"}).content.decode()
    assert "nobody@aurora.example: Nobody has this address." in page
    browser.post(url("change_group", clinic, made.pk), {"title": "Us", "senders": "members", "named": ""})
    made.refresh_from_db()
    assert (made.title, made.senders) == ("Us", "members")
    browser.post(url("remove_members", clinic, made.pk), {"member": [made.members.get(account=None).pk]})
    assert made.members.count() == 1
    assert "team@aurora.example" in browser.get(url("groups", clinic)).content.decode()
    page = browser.post(url("delete_group", clinic, made.pk), follow=True).content.decode()
    assert "has been deleted" in page
    assert not MailGroup.objects.exists()


def test_removing_members_twice_is_once_and_says_the_same(clinic: Clinic, team: MailGroup) -> None:
    browser = signed_in(clinic.technician)
    page = browser.get(url("group", clinic, team.pk)).content.decode()
    (jan,) = team.members.filter(account__address_key="jan@aurora.example")
    form = {"member": [jan.pk], once.FIELD: token_in(page)}
    for _press in range(2):
        answer = browser.post(url("remove_members", clinic, team.pk), form, follow=True).content.decode()
        assert "1 member was removed." in answer
        assert "Tick the members to remove." not in answer
    assert Activity.objects.filter(verb="group.members_removed").count() == 1


def test_forwarding_is_set_and_listed_by_its_pages(clinic: Clinic, staff: list[EmailAccount]) -> None:
    anna, jan, _ewa = staff
    browser = signed_in(clinic.technician)
    data = {"addresses": "jan\nfriend@outside.example", "keep": "on"}
    page = browser.post(url("forwarding", clinic, anna.pk), data, follow=True).content.decode()
    assert "It holds from the next message on" in page
    answer = browser.post(url("forwarding", clinic, jan.pk), {"addresses": "anna"})
    assert (answer.status_code, "would come back" in answer.content.decode()) == (400, True)
    listed = browser.get(url("forwards", clinic)).content.decode()
    assert "jan@aurora.example" in listed
    listed = browser.get(url("forwards", clinic) + "?outside=1").content.decode()
    assert "friend@outside.example" in listed
    assert "jan@aurora.example" not in listed
    reader = signed_in(clinic.viewer)
    assert "friend@outside.example" in reader.get(url("forwarding", clinic, anna.pk)).content.decode()
    assert reader.post(url("forwarding", clinic, anna.pk), {"addresses": ""}).status_code == 403
    assert ForwardTarget.objects.count() == 2


def test_another_organization_s_group_is_not_found(clinic: Clinic, team: MailGroup) -> None:
    other = make_clinic(domain="polaris.example")
    browser = signed_in(other.owner)
    assert browser.get(url("group", clinic, team.pk)).status_code == 404
    assert browser.get(url("group", other, team.pk)).status_code == 404


def test_a_detail_behind_the_name_is_the_account_that_has_the_name(
    clinic: Clinic, team: MailGroup, staff: list[EmailAccount]
) -> None:
    anna, jan, ewa = staff
    assert forward(anna, "jan+work@aurora.example") == ["jan+work@aurora.example"]
    assert codes(forward, anna, "anna+x@aurora.example") == [RowProblem.FORWARD_SELF]
    assert codes(forward, jan, "anna+x@aurora.example") == [RowProblem.FORWARD_LOOP]
    assert codes(forward, anna, "nobody+x@aurora.example") == [RowProblem.ADDRESS_UNKNOWN]
    assert codes(forward, jan, "team+x@aurora.example") == [RowProblem.FORWARD_LOOP]
    aliases.add(ewa, "kos", by=SYSTEM, owner=False)
    assert codes(forward, ewa, "kos+x@aurora.example") == [RowProblem.FORWARD_SELF]
    other = groups.create(clinic.service, "other", clinic.domain, GroupWish("", "everyone"), by=SYSTEM, owner=False)
    assert codes(groups.add_members, other, "team+x", by=SYSTEM) == [RowProblem.MEMBER_GROUP]
    change_policy(clinic.service, {"forward_outside": False}, by=SYSTEM)
    forward(ewa, "jan+work@aurora.example")


def test_what_is_forwarded_to_a_domain_that_leaves_the_organization_is_shown_as_going_outside(
    clinic: Clinic, staff: list[EmailAccount]
) -> None:
    domain = make_domain(clinic.service, "leaving.example", target="mx.leaving.example")
    forward(staff[0], "x@leaving.example")
    browser = signed_in(clinic.technician)
    assert "x@leaving.example" not in browser.get(url("forwards", clinic) + "?outside=1").content.decode()
    domain.delete()
    assert "x@leaving.example" in browser.get(url("forwards", clinic) + "?outside=1").content.decode()
    assert [target.leaves for target in forwarding.of_service(clinic.service)] == [True]
    make_domain(clinic.service, "leaving.example", target="mx.leaving.example")
    assert not forwarding.of_service(clinic.service, only_outside=True).exists()
