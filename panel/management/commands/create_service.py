"""`manage.py create_service CODE`: prints the new service's name."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.utils.translation import gettext as _

from panel import links
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, organization_named
from panel.models import Platform
from panel.provisioning import create_service
from panel.slots import finish

AT_MOST = 100_000  # slots; more are ordered later


def quantity(text: str) -> int:
    number = int(text)
    if not 0 <= number <= AT_MOST:
        raise ArgumentTypeError(f"must be between 0 and {AT_MOST}")
    return number


class Command(Verb):
    help = "Create a service of an organization."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="of the organization")
        parser.add_argument("--platform", metavar="SLUG", help="default: the default platform")
        parser.add_argument("--slots", metavar="N", type=quantity, default=0, help="accounts to configure")

    def act(self, *, code: str, platform: str | None, slots: int, **options: Any) -> Done:
        organization = organization_named(code)
        chosen = None
        if platform is not None:
            chosen = Platform.objects.filter(slug=platform).first()
            if chosen is None:
                self.refuse("no-such-platform", _("There is no platform %(slug)s.") % {"slug": platform})
        service = create_service(organization, chosen, actor=COMMAND_LINE, quantity=slots)
        finish(service)
        data = {
            "service": service.name,
            "organization": organization.code,
            "platform": service.platform.slug,
            "slots": slots,
            "link": links.page("panel:service", service.name),
        }
        return Done(data, service.name)
