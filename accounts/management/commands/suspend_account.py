"""`manage.py suspend_account ADDRESS`."""

from __future__ import annotations

from accounts import verbs
from accounts.commands import AccountVerb


class Command(AccountVerb):
    help = "Suspend an e-mail account: it receives, and neither signs in nor sends."
    verb = staticmethod(verbs.suspend)
