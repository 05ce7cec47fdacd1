"""`manage.py resume_account ADDRESS`."""

from __future__ import annotations

from accounts import verbs
from accounts.commands import AccountVerb


class Command(AccountVerb):
    help = "Resume a suspended e-mail account."
    verb = staticmethod(verbs.resume)
