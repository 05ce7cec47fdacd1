"""Services: what a billing system creates, suspends, unsuspends and terminates."""

from typing import Annotated

from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Path, Query

from panel.errors import Refused
from panel.models import Organization, Platform
from panel.provisioning import create_service as provide

from ..access import organization_of, require_staff, service_of, services_of
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterText, Limit, Page, page_of
from ..schemas.base import NO_NUL
from ..schemas.panel import EndWish, NewService, ServiceChange, ServiceDetail, ServiceOut

ServiceInPath = Annotated[str, Path(max_length=64, pattern=NO_NUL, description="Name of the service.")]
READ, WRITE = "services:read", "services:write"
ONE = "/services/{service_name}"


@operation("GET", "/services", scope=READ, response=Page[ServiceOut])
def list_services(
    request: Asked,
    organization: Annotated[str, Query(max_length=32, pattern=NO_NUL, description="Code: only its services.")] = "",
    after: AfterText = "",
    limit: Limit = LIMIT,
) -> Page[ServiceOut]:
    """Services that the token reaches, by name."""
    rows = services_of(request.auth)
    if organization:
        rows = rows.filter(organization=organization_of(request.auth, organization))
    return page_of(request, rows, ServiceOut.of, key="name", after=after, limit=limit)


@operation("POST", "/services", scope=WRITE, response=ServiceDetail, status=201, staff=True)
def create_service(request: Asked, wish: NewService) -> Reply:
    """Create a service of an organization, with slots for accounts."""
    organization = Organization.objects.filter(code=wish.organization).first()
    if organization is None:
        words = _("There is no organization %(code)s.") % {"code": wish.organization}
        raise Refused("no-such-organization", words, field="organization")
    platform = None if wish.platform is None else _platform(wish.platform)
    fields = wish.model_dump(include={"display_name", "account_limit", "quota", "renews_on"})
    made = provide(organization, platform, actor=request.auth, quantity=wish.slots, **fields)
    where = reverse("api:api_v1:get_service", args=[made.name])
    return Reply(ServiceDetail.of(made), status=201, location=where)


@operation("GET", ONE, scope=READ, response=ServiceDetail)
def get_service(request: Asked, service_name: ServiceInPath) -> ServiceDetail:
    """One service, with the numbers of its accounts."""
    return ServiceDetail.of(service_of(request.auth, service_name))


@operation("PATCH", ONE, scope=WRITE, response=ServiceDetail)
def change_service(request: Asked, service_name: ServiceInPath, wish: ServiceChange) -> ServiceDetail:
    """Change the display name or (staff) what the customer pays for: limit of accounts, quota, platform, renewal."""
    found = service_of(request.auth, service_name)
    fields = wish.model_dump(exclude_unset=True)
    for name in ("display_name", "platform", "quota"):
        if fields.get(name, "") is None:
            del fields[name]
    if fields.keys() - {"display_name"}:
        require_staff(request.auth)
    platform = fields.pop("platform", None)
    if platform is not None:
        found.move_to(_platform(platform), actor=request.auth)
    found.change(actor=request.auth, **fields)
    return ServiceDetail.of(found)


def _platform(slug: str) -> Platform:
    """Raises Refused."""
    platform = Platform.objects.filter(slug=slug).first()
    if platform is None:
        raise Refused("no-such-platform", _("There is no platform %(slug)s.") % {"slug": slug}, field="platform")
    return platform


@operation("POST", f"{ONE}/suspend", scope=WRITE, response=ServiceDetail, staff=True)
def suspend_service(request: Asked, service_name: ServiceInPath) -> ServiceDetail:
    """Suspend a service.

    Nothing of it can be changed by its customers.
    """
    found = service_of(request.auth, service_name)
    found.suspend(actor=request.auth)
    return ServiceDetail.of(found)


@operation("POST", f"{ONE}/unsuspend", scope=WRITE, response=ServiceDetail, staff=True)
def unsuspend_service(request: Asked, service_name: ServiceInPath) -> ServiceDetail:
    """Make a suspended service active again."""
    found = service_of(request.auth, service_name)
    found.resume(actor=request.auth)
    return ServiceDetail.of(found)


@operation("POST", f"{ONE}/terminate", scope=WRITE, response=ServiceDetail, staff=True)
def terminate_service(request: Asked, service_name: ServiceInPath, wish: EndWish) -> ServiceDetail:
    """End a service, now or on a day."""
    found = service_of(request.auth, service_name)
    if wish.on is None:
        found.end(actor=request.auth)
    else:
        found.end_on(wish.on, actor=request.auth)
    return ServiceDetail.of(found)


@operation("DELETE", f"{ONE}/terminate", scope=WRITE, response=ServiceDetail, staff=True)
def keep_service(request: Asked, service_name: ServiceInPath) -> ServiceDetail:
    """Withdraw the day on which a service was to end."""
    found = service_of(request.auth, service_name)
    found.end_on(None, actor=request.auth)
    return ServiceDetail.of(found)
