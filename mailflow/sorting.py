"""Inbox rules and replies of an account as one script, made from the views at the moment in which it is asked for."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import date, tzinfo

from accounts.inbox_rules import sieve, terms

from .addresses import Address
from .deciding import RULE
from .queries import Reader

log = logging.getLogger(__name__)


@dataclass
class Sorting:
    reader: Reader
    platform: str
    host: str
    zone: tzinfo

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
