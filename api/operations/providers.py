"""DNS providers: where an organization's zones can be changed. What a provider is asked, a worker asks."""

from typing import Annotated, Any

from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Path

from domains import readings
from domains.forms import FORMS, ProviderForm
from domains.holding_zones import keep, remove, remove_zone
from domains.models import DnsProvider, Reading, Zone
from panel.actors import kept

from ..access import asked_of, organization_of, provider_of, zone_of
from ..framework import Asked, Reply, operation
from ..paging import LIMIT, AfterNumber, AfterText, Limit, Page, page_of
from ..problems import Problem
from ..schemas.base import NO_NUL, Id, Note
from ..schemas.providers import AskedOut, NewProvider, ProviderChange, ProviderOut, ZoneOut, ZonesWish
from .organizations import CodeInPath

READ, WRITE = "domains:read", "domains:write"
ALL = "/organizations/{code}/dns-providers"
ONE = f"{ALL}/{{provider_id}}"
TEST, LIST, ADD = KINDS = ("provider-test", "provider-zones", "provider-add")
ZoneInPath = Annotated[str, Path(max_length=253, pattern=NO_NUL, description="Name of the zone, as A-labels.")]


@operation("GET", ALL, scope=READ, response=Page[ProviderOut])
def list_dns_providers(
    request: Asked, code: CodeInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[ProviderOut]:
    """DNS providers of an organization."""
    rows = DnsProvider.objects.filter(organization=organization_of(request.auth, code))
    return page_of(request, rows, ProviderOut.of, key="id", after=after, limit=limit)


@operation("POST", ALL, scope=WRITE, response=ProviderOut, status=201)
def add_dns_provider(request: Asked, code: CodeInPath, wish: NewProvider) -> Reply:
    """Add a DNS provider.

    Its zones are managed once they were added or listed (`…/zones`). Secrets are never shown again.
    """
    form = FORMS[wish.kind](
        {"name": wish.name, **_known(FORMS[wish.kind], wish.settings)}, organization=organization_of(request.auth, code)
    )
    row = _kept(request, form)
    return Reply(ProviderOut.of(row), status=201, location=reverse("api:api_v1:get_dns_provider", args=[code, row.pk]))


@operation("GET", ONE, scope=READ, response=ProviderOut)
def get_dns_provider(request: Asked, code: CodeInPath, provider_id: Id) -> ProviderOut:
    """One DNS provider, without its secrets."""
    return ProviderOut.of(provider_of(request.auth, code, provider_id))


@operation("PATCH", ONE, scope=WRITE, response=ProviderOut)
def change_dns_provider(request: Asked, code: CodeInPath, provider_id: Id, wish: ProviderChange) -> ProviderOut:
    """Change the name, the settings or the secrets of a DNS provider."""
    row = provider_of(request.auth, code, provider_id)
    kind = FORMS[row.kind]
    data = {"name": wish.name or row.name, **row.settings, **_known(kind, wish.settings)}
    return ProviderOut.of(_kept(request, kind(data, organization=row.organization, row=row)))


@operation("DELETE", ONE, scope=WRITE, response=Note)
def remove_dns_provider(request: Asked, code: CodeInPath, provider_id: Id) -> Note:
    """Remove a DNS provider.

    Its domains stay attached and verified; their records are no longer written here.
    """
    row = provider_of(request.auth, code, provider_id)
    name = row.name
    remove(row, actor=request.auth)
    return Note(done=_("%(name)s has been removed. Its domains stay attached and verified.") % {"name": name})


@operation("POST", f"{ONE}/test", scope=WRITE, response=AskedOut, status=202)
def test_dns_provider(request: Asked, code: CodeInPath, provider_id: Id) -> Reply:
    """Find out whether the panel can work with a DNS provider.

    A worker asks; ask the `Location` again until the state is `done` or `failed`.
    """
    return _ask(request, provider_of(request.auth, code, provider_id), TEST, stays=True, new=False)


@operation("GET", f"{ONE}/zones", scope=READ, response=Page[ZoneOut])
def list_zones(
    request: Asked, code: CodeInPath, provider_id: Id, after: AfterText = "", limit: Limit = LIMIT
) -> Page[ZoneOut]:
    """Zones that the panel manages at a DNS provider, by name."""
    rows = Zone.objects.filter(provider=provider_of(request.auth, code, provider_id))
    return page_of(request, rows, ZoneOut.of, key="name", after=after, limit=limit)


@operation("POST", f"{ONE}/zones", scope=WRITE, response=AskedOut, status=202)
def add_zones(request: Asked, code: CodeInPath, provider_id: Id, wish: ZonesWish) -> Reply:
    """Add zones by name, or take over the provider's own list.

    A worker asks; ask the `Location` again until the state is `done` or `failed`.
    """
    row = provider_of(request.auth, code, provider_id)
    return _ask(request, row, ADD, names=wish.names) if wish.names else _ask(request, row, LIST)


@operation("DELETE", f"{ONE}/zones/{{zone_name}}", scope=WRITE, response=Note)
def remove_a_zone(request: Asked, code: CodeInPath, provider_id: Id, zone_name: ZoneInPath) -> Note:
    """Manage a zone no longer.

    Its domains become external, and stay verified.
    """
    zone = zone_of(request.auth, code, provider_id, zone_name)
    remove_zone(zone, actor=request.auth)
    return Note(done=_("%(name)s is no longer managed here.") % {"name": zone.name})


@operation("GET", "/organizations/{code}/dns-questions/{question_id}", scope=READ, response=AskedOut)
def get_dns_question(request: Asked, code: CodeInPath, question_id: Id) -> AskedOut:
    """What was asked of a DNS provider, and how it went; for an hour."""
    return AskedOut.of(asked_of(request.auth, code, question_id, KINDS))


def _known(form: type[ProviderForm], settings: dict[str, Any]) -> dict[str, Any]:
    """Raises Problem for a setting that this kind does not have."""
    unknown = settings.keys() - (form.base_fields.keys() - {"name"})
    if unknown:
        words = _("This kind of provider has no such setting.")
        errors = [{"field": f"settings.{name}", "code": "unknown", "detail": words} for name in sorted(unknown)]
        raise Problem(422, "invalid", errors=errors)
    return settings


def _kept(request: Asked, form: ProviderForm) -> DnsProvider:
    if not form.is_valid():
        errors = [
            {
                "field": name if name == "name" else f"settings.{name}",
                "code": str(error.code or "invalid"),
                "detail": " ".join(error.messages),
            }
            for name, found in form.errors.as_data().items()
            for error in found
        ]
        raise Problem(422, "invalid", errors=errors)
    return keep(form.typed(), actor=request.auth)


def _ask(request: Asked, row: DnsProvider, kind: str, *, stays: bool = False, **subject: Any) -> Reply:
    asked = {"provider": row.pk, "actor": kept(request.auth), **subject}
    reading: Reading = readings.ask(kind, asked, organization=row.organization)
    where = reverse("api:api_v1:get_dns_question", args=[row.organization.code, reading.pk])
    return Reply(AskedOut.of(reading), status=202, location=where, stays=stays)
