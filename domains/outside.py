"""What workers ask outside for pages (`domains.readings`): each takes a subject and returns what JSON can hold."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from panel.activity import record
from panel.actors import Actor, recalled
from panel.errors import Refused

from .holding_zones import keep, typed_settings
from .models import DnsProvider, Reading, Zone
from .models.domains import name_or_refuse
from .names import NameRefused, host_to_ascii, to_unicode
from .providers import ProviderError, open_provider
from .reach import Unreachable, addresses_of
from .records import DomainFacts, Kind, PlatformFacts
from .zones.holding import adopt
from .zones.reading import read_zone
from .zones.stored import from_json, to_json

MOST_ZONES = 20_000  # of one provider
ADDED_AT_ONCE = 20  # zones by hand: each is tried

# A line for whoever asked: how it went, a code (`views.providers` has the words), and what the words name.
type Line = tuple[str, str, dict[str, Any]]


def zone_subject(
    zone: Zone, domain: DomainFacts, platform: PlatformFacts, intents: dict[Kind, str] | None = None
) -> dict[str, Any]:
    """For `read`: of another subject there is another reading, so a plan is never made of facts that have changed."""
    return {
        "zone": zone.pk,
        "domain": to_json(domain),
        "platform": to_json(platform),
        "intents": {str(kind): text for kind, text in (intents or {}).items()},
    }


def read(subject: dict[str, Any], reading: Reading) -> Any:
    """The zone at its provider, as far as the plan for a domain wants to know it."""
    zone = Zone.objects.select_related("provider").filter(pk=subject["zone"]).first()
    if zone is None:
        raise ProviderError("zone-removed")
    domain: DomainFacts = from_json(DomainFacts, subject["domain"])
    platform: PlatformFacts = from_json(PlatformFacts, subject["platform"])
    intents = {Kind(kind): text for kind, text in subject["intents"].items()}
    return read_zone(zone, domain, platform, intents).to_json()


def resolve(subject: dict[str, Any], reading: Reading) -> list[str] | None:
    """The addresses of a host; None where it has none that could be learned."""
    try:
        return [str(address) for address in addresses_of(subject["host"])]
    except Unreachable:
        return None


def test(subject: dict[str, Any], reading: Reading) -> list[Line]:
    """Whether the panel can work with a provider; of one that is new its zones are listed, too."""
    row = _provider(subject)
    lines = [_tested(row)]
    if subject["new"]:
        with suppress(ProviderError):  # the test has told why
            lines.append(_listed(row, _actor(subject, reading)))
    return lines


def try_settings(subject: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """Keep a provider's settings if the panel can work with them; of one that is new its zones are listed, too."""
    row = typed_settings(subject, _provider(subject) if subject["provider"] else None, reading.organization)
    is_new = row.pk is None
    lines = [_tested(row)]
    if lines[0][0] == "error":
        return {"kept": None, "lines": lines}
    actor = _actor(subject, reading)
    try:
        keep(row, actor=actor)
    except IntegrityError:  # another one was given this name meanwhile
        return {"kept": None, "lines": [("error", "name-taken", {"taken": row.name})]}
    if is_new:
        with suppress(ProviderError):  # one that cannot list them has said so
            lines.append(_listed(row, actor))
    return {"kept": row.pk, "lines": lines}


def list_zones(subject: dict[str, Any], reading: Reading) -> list[Line]:
    """Take over the list of zones from the provider."""
    return [_listed(_provider(subject), _actor(subject, reading))]


def add_zones(subject: dict[str, Any], reading: Reading) -> list[Line]:
    """Zones by hand. Each is read once, so that a slip of the pen is noticed."""
    row = _provider(subject)
    opened = open_provider(row)
    lines: list[Line] = []
    for text in subject["names"][:ADDED_AT_ONCE]:
        try:
            name = name_or_refuse(text)
            opened.test(name)
        except Refused:
            lines.append(("error", "no-name", {"name": text}))
        except ProviderError as error:
            lines.append(("error", error.code, {"name": text, "detail": error.detail}))
        else:
            zone, created = Zone.objects.get_or_create(
                provider=row, name=name, defaults={"by_hand": True, "seen_at": timezone.now()}
            )
            if created:
                record("zone.added", actor=_actor(subject, reading), organization=row.organization, target=zone.name)
                lines.append(("success", "added", {"name": to_unicode(name)}))
    adopt(row.organization)
    return lines


def _actor(subject: dict[str, Any], reading: Reading) -> Actor:
    """Whoever asked: a person, or a token, which the subject names."""
    return recalled(reading.requested_by, subject.get("actor"))


def _provider(subject: dict[str, Any]) -> DnsProvider:
    row = DnsProvider.objects.select_related("organization").filter(pk=subject["provider"]).first()
    if row is None:
        raise ProviderError("settings-missing")
    return row


def _tested(row: DnsProvider) -> Line:
    zone = row.zones.order_by("pk").first() if row.pk else None
    try:
        opened = open_provider(row)
        if zone is not None:
            opened.test(zone.name)
            return "success", "works", {"zone": zone.name}
        return "success", "zones-there", {"number": len(opened.zones())}
    except ProviderError as error:
        if error.code == "cannot-list":
            return "info", "add-a-zone", {}
        return "error", error.code, {"detail": error.detail}


def _listed(row: DnsProvider, actor: Actor) -> Line:
    """Zones as the provider lists them now; those added by hand stay. Raises ProviderError."""
    names = {name for text in open_provider(row).zones()[:MOST_ZONES] if (name := _zone_name(text))}
    now = timezone.now()
    with transaction.atomic():
        known = set(row.zones.values_list("name", flat=True))
        Zone.objects.bulk_create([Zone(provider=row, name=name, seen_at=now) for name in sorted(names - known)])
        gone, _each = row.zones.filter(by_hand=False).exclude(name__in=names).delete() if names else (0, {})
        row.zones.filter(name__in=names).update(seen_at=now)
        adopt(row.organization)
        if names - known or gone:
            record(
                "zone.listed",
                actor=actor,
                organization=row.organization,
                target=row.name,
                note=f"+{len(names - known)} -{gone}",
            )
    return "success", "zones-listed", {"number": len(names)}


def _zone_name(text: str) -> str | None:
    """A zone as it is stored; reverse zones and the like hold no mail domain."""
    try:
        return host_to_ascii(text)
    except NameRefused:
        return None
