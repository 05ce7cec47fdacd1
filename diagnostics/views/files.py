"""A domain's records as a zone file."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from domains.access import domain_for
from domains.facts import facts
from domains.models import Domain
from domains.records import DEFAULT_TTL, Kind, RequiredRecord, required_records

from ..models import Check, Postponement
from ..show.changes import WantedRecord, line, wanted_records
from ..show.hosts import DnsHost
from ..show.records import RecordRow, table
from ..show.sentences import mx_warning
from ..sweep.inputs import configured


@login_required
def zone_file(request: HttpRequest, service_name: str, domain_name: str) -> HttpResponse:
    """Everything that the zone should hold for this domain, and nothing else."""
    domain = domain_for(request.user, service_name, domain_name)
    return file_response(domain)


def file_response(domain: Domain) -> HttpResponse:
    response = HttpResponse(zone_text(domain, list(domain.checks.all())), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{domain.name.name}.zone"'
    return response


def records_of(
    domain: Domain, checks: Sequence[Check], required: Sequence[RequiredRecord] | None = None
) -> list[WantedRecord]:
    """What the domain should publish; without the MX where that is put off. `required`: where it is known already."""
    required = required_records(*facts(domain)) if required is None else required
    return wanted_records(required, checks, ttl=DEFAULT_TTL, skip=left_out(domain))


def left_out(domain: Domain) -> frozenset[str]:
    """Kinds that instructions leave out: the MX where it is put off, and of a split domain the records that would lead
    the mail programs of the other half's users here."""
    kinds = {Kind.MX.value} if put_off(domain) else set()
    return frozenset(kinds | ({Kind.SRV.value} if domain.mode == Domain.Mode.NON_AUTHORITATIVE else set()))


def table_of(
    domain: Domain,
    checks: Sequence[Check],
    host: DnsHost | None,
    *,
    skip: frozenset[str] = frozenset(),
    required: Sequence[RequiredRecord] | None = None,
) -> list[RecordRow]:
    """The one table of records. `required`: where it is known already."""
    return table(
        required_records(*facts(domain)) if required is None else required,
        checks,
        zone=zone_of_records(domain, checks),
        host=host,
        split=domain.mode == Domain.Mode.NON_AUTHORITATIVE,
        skip=skip,
    )


def zone_of_records(domain: Domain, checks: Sequence[Check]) -> str:
    """The zone that names are written for: one's own, else the one that the last check of its NS found; the name
    itself where nobody knows."""
    if domain.zone is not None:
        return domain.zone.name
    for check in checks:
        if check.kind == Kind.NS:
            for rrset in check.found:
                if rrset["type"] == "NS":
                    return str(rrset["name"])
    return domain.name.name


def put_off(domain: Domain) -> bool:
    return Postponement.objects.filter(domain=domain).exists()


def moves_mail(checks: Sequence[Check]) -> bool:
    """Whether publishing the MX would bring mail here that now goes elsewhere."""
    return any(check.kind == Kind.MX and check.facts.get("moves_mail") and not check.intended for check in checks)


def zone_lines(records: Sequence[WantedRecord]) -> str:
    """The records as lines of a zone file, and nothing else: what one button copies."""
    return "\n".join(line(r.name, r.ttl, r.type, value) for r in records for value in r.values)


def zone_text(domain: Domain, checks: Sequence[Check]) -> str:
    """BIND form, names absolute. Comments are in the reader's language."""
    lines = [
        _("%(name)s on %(platform)s, created on %(day)s")
        % {"name": domain.name.name, "platform": domain.platform, "day": timezone.localdate().isoformat()},
        _("Only the required records; everything else in the zone may stay."),
    ]
    text = [f"; {words}" for words in lines]
    warned = False
    for record in records_of(domain, checks):
        if record.kind == Kind.MX and moves_mail(checks) and not warned:
            warned = True
            text += ["", f"; {mx_warning(configured([domain.pk]).get(domain.pk, 0))}"]
        text += [line(record.name, record.ttl, record.type, value) for value in record.values]
    return "\n".join(text) + "\n"
