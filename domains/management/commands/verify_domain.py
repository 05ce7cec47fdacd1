"""`manage.py verify_domain SERVICE NAME`: the operator's word where no record can prove the right to a name."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from domains.models import Domain
from domains.models.domains import name_or_refuse
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named
from panel.errors import Refused


class Command(Verb):
    help = "Take your word for a pending domain, such as one below github.io that has no zone of its own."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("name", metavar="NAME")

    def act(self, *, service: str, name: str, **options: Any) -> Done:
        try:
            ascii_name = name_or_refuse(name)
        except Refused as refusal:
            self.misused(str(refusal))
        domain = service_named(service).domains.filter(name__name=ascii_name).first()
        if domain is None:
            raise Refused("not-attached", f"{name} is not attached to {service}.")
        domain.verify(Domain.Proof.OPERATOR, COMMAND_LINE)
        data = {"service": service, "domain": ascii_name, "state": domain.state}
        return Done(data, f"{domain.name.unicode}: {domain.get_state_display()}")
