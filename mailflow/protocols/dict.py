"""Dovecot's dictionary protocol, as far as `quota_clone` and Sieve speak it. After each change of a mailbox the first
sets two keys, how many octets and how many messages there are; Sieve looks scripts up.

A line is a command: one letter, then fields divided by tabs. `H` greets, `B` begins a transaction (id, user), `S` sets
(id, key, value), `C` commits and wants an answer, `D` commits and wants none, `R` gives up, `L` looks up.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..queries import DatabaseAway

MOST_TRANSACTIONS = 100  # of one connection; Dovecot has one or two
KEYS = {"priv/quota/storage": "bytes", "priv/quota/messages": "messages"}
_ESCAPED = {"0": "\0", "1": "\1", "t": "\t", "r": "\r", "n": "\n"}
_ESCAPES = {char: letter for letter, char in _ESCAPED.items()}

# The user, octets and messages; None where only the other was said.
type Used = Callable[[str, int | None, int | None], None]


@dataclass
class _Transaction:
    user: str
    values: dict[str, int] = field(default_factory=dict)


async def use_of_mailboxes(used: Used, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    user, transactions = "", dict[str, _Transaction]()
    while line := await reader.readline():
        text = line.decode("utf-8", "replace").rstrip("\n")
        command, fields = text[:1], [_plain(part) for part in text[1:].split("\t")]
        if command == "H":
            user = fields[3] if len(fields) > 3 else ""
        elif command == "B" and len(transactions) < MOST_TRANSACTIONS:
            transactions[fields[0]] = _Transaction(fields[1] if len(fields) > 1 and fields[1] else user)
        elif command == "S" and len(fields) > 2 and fields[0] in transactions:
            if fields[1] in KEYS and fields[2].isascii() and fields[2].isdigit():
                transactions[fields[0]].values[KEYS[fields[1]]] = int(fields[2])
        elif command in {"C", "D", "R"}:
            ended = transactions.pop(fields[0], None)
            if command != "R" and ended is not None and ended.values:
                used(ended.user, ended.values.get("bytes"), ended.values.get("messages"))
            if command == "C":
                writer.write(f"O{fields[0]}\n".encode())
        elif command in {"L", "I"}:
            writer.write(b"N\n")
        await writer.drain()


# The user and the key; None where nothing is under it. Raises DatabaseAway where that cannot be said now.
type LookUp = Callable[[str, str], str | None]


async def scripts_of_mailboxes(look_up: LookUp, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers: `O` and the value, `N` for nothing, `F` for a failure."""
    user = ""
    while line := await reader.readline():
        text = line.decode("utf-8", "replace").rstrip("\n")
        command, fields = text[:1], [_plain(part) for part in text[1:].split("\t")]
        if command == "H":
            user = fields[3] if len(fields) > 3 else ""
        elif command == "L":
            asker = fields[1] if len(fields) > 1 and fields[1] else user
            try:
                value = look_up(asker, fields[0])
                answer = "N" if value is None else f"O{_escaped(value)}"
            except DatabaseAway as error:  # whoever asked tries again later
                answer = f"F{_escaped(str(error))}"
            writer.write(f"{answer}\n".encode())
        elif command == "I":
            writer.write(b"N\n")
        await writer.drain()


def _escaped(text: str) -> str:
    """As `_plain` reads it."""
    return re.sub("[\0\1\t\r\n]", lambda found: f"\x01{_ESCAPES[found[0]]}", text)


def _plain(text: str) -> str:
    return re.sub("\x01(.)", lambda found: _ESCAPED.get(found[1], found[1]), text)
