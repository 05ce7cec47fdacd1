"""What self-service offers: add an entry, and its view, decorated with `for_owner`, to `urls.py`."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class MenuEntry:
    name: str  # of the URL, without arguments
    label: Promise | str
    about: Promise | str


MENU = (
    MenuEntry("mailbox:password", _("Password"), _("Change the password of this mailbox.")),
    MenuEntry("mailbox:devices", _("App passwords"), _("One for each phone and mail program.")),
    MenuEntry("mailbox:forwarding", _("Forwarding"), _("Pass your mail on to other addresses.")),
    MenuEntry(
        "mailbox:rules", _("Rules and automatic reply"), _("Sort mail as it arrives, and answer while you are away.")
    ),
    MenuEntry("mailbox:settings", _("Client settings"), _("What a mail program asks for.")),
    MenuEntry("mailbox:sign_ins", _("Last sign-ins"), _("From where this mailbox was opened, or somebody tried to.")),
)
