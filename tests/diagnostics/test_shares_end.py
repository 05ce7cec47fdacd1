"""A link to a domain's changes ends with the membership of whoever made it."""

from __future__ import annotations

import pytest

from diagnostics.models import Share
from panel.actors import SYSTEM
from panel.models import Role
from tests.factories import make_domain, make_member, make_organization, make_service, make_share, make_user

pytestmark = pytest.mark.django_db


def opens(share: Share) -> bool:
    return Share.of_token(share.token) is not None


def test_a_link_ends_with_the_membership_of_whoever_made_it() -> None:
    organization = make_organization()
    make_member(organization, Role.OWNER)
    technician = make_member(organization, Role.TECHNICIAN)
    domain = make_domain(make_service(organization))
    share, other = make_share(domain, created_by=technician), make_share(domain)
    assert opens(share)
    organization.remove_member(technician, actor=SYSTEM)
    assert not opens(share)
    share.refresh_from_db()
    assert not share.is_open, "and is listed so"
    organization.add_member(technician, Role.OWNER, actor=SYSTEM)
    assert not opens(share)
    assert opens(other)


def test_membership_elsewhere_keeps_no_link() -> None:
    stranger = make_member(make_organization(), Role.OWNER)
    assert not opens(make_share(make_domain(make_service()), created_by=stranger))


def test_links_of_staff_work_while_they_may_sign_in() -> None:
    make_user(staff=True)
    staff = make_user(staff=True)
    share = make_share(make_domain(make_service()), created_by=staff)
    assert opens(share)
    staff.change(is_active=False, actor=SYSTEM)
    assert not opens(share)
