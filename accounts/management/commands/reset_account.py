"""`manage.py reset_account ADDRESS`."""

from __future__ import annotations

from accounts import verbs
from accounts.commands import AccountVerb


class Command(AccountVerb):
    help = "Turn an e-mail account back into a slot; its mail is kept for 30 days."
    verb = staticmethod(verbs.reset)
