"""What changes accounts, one or hundreds alike; `accounts/verbs.py` has the verbs of one, which are recorded.

Every function runs in a transaction that holds the row of the service (`locked`): so the service is open, its
slots are nobody else's, its tallies are in step, and its platform cannot change meanwhile. New addresses are
decided under the rows of their domain names as well, as claims on names are.
"""

from .locking import AT_ONCE, NOT_CONFIGURED, Stale, State, domains_for_update, locked, require_unchanged
from .placing import KEY_FIELDS, NAME_FIELDS, Claim, Placement, place, problem_of, readdress, taken_among
from .slots import add_slots, cancel_slots, require_room, require_unused, unused
from .states import remove_aliases, reset, resume, set_passwords, suspend

__all__ = [
    "AT_ONCE",
    "KEY_FIELDS",
    "NAME_FIELDS",
    "NOT_CONFIGURED",
    "Claim",
    "Placement",
    "Stale",
    "State",
    "add_slots",
    "cancel_slots",
    "domains_for_update",
    "locked",
    "place",
    "problem_of",
    "readdress",
    "remove_aliases",
    "require_room",
    "require_unchanged",
    "require_unused",
    "reset",
    "resume",
    "set_passwords",
    "suspend",
    "taken_among",
    "unused",
]
