"""The policy server's questions to the views: each prepared once, on a connection of its own, without Django.

The answers come within a fraction of a millisecond, so they are waited for where they are asked: that costs less than
handing them to a thread. What bounds a database that hangs are time-outs; whoever asked then answers 451.
"""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Protocol

import psycopg
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from .databases import GRACE_MIB, numbered, sqlite_path

SECONDS = 3  # for connecting, and for one answer
PAUSE = 1.0  # after a connection that failed: nobody waits for the next one meanwhile

_FULL = f"""CASE WHEN r.quota > 0 AND (r.used >= r.quota * 1048576
               OR r.used + CAST(:size AS bigint) > (r.quota + {GRACE_MIB}) * 1048576) THEN 'full' ELSE 'here' END"""
# Whether the sender's domain is the listed one or below it.
_ORIGIN = "'.' || CAST(:sender_domain AS text)"
_BELOW = f"SUBSTR({_ORIGIN}, LENGTH({_ORIGIN}) - LENGTH(l.sender)) = '.' || l.sender"
_ADDRESS = "platform = :platform AND domain = :domain AND local_part IN (:local, :base)"

_MEMBERS = "SELECT 'member', target, outside, 1, number, group_number, plain FROM mailflow_member"

# A row for the domain: its mode and target, this address's mailbox (whether it is full, and the account's own address),
# another of our platforms that has the address, the mailbox that takes what nobody has, the group that it is, and how
# the sender is listed. Then a row for each address that its mail is passed on to. Scalar subqueries: SQLite would work
# out a joined view for all domains first.
_ROUTE = f"""
SELECT 'domain', d.mode, d.target,
       (SELECT MIN({_FULL} || ' ' || r.account) FROM mailflow_recipient r
         WHERE r.platform = d.platform AND r.domain = d.domain AND r.local_part IN (:local, :base)),
       (SELECT MIN(o.platform) FROM mailflow_recipient o
         WHERE o.domain = d.domain AND o.local_part IN (:local, :base) AND o.platform <> d.platform),
       (SELECT MIN({_FULL} || ' ' || r.account) FROM mailflow_catch_all r
         WHERE r.platform = d.platform AND r.domain = d.domain),
       (SELECT MIN(g.senders || ':' || CAST(g.number AS text)) FROM mailflow_group g
         WHERE g.platform = d.platform AND g.domain = d.domain AND g.local_part IN (:local, :base)),
       {{listed}},
       0, 0, 0
  FROM mailflow_domain d
 WHERE d.platform = :platform AND d.domain = :domain
UNION ALL
SELECT 'forward', target, '', '', '', '', '', '', outside, keep, number FROM mailflow_forward WHERE {_ADDRESS}"""  # noqa: S608 - texts of ours
_LISTED = f"""(SELECT MIN(l.kind) FROM mailflow_listed l
         WHERE l.platform = d.platform AND l.domain = d.domain AND (l.sender = :sender OR {_BELOW}))"""  # noqa: S608

QUERIES = {
    # What a recipient is: see _ROUTE.
    "route": _ROUTE.format(listed=_LISTED),
    # The same, and the logins that may send as the sender: one question for a RCPT from somebody who has signed in,
    # whom no list keeps out.
    "submission": f"""{_ROUTE.format(listed="''")}
UNION ALL
SELECT 'sender', login, mailbox, service, '', '', '', '', 0, 0, 0 FROM mailflow_sender
 WHERE platform = :platform AND domain = :sender_domain AND local_part IN (:sender_local, :sender_base)""",  # noqa: S608 - texts of ours
    # Whom a message to this address is for: what it is, and where it goes.
    "expand": f"""
SELECT 'account', account, 0, 1, 0, 0, 0 FROM mailflow_recipient WHERE {_ADDRESS}
UNION ALL
SELECT 'forward', target, outside, keep, number, 0, 0 FROM mailflow_forward WHERE {_ADDRESS}
UNION ALL
{_MEMBERS} WHERE {_ADDRESS}
UNION ALL
SELECT 'catch-all', account, 0, CASE WHEN mode = 'authoritative' THEN 1 ELSE 0 END, 0, 0, 0
  FROM mailflow_catch_all WHERE platform = :platform AND domain = :domain""",  # noqa: S608 - texts of ours
    "members": f"{_MEMBERS} WHERE group_number = CAST(:group AS bigint) ORDER BY number",
    # May this login, or an address that nobody has signed in with, write to the group?
    "may_write": """
SELECT 1 FROM mailflow_group g
 WHERE g.number = CAST(:group AS bigint)
   AND ((g.senders = 'organization' AND EXISTS (SELECT 1 FROM mailflow_sender s
          WHERE s.domain = :domain AND s.local_part = :local AND s.organization = g.organization AND :login <> ''))
     OR (g.senders = 'members' AND EXISTS (SELECT 1 FROM mailflow_member m
          WHERE m.group_number = g.number AND m.target IN (:address, :plain)))
     OR (g.senders = 'named' AND EXISTS (SELECT 1 FROM mailflow_group_sender w
          WHERE w.group_number = g.number AND w.address IN (:address, :plain))))""",
    # What an account does with its mail: its rules in their order, and its reply. One question, since every delivery
    # asks it; the other two are asked where they matter.
    "sorting": """
SELECT 'rule', number, position, match_any, conditions, actions, outside, '', ''
  FROM mailflow_rule WHERE platform = :platform AND domain = :domain AND local_part = :local
UNION ALL
SELECT 'reply', 0, 0, days, subject, text, 0, starts || ' ' || ends, audience
  FROM mailflow_reply WHERE platform = :platform AND domain = :domain AND local_part = :local""",
    "aliases": """
SELECT alias FROM mailflow_alias WHERE platform = :platform AND domain = :domain AND local_part = :local""",
    "siblings": "SELECT sibling FROM mailflow_sibling WHERE platform = :platform AND domain = :domain",
    "mailbox": """
SELECT MIN(mailbox) FROM mailflow_recipient
 WHERE platform = :platform AND domain = :domain AND local_part = :local""",
    "spam": "SELECT action, threshold FROM mailflow_spam WHERE platform = :platform AND domain = :domain",
    "listed": """
SELECT kind, sender FROM mailflow_listed WHERE platform = :platform AND domain = :domain ORDER BY sender""",
    "domain": "SELECT mode, target FROM mailflow_domain WHERE platform = :platform AND domain = :domain",
    "owner": "SELECT organization, service FROM mailflow_owner WHERE platform = :platform AND domain = :domain",
    "senders": """
SELECT login, mailbox, service FROM mailflow_sender
 WHERE platform = :platform AND domain = :domain AND local_part IN (:local, :base)""",
    "credentials": """
SELECT device, password, mailbox, lockout_threshold, lockout_reset, lockout_duration, lockout_everybody,
       number, web_only, must_change, password_at, max_age, expires_from
  FROM mailflow_login
 WHERE platform = :platform AND domain = :domain AND local_part = :local""",
    "blocked": """
SELECT blocked FROM mailflow_login
 WHERE platform = :platform AND domain = :domain AND local_part = :local AND device = ''""",
    # The keys that sign what a domain sends (the newest does), and the domain's footer for one account.
    "outgoing": """
SELECT 'key', selector, private_key, number, '', '', '' FROM mailflow_dkim
 WHERE platform = :platform AND domain = :domain
UNION ALL
SELECT 'footer', text, html, only_outside, first_name, last_name, display_name FROM mailflow_footer
 WHERE platform = :platform AND domain = :domain AND login_domain = :login_domain AND login = :login_local""",
    "platforms": """
SELECT platform, mx_hosts, imap_host, smtp_host, outbound_addresses, spf_include FROM mailflow_platform""",
}

type Row = tuple[Any, ...]


class DatabaseAway(Exception):  # noqa: N818 - said to whoever asks: later
    """The database cannot be asked now."""


class Reader(Protocol):
    asked: Counter[str]

    def rows(self, query: str, values: Mapping[str, str]) -> list[Row]:
        """Raises DatabaseAway."""

    def close(self) -> None: ...


class SqliteReader:
    def __init__(self, path: str) -> None:
        self.asked = Counter[str]()
        self._path = path
        self._connection: sqlite3.Connection | None = None

    def rows(self, query: str, values: Mapping[str, str]) -> list[Row]:
        self.asked[query] += 1
        try:
            if self._connection is None:
                self._connection = sqlite3.connect(
                    f"file:{self._path}?mode=ro", uri=True, timeout=SECONDS, isolation_level=None
                )
            return self._connection.execute(QUERIES[query], values).fetchall()
        except sqlite3.Error as error:
            self.close()
            raise DatabaseAway(str(error)) from error

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class PostgresReader:
    """By libpq's own calls: a cursor for each question cost as much again as the question."""

    def __init__(self, url: str) -> None:
        self.asked = Counter[str]()
        self._url = url
        self._connection: psycopg.Connection[Row] | None = None
        self._not_before = 0.0
        self._statements = {name: numbered(text) for name, text in QUERIES.items()}
        self._prepared: set[str] = set()

    def rows(self, query: str, values: Mapping[str, str]) -> list[Row]:
        """A connection that broke since it was last used is replaced, once."""
        self.asked[query] += 1
        fresh = self._connection is None or self._connection.closed
        try:
            return self._ask(query, values)
        except psycopg.Error as error:
            self.close()
            if fresh:
                raise DatabaseAway(str(error)) from error
        try:
            return self._ask(query, values)
        except psycopg.Error as error:
            self.close()
            raise DatabaseAway(str(error)) from error

    def _ask(self, query: str, values: Mapping[str, str]) -> list[Row]:
        if self._connection is None or self._connection.closed:
            if time.monotonic() < self._not_before:
                raise DatabaseAway("it was away a moment ago")
            self._not_before = time.monotonic() + PAUSE
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=SECONDS,
                options=f"-c statement_timeout={SECONDS}s",
                keepalives_idle=SECONDS,
                tcp_user_timeout=SECONDS * 1000,
            )
            self._not_before = 0.0
            self._prepared.clear()
        text, names = self._statements[query]
        given = [values[name] for name in names]
        if any("\0" in value for value in given):
            raise psycopg.DataError("PostgreSQL has no texts with NUL")
        libpq, name = self._connection.pgconn, query.encode()
        if query not in self._prepared:
            _require(libpq.prepare(name, text.encode()), ExecStatus.COMMAND_OK)
            self._prepared.add(query)
        result = _require(libpq.exec_prepared(name, [value.encode() for value in given]), ExecStatus.TUPLES_OK)
        reading = Transformer(self._connection)
        reading.set_pgresult(result)
        return reading.load_rows(0, result.ntuples, tuple)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _require(result: PGresult, status: int) -> PGresult:
    if result.status != status:
        raise psycopg.OperationalError(result.error_message.decode("utf-8", "replace").strip())
    return result


def reader_of(url: str) -> Reader:
    path = sqlite_path(url)
    return PostgresReader(url) if path is None else SqliteReader(path)
