"""`manage.py rotate_dkim SERVICE NAME`: a new DKIM key for a domain; it signs once it is seen at the authoritative
servers."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from domains.facts import facts
from domains.models import DkimKey, Domain
from domains.models.domains import name_or_refuse
from domains.records import Kind, required_records
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named
from panel.errors import Refused


class Command(Verb):
    help = "Make a new DKIM key for an attached domain."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--by-cname",
            action="store_true",
            help="have its keys in the platform's zone from now on: two CNAMEs are published once",
        )

    def act(self, *, service: str, name: str, by_cname: bool = False, **options: Any) -> Done:
        try:
            ascii_name = name_or_refuse(name)
        except Refused as refusal:
            self.misused(str(refusal))
        found = service_named(service)
        rows = Domain.objects.select_related("name", "service__organization", "platform", "ownership")
        domain = rows.filter(service=found, name__name=ascii_name).first()
        if domain is None:
            self.refuse(
                "not-attached",
                _("%(name)s is not attached to %(service)s.") % {"name": ascii_name, "service": found.name},
            )
        key = DkimKey.host(domain, actor=COMMAND_LINE)[0] if by_cname else DkimKey.rotate(domain, actor=COMMAND_LINE)
        published = f"{key}.{domain.name.name}."
        records = (r for r in required_records(*facts(domain)) if r.kind == Kind.DKIM and r.name == published)
        record = next(f"{r.name} {r.type} {' '.join(r.values)}" for r in records)
        if by_cname:
            names = [r for r in required_records(*facts(domain)) if r.kind == Kind.DKIM and r.type == "CNAME"]
            record = "\n".join(f"{r.name} {r.type} {' '.join(r.values)}" for r in names)
        data = {
            "service": found.name,
            "domain": domain.name.name,
            "selector": key.selector,
            "state": key.state,
            "managed": key.to_write,
            "record": record,
        }
        return Done(data, f"{domain.name.unicode}: {key.selector}, {key.get_state_display()}\n{record}")
