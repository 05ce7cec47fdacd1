"""`manage.py add_member CODE EMAIL ROLE`: a member from now on, whether or not the person had an account."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, organization_named
from panel.models import Role
from panel.provisioning import add_member


class Command(Verb):
    help = "Make a person a member of an organization, or give a member another role."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="of the organization")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("role", metavar="ROLE", choices=Role.values, help=", ".join(Role.values))

    def act(self, *, code: str, email: str, role: str, **options: Any) -> Done:
        organization = organization_named(code)
        try:
            membership, link = add_member(organization, email, role, actor=COMMAND_LINE)
        except ValidationError:
            self.misused(_("%(text)s is not an e-mail address.") % {"text": email})
        data = {"organization": code, "email": membership.user.email, "role": membership.role, "link": link or None}
        text = f"{membership.user.email}: {membership.role}"
        return Done(data, f"{text}\n{link}" if link else text)
