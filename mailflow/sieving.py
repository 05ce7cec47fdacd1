"""Scripts that Dovecot runs for a mailbox before its own, asked for at each delivery.

Dovecot asks for a script's id by its name, then for the text by that id, and keeps what it has compiled under the id:
another text is another id.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from . import spam
from .addresses import split
from .queries import Reader

NAME, DATA = "priv/sieve/name/", "priv/sieve/data/"
KEPT = 1_000  # texts


@dataclass
class Scripts:
    reader: Reader
    platform: str
    _texts: OrderedDict[str, str] = field(default_factory=OrderedDict)

    def find(self, key: str, user: str) -> str | None:
        """The value of a key of Dovecot's. Raises DatabaseAway."""
        if key.startswith(DATA):
            return self._texts.get(key.removeprefix(DATA))
        make = self._makers().get(key.removeprefix(NAME))
        if make is None:
            return None
        text = make(user)
        number = hashlib.sha256(text.encode()).hexdigest()[:32]
        self._texts[number] = text
        self._texts.move_to_end(number)
        if len(self._texts) > KEPT:
            self._texts.popitem(last=False)
        return number

    def _makers(self) -> dict[str, Callable[[str], str]]:
        return {"spam": self._spam}

    def _spam(self, user: str) -> str:
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
