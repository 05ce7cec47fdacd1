"""Organizations, their people, platforms, services and the activity log."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, StringConstraints

from accounts.models import Tally
from panel.forms import MAX_QUOTA
from panel.models import Activity, Invitation, Membership, Organization, Platform, Service

from .base import NO_NUL, Day, Wish

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]{2,32}$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=150, pattern=NO_NUL)]
RoleName = Literal["owner", "technician", "viewer"]
PlatformSlug = Annotated[str, StringConstraints(max_length=50, pattern=NO_NUL)]
AccountLimit = Annotated[StrictInt | None, Field(ge=0, le=1_000_000_000)]


class OrganizationOut(BaseModel):
    code: str
    name: str
    state: Literal["active", "suspended", "ended"]
    contacts: list[str]
    notify: bool
    ends_on: date | None
    created_at: datetime

    @classmethod
    def of(cls, organization: Organization) -> Self:
        names = ("code", "name", "state", "notify", "ends_on", "created_at")
        facts = {name: getattr(organization, name) for name in names}
        return cls(**facts, contacts=organization.contact_addresses)


class NewOrganization(Wish):
    code: Code
    name: Name
    contacts: list[Email] = Field(default=[], max_length=50)


class OrganizationChange(Wish):
    """`name` may be changed by staff."""

    name: Name | None = None
    contacts: list[Email] | None = Field(default=None, max_length=50)
    notify: StrictBool | None = None


class EndWish(Wish):
    """`on`: the day; without one it ends now."""

    on: Day | None = None


class MemberOut(BaseModel):
    email: str
    name: str
    role: RoleName

    @classmethod
    def of(cls, membership: Membership) -> Self:
        user = membership.user
        return cls.model_validate({"email": user.email, "name": user.get_full_name(), "role": membership.role})


class NewMember(Wish):
    email: Email
    role: RoleName


class RoleWish(Wish):
    role: RoleName


class NewMemberOut(BaseModel):
    """`link`: for somebody new, to choose a password; it was mailed as well."""

    email: str
    role: RoleName
    link: str | None = None


class InvitationOut(BaseModel):
    email: str
    role: RoleName
    expires_at: datetime


class OpenInvitation(InvitationOut):
    id: int

    @classmethod
    def of(cls, invitation: Invitation) -> Self:
        return cls.model_validate(invitation, from_attributes=True)


class PlatformOut(BaseModel):
    slug: str
    kind: str
    is_default: bool
    mx_hosts: list[str]
    imap_host: str
    smtp_host: str
    webmail_host: str

    @classmethod
    def of(cls, platform: Platform) -> Self:
        return cls.model_validate(platform, from_attributes=True)


class Slots(BaseModel):
    """How many accounts are in which state."""

    slot: int
    active: int
    suspended: int


class ServiceOut(BaseModel):
    """`quota`: MiB of a mailbox that has none of its own; 0 is without limit."""

    name: str
    organization: str
    platform: str
    display_name: str
    state: Literal["active", "suspended", "ended"]
    renews_on: date | None
    ends_on: date | None
    account_limit: int | None
    quota: int
    dkim_rotation_days: int | None
    created_at: datetime

    @classmethod
    def of(cls, service: Service) -> Self:
        return cls(**cls._fields(service))

    @staticmethod
    def _fields(service: Service) -> dict[str, Any]:
        names = ["name", "display_name", "state", "renews_on", "ends_on", "created_at"]
        names += ["account_limit", "quota", "dkim_rotation_days"]
        facts = {name: getattr(service, name) for name in names}
        return facts | {"organization": service.organization.code, "platform": service.platform.slug}


class ClientSettings(BaseModel):
    """For mail programs: IMAP with TLS from the start, SMTP with STARTTLS, signing in with the whole address."""

    imap_host: str
    imap_port: int = 993
    smtp_host: str
    smtp_port: int = 587
    webmail_host: str


class ServiceDetail(ServiceOut):
    accounts: Slots
    settings: ClientSettings

    @classmethod
    def of(cls, service: Service) -> Self:
        hosts = {name: getattr(service.platform, name) for name in ("imap_host", "smtp_host", "webmail_host")}
        return cls(
            **cls._fields(service),
            accounts=Slots(**Tally.of(service.pk)),
            settings=ClientSettings.model_validate(hosts),
        )


class NewService(Wish):
    """`platform`: its slug; without one the default platform. `slots`: accounts to configure, ordered and approved."""

    organization: Code
    platform: PlatformSlug | None = None
    slots: StrictInt = Field(default=0, ge=0, le=100_000)
    display_name: Annotated[str, StringConstraints(max_length=250, pattern=NO_NUL)] = ""
    account_limit: AccountLimit = None
    quota: StrictInt = Field(default=0, ge=0, le=MAX_QUOTA)
    renews_on: Day | None = None


class ServiceChange(Wish):
    """What is left out stays. All but `display_name` may be changed by staff alone. `platform`: its slug, while no
    account is configured."""

    display_name: Annotated[str, StringConstraints(max_length=250, pattern=NO_NUL)] | None = None
    platform: PlatformSlug | None = None
    account_limit: AccountLimit = None
    quota: StrictInt | None = Field(default=None, ge=0, le=MAX_QUOTA)
    dkim_rotation_days: StrictInt | None = Field(default=None, ge=30, le=3650)
    renews_on: Day | None = None


class ActivityOut(BaseModel):
    id: int
    at: datetime
    actor: str
    organization: str | None
    service: str | None
    verb: str
    target: str
    before: dict[str, Any]
    after: dict[str, Any]
    note: str

    @classmethod
    def of(cls, entry: Activity) -> Self:
        return cls(
            id=entry.pk,
            at=entry.at,
            actor=entry.actor_label,
            organization=entry.organization.code if entry.organization else None,
            service=entry.service.name if entry.service else None,
            verb=entry.verb,
            target=entry.target,
            before=entry.before,
            after=entry.after,
            note=entry.note,
        )
