"""Inbox rules and replies as Dovecot asks for them at each delivery: a script made at that moment from the views.

Pigeonhole asks a dictionary twice: for the number of the script that is called `panel`, then for the script of that
number. The number is the script's own hash, and no compiled script is kept anywhere: none outlives a change.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import date, tzinfo

from accounts.inbox_rules import sieve, terms

from .addresses import Address, split
from .deciding import RULE
from .queries import Reader

log = logging.getLogger(__name__)

NAME = "panel"  # of the script
BY_NAME, BY_NUMBER = f"priv/sieve/name/{NAME}", "priv/sieve/data/"
NOTHING = "# no rules\n"  # to Dovecot 2.4 a script that is not there is one that cannot be read now
KEPT = 500  # scripts between the two questions


@dataclass
class Scripts:
    reader: Reader
    platform: str
    host: str
    zone: tzinfo
    _made: OrderedDict[tuple[str, str], str] = field(default_factory=OrderedDict)

    def look_up(self, user: str, key: str) -> str | None:
        """What the dictionary holds under this key for a mailbox; None: nothing. Raises DatabaseAway."""
        if key == BY_NAME:
            script = self.script(split(user)) or NOTHING
            number = hashlib.sha256(script.encode()).hexdigest()
            self._keep(user, number, script)
            return number
        if key.startswith(BY_NUMBER):
            number = key.removeprefix(BY_NUMBER)
            return self._made.pop((user, number), None) or self.script(split(user)) or NOTHING
        return None

    def script(self, login: Address) -> str:
        """Empty where the account has neither rules nor a reply."""
        values = {"platform": self.platform, "domain": login.domain, "local": login.local}
        rows = self.reader.rows("sorting", values)
        if not rows:
            return ""
        try:
            mailbox = self._mailbox(login, rows, values)
            return sieve.script_of(mailbox, lambda number, place: f"{RULE}{number}-{place}@{self.host}")
        except (KeyError, TypeError, ValueError):
            log.exception("rules of %s", login)  # nobody's mail is lost for it: it goes to the inbox
            return ""

    def _mailbox(self, login: Address, rows: list[tuple[object, ...]], values: dict[str, str]) -> sieve.Mailbox:
        rules, reply, outside = [], None, True
        for row in sorted((row for row in rows if row[0] == "rule"), key=lambda row: (row[2], row[1])):
            _kind, number, _position, match_any, conditions, actions, open_, *_rest = row
            outside = bool(open_)
            rules.append(
                terms.Rule(
                    name="",
                    conditions=terms.conditions_of(json.loads(str(conditions))),
                    actions=terms.actions_of(json.loads(str(actions))),
                    match_any=bool(match_any),
                    number=int(str(number)),
                )
            )
        for _kind, _number, _position, days, subject, text, _open, between, audience in rows:
            if _kind == "reply":
                starts, _blank, ends = str(between).partition(" ")
                reply = terms.ReplyTerms(
                    subject=str(subject),
                    text=str(text),
                    starts=date.fromisoformat(starts) if starts else None,
                    ends=date.fromisoformat(ends) if ends else None,
                    days=int(str(days)),
                    audience=str(audience),
                )
        inside = reply is not None and reply.audience == terms.Audience.ORGANIZATION
        domains = inside or (not outside and terms.forwards_in(rules))
        return sieve.Mailbox(
            address=str(login),
            aliases=tuple(str(row[0]) for row in self.reader.rows("aliases", values)) if reply else (),
            rules=tuple(rules),
            reply=reply,
            domains=frozenset(str(row[0]) for row in self.reader.rows("siblings", values)) if domains else frozenset(),
            outside=outside,
            zone=self.zone,
        )

    def _keep(self, user: str, number: str, script: str) -> None:
        self._made[user, number] = script
        if len(self._made) > KEPT:
            self._made.popitem(last=False)
