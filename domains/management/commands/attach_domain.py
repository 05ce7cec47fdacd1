"""`manage.py attach_domain SERVICE NAME`: the wizard's last step."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from domains.models import Domain
from domains.models.domains import name_or_refuse
from domains.reach import require_reachable_target
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, service_named
from panel.errors import Refused

MODES = {"authoritative": "authoritative", "non-authoritative": "non_authoritative"}


class Command(Verb):
    help = "Attach a domain to a service."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("service", metavar="SERVICE")
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--mode",
            type=lambda text: text.replace("_", "-"),
            choices=list(MODES),
            help="default: authoritative; non-authoritative when there is a target server",
        )
        parser.add_argument("--target", metavar="HOST", default="", help="target server: host or host:port")
        parser.add_argument("--verified", action="store_true", help="your word in place of the CNAME record")

    def act(self, *, service: str, name: str, mode: str | None, target: str, verified: bool, **options: Any) -> Done:
        try:
            name_or_refuse(name)
        except Refused as refusal:
            self.misused(str(refusal))
        found = service_named(service)
        chosen = MODES[mode or ("non-authoritative" if target else "authoritative")]
        require_reachable_target(target)
        domain = Domain.attach(found, name, mode=chosen, target=target, actor=COMMAND_LINE, verified=verified)
        record = f"{domain.ownership.token}.{domain.name.name}. CNAME {domain.platform.verification_host}."
        data = {
            "service": found.name,
            "domain": domain.name.name,
            "mode": domain.mode,
            "target": domain.target,
            "state": domain.state,
            "managed": domain.zone_id is not None,
            "token": domain.ownership.token,
            "record": record,
        }
        text = f"{domain.name.unicode}: {domain.get_state_display()}, {domain.get_mode_display()}"
        return Done(data, text if domain.is_verified else f"{text}\n{record}")
