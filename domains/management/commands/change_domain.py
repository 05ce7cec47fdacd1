"""`manage.py change_domain SERVICE NAME`: another mode, or another target server."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from domains.management.commands.attach_domain import MODES
from domains.models import Domain
from domains.models.domains import name_or_refuse
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named
from panel.errors import Refused


class Command(Verb):
    help = "Change the mode or the target server of an attached domain."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--mode",
            type=lambda text: text.replace("_", "-"),
            choices=list(MODES),
            help="default: non-authoritative when there is a target server, otherwise as it is",
        )
        parser.add_argument("--target", metavar="HOST[:PORT]", default="", help="target server")

    def act(self, *, service: str, name: str, mode: str | None, target: str, **options: Any) -> Done:
        if mode is None and not target:
            self.misused(_("Say --mode, --target or both."))
        try:
            ascii_name = name_or_refuse(name)
        except Refused as refusal:
            self.misused(str(refusal))
        domain = self._domain(service, ascii_name)
        chosen = MODES[mode] if mode else Domain.Mode.NON_AUTHORITATIVE.value
        if chosen == Domain.Mode.NON_AUTHORITATIVE and not target:
            target = domain.target  # only the mode is said, which it may have already
        domain.change_mode(chosen, target, COMMAND_LINE, judged=False)
        data = {
            "service": domain.service.name,
            "domain": domain.name.name,
            "mode": domain.mode,
            "target": domain.target,
            "state": domain.state,
        }
        text = f"{domain.name.unicode}: {domain.get_mode_display()}"
        return Done(data, f"{text}, {domain.target}" if domain.target else text)

    def _domain(self, service: str, name: str) -> Domain:
        found = service_named(service)
        rows = Domain.objects.select_related("name", "service__organization", "platform")
        domain = rows.filter(service=found, name__name=name).first()
        if domain is None:
            self.refuse(
                "not-attached",
                _("%(name)s is not attached to %(service)s.") % {"name": name, "service": found.name},
            )
        return domain
