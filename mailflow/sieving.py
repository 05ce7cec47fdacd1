"""Scripts that Dovecot runs for a mailbox before its own, made at each delivery from the views.

Pigeonhole asks a dictionary twice: for the number of the script of some name, then for the script of that number. The
number is the name and the script's own hash, and no compiled script is kept anywhere: none outlives a change.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from . import spam
from .addresses import split
from .queries import Reader
from .rendering.sieve import PANEL, SPAM
from .sorting import Sorting

BY_NAME, BY_NUMBER = "priv/sieve/name/", "priv/sieve/data/"
NOTHING = "# no rules\n"  # to Dovecot 2.4 a script that is not there is one that cannot be read now
KEPT = 1_000  # scripts between the two questions


@dataclass
class Scripts:
    reader: Reader
    platform: str
    sorting: Sorting
    spam: bool  # whether there is a filter
    _made: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)

    def look_up(self, user: str, key: str) -> str | None:
        """What the dictionary holds under this key for a mailbox; None: nothing. Raises DatabaseAway."""
        if key.startswith(BY_NAME):
            name = key.removeprefix(BY_NAME)
            script = self._script(name, user)
            if script is None:
                return None
            number = f"{name}-{hashlib.sha256(script.encode()).hexdigest()}"
            self._keep(user, number, script)
            return number
        if key.startswith(BY_NUMBER):
            number = key.removeprefix(BY_NUMBER)
            return self._made.get((user, number)) or self._script(number.partition("-")[0], user)
        return None

    def _script(self, name: str, user: str) -> str | None:
        if name == PANEL:
            return self.sorting.script(split(user)) or NOTHING
        return self._against_spam(user) if name == SPAM and self.spam else None

    def _against_spam(self, user: str) -> str:
        values = {"platform": self.platform, "domain": split(user).domain}
        rows = self.reader.rows("spam", values)
        action, threshold = rows[0] if rows else ("move", spam.THRESHOLD)
        listed = self.reader.rows("listed", values)
        return spam.script(
            action,
            threshold,
            allowed=[sender for kind, sender in listed if kind == "allow"],
            blocked=[sender for kind, sender in listed if kind == "block"],
        )

    def _keep(self, user: str, number: str, script: str) -> None:
        """Not until it is fetched: two deliveries at once ask for the same one."""
        self._made[user, number] = script
        self._made.move_to_end((user, number))
        if len(self._made) > KEPT:
            self._made.popitem(last=False)
