"""What people and programs do with DNS providers: each verb with its entry in the log. Asking is `outside`'s."""

from __future__ import annotations

import secrets
from copy import copy
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.activity import record
from panel.errors import Refused

from .models import DkimKey, DnsProvider, Zone
from .models.domains import name_or_refuse
from .sentences import provider_sentence
from .zones.holding import adopt

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Organization, Platform


def facts_of(row: DnsProvider) -> dict[str, Any]:
    """What the activity log may know: never the credentials."""
    return {"kind": row.kind, "name": row.name, **row.settings}


@transaction.atomic
def keep(row: DnsProvider, *, actor: Actor) -> DnsProvider:
    """A provider as somebody typed it: a new one, or changed."""
    stored = DnsProvider.objects.filter(pk=row.pk).first() if row.pk else None
    before = facts_of(stored) if stored is not None else None
    row.save()
    verb = "provider.created" if before is None else "provider.changed"
    record(verb, actor=actor, organization=row.organization, target=row.name, before=before, after=facts_of(row))
    return row


def settings_subject(row: DnsProvider) -> dict[str, Any]:
    """For `outside.try_settings`: a provider as it was typed. No reading of the same words is the same."""
    return {
        "provider": row.pk,
        "kind": row.kind,
        "name": row.name,
        "settings": row.settings,
        "credentials": row.credentials,
        "nonce": secrets.token_urlsafe(16),
    }


def typed_settings(
    subject: dict[str, Any], stored: DnsProvider | None, organization: Organization | None
) -> DnsProvider:
    """The provider that `settings_subject` was made of: nothing is stored."""
    row = copy(stored) or DnsProvider(organization=organization, kind=subject["kind"])
    row.name, row.settings, row.credentials = subject["name"], subject["settings"], subject["credentials"]
    return row


@transaction.atomic
def remove(row: DnsProvider, *, actor: Actor) -> None:
    """Its domains stay attached and verified."""
    facts, name, organization = facts_of(row), row.name, row.organization
    row.delete()
    adopt(organization)
    record("provider.removed", actor=actor, organization=organization, target=name, before=facts)


@transaction.atomic
def remove_zone(zone: Zone, *, actor: Actor) -> None:
    """Its domains become external, and stay verified."""
    name, organization = zone.name, zone.provider.organization
    zone.delete()
    adopt(organization)
    record("zone.removed", actor=actor, organization=organization, target=name)


@transaction.atomic
def keep_dkim_in(platform: Platform, code: str, name: str, *, actor: Actor) -> Zone | None:
    """Have DKIM keys of the platform's domains in this zone of an organization, or, without a name, in none; see
    `DkimKey.host`. Raises Refused."""
    before = Zone.objects.select_for_update().filter(dkim_of=platform).first()
    zone = None
    if name:
        zone = Zone.objects.filter(name=name_or_refuse(name), provider__organization__code=code).first()
        if zone is None:
            raise Refused("no-such-zone", _("This organization manages no such zone."), field="zone")
    if zone == before:
        return zone
    if before is not None and DkimKey.objects.filter(hosted__endswith=f".{before.name}").exists():
        raise Refused("zone-in-use", _("Domains point to keys in %(zone)s.") % {"zone": before.name}, field="zone")
    Zone.objects.filter(dkim_of=platform).update(dkim_of=None)
    if zone is not None:
        if zone.dkim_of_id is not None:
            raise Refused("zone-in-use", _("Another platform keeps its keys there."), field="zone")
        Zone.objects.filter(pk=zone.pk).update(dkim_of=platform)
    record(
        "platform.dkim_zone",
        actor=actor,
        target=platform.slug,
        before={"zone": before.name if before else ""},
        after={"zone": zone.name if zone else ""},
    )
    return zone


def line_words(code: str, facts: dict[str, Any]) -> str:
    """How something asked of a provider went (`outside.Line`), for people."""
    number = int(facts.get("number", 0))
    match code:
        case "works":
            return _("The connection works: %(zone)s can be changed.") % facts
        case "zones-there":
            words = ngettext(
                "The connection works: %(number)s zone found.",
                "The connection works: %(number)s zones found.",
                number,
            )
            return words % {"number": number}
        case "zones-listed":
            return ngettext("%(number)s zone is listed.", "%(number)s zones are listed.", number) % {"number": number}
        case "added":
            return _("%(name)s has been added.") % facts
        case "name-taken":
            return _("There is already a DNS provider with this name.")
        case "add-a-zone":
            return _("Add a zone: the connection is tested with it.")
        case "no-name":
            return _("%(name)s is not the name of a zone.") % facts
    name = f"{facts['name']}: " if facts.get("name") else ""
    said = f" ({facts['detail']})" if facts.get("detail") and not name else ""
    return f"{name}{provider_sentence(code)}{said}"
