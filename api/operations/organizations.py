"""Organizations and their people."""

from typing import Annotated

from django.core.validators import validate_email
from django.http import Http404
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Path

from panel import links, mail
from panel.models import Invitation, Membership, Organization, Platform, User
from panel.provisioning import add_member

from ..access import invitation_of, organization_of, organizations_of, require_staff
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, AfterText, Limit, Page, page_of
from ..schemas.base import NO_NUL, Id, Note
from ..schemas.panel import (
    EndWish,
    InvitationOut,
    MemberOut,
    NewMember,
    NewMemberOut,
    NewOrganization,
    OpenInvitation,
    OrganizationChange,
    OrganizationOut,
    PlatformOut,
    RoleWish,
)

CodeInPath = Annotated[str, Path(max_length=32, pattern=NO_NUL, description="Code of the organization.")]
READ, WRITE = "organizations:read", "organizations:write"
ONE = "/organizations/{code}"


@operation("GET", "/organizations", scope=READ, response=Page[OrganizationOut])
def list_organizations(request: Asked, after: AfterText = "", limit: Limit = LIMIT) -> Page[OrganizationOut]:
    """Organizations that the token reaches, by code."""
    rows = organizations_of(request.auth).prefetch_related("contacts")
    return page_of(request, rows, OrganizationOut.of, key="code", after=after, limit=limit)


@operation("POST", "/organizations", scope=WRITE, response=OrganizationOut, status=201, staff=True)
def create_organization(request: Asked, wish: NewOrganization) -> Reply:
    """Create an organization."""
    made = Organization.create(wish.code, wish.name, actor=request.auth, contacts=wish.contacts)
    where = reverse("api:api_v1:get_organization", args=[made.code])
    return Reply(OrganizationOut.of(made), status=201, location=where)


@operation("GET", ONE, scope=READ, response=OrganizationOut)
def get_organization(request: Asked, code: CodeInPath) -> OrganizationOut:
    """One organization."""
    return OrganizationOut.of(organization_of(request.auth, code))


@operation("PATCH", ONE, scope=WRITE, response=OrganizationOut)
def change_organization(request: Asked, code: CodeInPath, wish: OrganizationChange) -> OrganizationOut:
    """Change contacts, notices or (staff) the name."""
    found = organization_of(request.auth, code)
    fields = {name: value for name, value in wish.model_dump(exclude_unset=True).items() if value is not None}
    if "name" in fields:
        require_staff(request.auth)
    found.change(actor=request.auth, **fields)
    return OrganizationOut.of(found)


@operation("POST", f"{ONE}/suspend", scope=WRITE, response=OrganizationOut, staff=True)
def suspend_organization(request: Asked, code: CodeInPath) -> OrganizationOut:
    """Suspend an organization.

    Its services can be read and not changed.
    """
    found = organization_of(request.auth, code)
    found.suspend(actor=request.auth)
    return OrganizationOut.of(found)


@operation("POST", f"{ONE}/unsuspend", scope=WRITE, response=OrganizationOut, staff=True)
def unsuspend_organization(request: Asked, code: CodeInPath) -> OrganizationOut:
    """Make a suspended organization active again."""
    found = organization_of(request.auth, code)
    found.resume(actor=request.auth)
    return OrganizationOut.of(found)


@operation("POST", f"{ONE}/terminate", scope=WRITE, response=OrganizationOut, staff=True)
def terminate_organization(request: Asked, code: CodeInPath, wish: EndWish) -> OrganizationOut:
    """End an organization, now or on a day."""
    found = organization_of(request.auth, code)
    if wish.on is None:
        found.end(actor=request.auth)
    else:
        found.end_on(wish.on, actor=request.auth)
    return OrganizationOut.of(found)


@operation("GET", f"{ONE}/members", scope=READ, response=Page[MemberOut])
def list_members(request: Asked, code: CodeInPath, after: AfterText = "", limit: Limit = LIMIT) -> Page[MemberOut]:
    """Members of an organization, by address."""
    rows = Membership.objects.filter(organization=organization_of(request.auth, code)).select_related("user")
    return page_of(request, rows, MemberOut.of, key="user__email", after=after, limit=limit)


@operation("POST", f"{ONE}/members", scope=WRITE, response=NewMemberOut, staff=True)
def add_a_member(request: Asked, code: CodeInPath, wish: NewMember) -> NewMemberOut:
    """Make a person a member at once, or change the member's role."""
    found = organization_of(request.auth, code)
    membership, link = add_member(found, wish.email, wish.role, actor=request.auth)
    return NewMemberOut(email=membership.user.email, role=wish.role, link=link or None)


@operation("POST", f"{ONE}/invitations", scope=WRITE, response=InvitationOut, status=201)
def invite_a_member(request: Asked, code: CodeInPath, wish: NewMember) -> InvitationOut:
    """Invite a person by mail to become a member."""
    found = organization_of(request.auth, code)
    validate_email(wish.email.strip())
    invitation, secret = Invitation.issue(found, wish.email, wish.role, request.auth)
    link, language = links.page("panel:invitation", secret), get_language() or ""
    mail.invitation(invitation, link, language=language)
    return InvitationOut(email=invitation.email, role=wish.role, expires_at=invitation.expires_at)


@operation("DELETE", f"{ONE}/members/{{email}}", scope=WRITE, response=Note)
def remove_member(
    request: Asked, code: CodeInPath, email: Annotated[str, Path(max_length=254, pattern=NO_NUL)]
) -> Note:
    """End a membership; never the last owner's."""
    found = organization_of(request.auth, code)
    user = User.objects.of_email(email)
    if user is None or not found.memberships.filter(user=user).exists():
        raise Http404
    found.remove_member(user, actor=request.auth)
    return Note(done=_("%(email)s is no longer a member.") % {"email": user.email})


@operation("GET", "/platforms", scope="services:read", response=Page[PlatformOut], staff=True)
def list_platforms(request: Asked, after: AfterText = "", limit: Limit = LIMIT) -> Page[PlatformOut]:
    """Platforms that a service can live on."""
    return page_of(request, Platform.objects.all(), PlatformOut.of, key="slug", after=after, limit=limit)


@operation("PATCH", f"{ONE}/members/{{email}}", scope=WRITE, response=MemberOut)
def change_member(
    request: Asked, code: CodeInPath, email: Annotated[str, Path(max_length=254, pattern=NO_NUL)], wish: RoleWish
) -> MemberOut:
    """Change a member's role; never the last owner's."""
    found = organization_of(request.auth, code)
    membership = found.memberships.select_related("user").filter(user__email=email.strip().lower()).first()
    if membership is None:
        raise Http404
    return MemberOut.of(found.add_member(membership.user, wish.role, actor=request.auth))


@operation("GET", f"{ONE}/invitations", scope=READ, response=Page[OpenInvitation])
def list_invitations(
    request: Asked, code: CodeInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[OpenInvitation]:
    """Invitations that nobody has accepted yet, the newest first."""
    rows = Invitation.objects.filter(organization=organization_of(request.auth, code), accepted_at=None)
    return page_of(request, rows, OpenInvitation.of, key="id", after=after, limit=limit, falling=True)


@operation("DELETE", f"{ONE}/invitations/{{invitation_id}}", scope=WRITE, response=Note)
def withdraw_invitation(request: Asked, code: CodeInPath, invitation_id: Id) -> Note:
    """Make an invitation's link work no more."""
    invitation = invitation_of(request.auth, code, invitation_id)
    invitation.withdraw(actor=request.auth)
    return Note(done=_("The invitation of %(email)s has been withdrawn.") % {"email": invitation.email})


@operation("POST", f"{ONE}/deletion", scope=WRITE, response=OrganizationOut, staff=True)
def request_deletion(request: Asked, code: CodeInPath) -> OrganizationOut:
    """Have an organization and all that is its own deleted, after the days of grace."""
    found = organization_of(request.auth, code)
    found.request_deletion(actor=request.auth)
    return OrganizationOut.of(found)


@operation("DELETE", f"{ONE}/deletion", scope=WRITE, response=OrganizationOut, staff=True)
def withdraw_deletion(request: Asked, code: CodeInPath) -> OrganizationOut:
    """Keep an organization whose deletion was requested."""
    found = organization_of(request.auth, code)
    found.withdraw_deletion(actor=request.auth)
    return OrganizationOut.of(found)


@operation("DELETE", f"{ONE}/terminate", scope=WRITE, response=OrganizationOut, staff=True)
def keep_organization(request: Asked, code: CodeInPath) -> OrganizationOut:
    """Withdraw the day on which an organization was to end."""
    found = organization_of(request.auth, code)
    found.end_on(None, actor=request.auth)
    return OrganizationOut.of(found)
