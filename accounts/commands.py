"""What the verbs `suspend_account`, `resume_account` and `reset_account` share."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from domains.names import NameRefused, to_ascii
from panel.actors import COMMAND_LINE
from panel.commands import Done, Verb, utf_8
from panel.errors import Refused

from .models import EmailAccount


class AccountVerb(Verb):
    """`verb`: what is done to the account."""

    verb: Callable[..., None]

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", metavar="ADDRESS")

    def act(self, *, address: str, **options: Any) -> Done:
        if "@" not in address:
            self.misused(_("%(text)s is not an e-mail address.") % {"text": utf_8(address)})
        account = account_at(address)
        self.verb(account, by=COMMAND_LINE)
        account.refresh_from_db()
        data = {
            "address": address.lower(),
            "service": account.service.name,
            "account": account.shown_address,
            "state": account.state,
        }
        return Done(data, f"{data['address']}: {account.get_state_display()}")


def account_at(address: str) -> EmailAccount:
    """The account that has this address. Raises Refused."""
    local_part, _at, domain = utf_8(address).lower().rpartition("@")
    found = (
        EmailAccount.objects.select_related("service__organization", "domain__name", "address")
        .filter(address__local_part=local_part, address__name__name=_ascii(domain))
        .first()
    )
    if found is None:
        raise Refused("no-such-account", _("There is no account %(address)s.") % {"address": utf_8(address)})
    return found


def _ascii(domain: str) -> str:
    try:
        return to_ascii(domain)
    except NameRefused:
        return domain
