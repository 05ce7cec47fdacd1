"""The activity log."""

from typing import Annotated

from ninja import Query

from panel.models import Activity

from ..access import organization_of, service_of
from ..framework import Asked, operation
from ..paging import LIMIT, AfterNumber, Limit, Page, page_of
from ..schemas.base import NO_NUL
from ..schemas.panel import ActivityOut


@operation("GET", "/activity", scope="activity:read", response=Page[ActivityOut])
def list_activity(
    request: Asked,
    service: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="Name: only what was done to it.")] = "",
    organization: Annotated[str, Query(max_length=32, pattern=NO_NUL, description="Code: only what is its.")] = "",
    verb: Annotated[
        str, Query(max_length=40, pattern=NO_NUL, description="Only this, such as account.configured.")
    ] = "",
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[ActivityOut]:
    """What was done, the newest first."""
    rows = Activity.objects.select_related("organization", "service")
    if service:
        rows = rows.filter(service=service_of(request.auth, service))
    elif not request.auth.is_staff:
        rows = rows.filter(organization=request.auth.organization_id)
    if organization:
        rows = rows.filter(organization=organization_of(request.auth, organization))
    rows = rows.filter(verb=verb) if verb else rows
    return page_of(request, rows, ActivityOut.of, key="id", after=after, limit=limit, falling=True)
