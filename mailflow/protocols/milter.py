"""The milter of submission (protocol version 6): one From with one address, the login's own; then the domain's footer,
and the signature over both.

The protocol is that of Sendmail's libmilter, as Postfix speaks it (MILTER_README). Packets: length, command, data.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import getaddresses
from functools import partial

from django.conf import settings

from domains.footers import filled, values_of

from ..addresses import Address, printable, split
from ..deciding import Decider
from ..footing import Footed, add, mark_of
from ..parts import Header
from ..queries import DatabaseAway
from ..signing import Footing, Outgoing, Signer

log = logging.getLogger(__name__)

VERSION = 6
ADD_HEADERS, CHANGE_BODY, CHANGE_HEADERS = 0x01, 0x02, 0x10
ACTIONS = ADD_HEADERS | CHANGE_BODY | CHANGE_HEADERS
# Not wanted: connect, HELO, unknown commands, DATA; nor are replies to recipients, headers and pieces of the body.
NO_CONNECT, NO_HELO, NO_UNKNOWN, NO_DATA = 0x01, 0x02, 0x100, 0x200
NO_REPLY_HEADER, NO_REPLY_RCPT, NO_REPLY_BODY = 0x80, 0x8000, 0x80000
STEPS = NO_CONNECT | NO_HELO | NO_UNKNOWN | NO_DATA | NO_REPLY_HEADER | NO_REPLY_RCPT | NO_REPLY_BODY
MOST_OCTETS = 1_100_000  # of one packet
PIECE = 65_535  # octets of a body in one packet: MILTER_CHUNK_SIZE
AT_ONCE, HTML_AT_ONCE = 128 * 1024, 4_000  # of a body and of a footer; larger ones are worked on in a thread


CONTINUE, REPLY, NEGOTIATE, QUIT = b"c", b"y", b"O", b"Q"
INSERT_HEADER, ADD_HEADER, CHANGE_HEADER, REPLACE_BODY = b"i", b"h", b"m", b"b"


@dataclass
class Message:
    recipients: list[str] = field(default_factory=list)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)


def packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack("!I", len(data) + 1) + command + data


async def packets(reader: asyncio.StreamReader) -> AsyncIterator[tuple[bytes, bytes]]:
    """Commands with their data, until the other side is done or says what is too long. Raises EOFError."""
    while True:
        (size,) = struct.unpack("!I", await reader.readexactly(4))
        if not 0 < size <= MOST_OCTETS:
            return
        data = await reader.readexactly(size)
        if data[:1] == QUIT:
            return
        yield data[:1], data[1:]


async def milter(decider: Decider, signer: Signer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    macros: dict[str, str] = {}
    message = Message()
    async for command, data in packets(reader):
        answer = packet(CONTINUE)
        match command:
            case b"O":
                answer = packet(NEGOTIATE, struct.pack("!III", VERSION, ACTIONS, STEPS))
            case b"D":
                parts = data[1:].decode("utf-8", "surrogateescape").split("\0")
                macros |= dict(zip(parts[::2], parts[1::2], strict=False))
                answer = b""
            case b"M":
                message = Message()
            case b"R":
                address = data.split(b"\0")[0].decode("utf-8", "surrogateescape")
                message.recipients.append(address.strip().removeprefix("<").removesuffix(">"))
                answer = b""
            case b"L":
                name, value = data.split(b"\0")[:2]
                message.headers.append((name, value))
                answer = b""
            case b"B":
                message.body.append(data)
                answer = b""
            case b"E":
                if data:
                    message.body.append(data)
                answer = await _judged(decider, signer, macros, message)
                message = Message()
            case b"A":
                message, answer = Message(), b""
            case b"K":
                macros, message, answer = {}, Message(), b""
        if answer:
            writer.write(answer)
            await writer.drain()


async def _judged(decider: Decider, signer: Signer, macros: dict[str, str], message: Message) -> bytes:
    login, envelope = macros.get("{auth_authen}", ""), macros.get("{mail_addr}", "")
    try:
        refusal, sender = _from(decider, login, envelope, message)
        if refusal:
            return packet(REPLY, refusal.encode() + b"\0")
        outgoing = signer.outgoing(sender.domain, split(login))
        body = b"".join(message.body)
        footing = outgoing.footing if envelope and _is_wanted(outgoing.footing, sender, message.recipients) else None
        work = partial(_finished, outgoing, footing, sender, message.headers, body)
        if len(body) <= AT_ONCE and (footing is None or len(footing.html) <= HTML_AT_ONCE):
            return work()
        return await asyncio.to_thread(work)
    except DatabaseAway as error:
        log.warning("a message of %s: %s", login, error)
        return packet(REPLY, b"451 4.3.0 The mail system cannot look this up now: try again later\0")
    except Exception:
        log.exception("a message of %s", login)
        return packet(REPLY, b"451 4.3.0 The mail system cannot sign this message now: try again later\0")


def _is_wanted(footing: Footing | None, sender: Address, recipients: list[str]) -> bool:
    """`sender`: the address in From."""
    if footing is None:
        return False
    return not footing.only_outside or any(split(recipient).domain != sender.domain for recipient in recipients)


def _finished(
    outgoing: Outgoing, footing: Footing | None, sender: Address, headers: list[Header], body: bytes
) -> bytes:
    """The packets that change a message and let it go."""
    answer = []
    footed = _footed(footing, sender, headers, body) if footing else None
    if footed is not None:
        for name, value, present in footed.changed:
            pair = name + b"\0" + value + b"\0"
            answer.append(packet(CHANGE_HEADER, struct.pack("!I", 1) + pair) if present else packet(ADD_HEADER, pair))
        headers, body = footed.headers, footed.body
        answer += [packet(REPLACE_BODY, body[at : at + PIECE]) for at in range(0, len(body), PIECE)]
    signature = outgoing.signature(headers, body)
    if signature is not None:
        pair = b"DKIM-Signature\0" + signature.encode() + b"\0"
        answer.append(packet(INSERT_HEADER, struct.pack("!I", 0) + pair))
    return b"".join([*answer, packet(CONTINUE)])


def _footed(footing: Footing, sender: Address, headers: list[Header], body: bytes) -> Footed | None:
    """Mail goes on where a footer cannot."""
    try:
        values = values_of(
            first_name=footing.first_name,
            last_name=footing.last_name,
            display_name=footing.display_name,
            address=str(sender),
        )
        footer = filled(footing.text, footing.html, values)
        return add(headers, body, footer, mark_of(settings.SECRET_KEY.encode(), headers))
    except Exception:
        log.exception("a message goes without its footer")
        return None


def _from(decider: Decider, login: str, envelope: str, message: Message) -> tuple[str, Address]:
    """(why it is refused, or empty; the address in From, whose domain signs)."""
    values = [value.decode("utf-8", "surrogateescape") for name, value in message.headers if _is_from(name)]
    addresses = [address for _name, address in getaddresses(values)]
    if len(values) != 1 or len(addresses) != 1 or not split(addresses[0]).local or not _is_utf8(addresses[0]):
        return "550 5.7.1 A message has one From header with one address", Address("", "")
    address = split(addresses[0])
    # That the envelope's sender is the login's own was decided at RCPT, a moment ago.
    if address != split(envelope) and login.lower() not in {name for name, *_rest in decider.senders(address)}:
        return f"553 5.7.1 <{printable(str(address))}> in From is not an address of {login}", address
    return "", address


def _is_utf8(text: str) -> bool:
    """The database takes no other."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _is_from(name: bytes) -> bool:
    return name.strip().lower() == b"from"
