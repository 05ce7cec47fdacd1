"""What people and programs do with DNS providers: each verb with its entry in the log. Asking is `outside`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.activity import record
from panel.errors import Refused

from .models import DkimKey, Zone
from .models.domains import name_or_refuse
from .sentences import provider_sentence
from .zones.holding import adopt

if TYPE_CHECKING:
    from panel.activity import Actor
    from panel.models import Platform

    from .forms import ProviderForm
    from .models import DnsProvider


def facts_of(row: DnsProvider) -> dict[str, Any]:
    """What the activity log may know: never the credentials."""
    return {"kind": row.kind, "name": row.name, **row.settings}


@transaction.atomic
def keep(form: ProviderForm, *, actor: Actor) -> DnsProvider:
    """A provider as its valid form has it: a new one, or changed."""
    before = facts_of(form.row) if form.row is not None else None
    row = form.save()
    verb = "provider.created" if before is None else "provider.changed"
    record(verb, actor=actor, organization=row.organization, target=row.name, before=before, after=facts_of(row))
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
        case "add-a-zone":
            return _("Add a zone: the connection is tested with it.")
        case "no-name":
            return _("%(name)s is not the name of a zone.") % facts
    name = f"{facts['name']}: " if facts.get("name") else ""
    said = f" ({facts['detail']})" if facts.get("detail") and not name else ""
    return f"{name}{provider_sentence(code)}{said}"
