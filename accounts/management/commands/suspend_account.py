"""`manage.py suspend_account ADDRESS`."""

from __future__ import annotations

from accounts.commands import AccountVerb


class Command(AccountVerb):
    help = "Suspend an e-mail account: it receives, and neither signs in nor sends."
    verb = "suspend"
