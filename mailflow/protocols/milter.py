"""The milter of submission (protocol version 6): one From with one address, the login's own; then the signature.

The protocol is that of Sendmail's libmilter, as Postfix speaks it (MILTER_README). Packets: length, command, data.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from dataclasses import dataclass, field
from email.utils import getaddresses

from ..addresses import printable, split
from ..deciding import Decider
from ..queries import DatabaseAway
from ..signing import Signer

log = logging.getLogger(__name__)

VERSION = 6
ADD_HEADERS = 0x01
# Not wanted: connect, HELO, RCPT, unknown commands, DATA; nor are replies to headers and to pieces of the body.
NO_CONNECT, NO_HELO, NO_RCPT, NO_UNKNOWN, NO_DATA = 0x01, 0x02, 0x08, 0x100, 0x200
NO_REPLY_HEADER, NO_REPLY_BODY = 0x80, 0x80000
STEPS = NO_CONNECT | NO_HELO | NO_RCPT | NO_UNKNOWN | NO_DATA | NO_REPLY_HEADER | NO_REPLY_BODY
MOST_OCTETS = 1_100_000  # of one packet


CONTINUE, REPLY, INSERT_HEADER, NEGOTIATE = b"c", b"y", b"i", b"O"


@dataclass
class Message:
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)


def packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack("!I", len(data) + 1) + command + data


async def milter(decider: Decider, signer: Signer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    macros: dict[str, str] = {}
    message = Message()
    while True:
        (size,) = struct.unpack("!I", await reader.readexactly(4))
        if not 0 < size <= MOST_OCTETS:
            return
        data = await reader.readexactly(size)
        command, data = data[:1], data[1:]
        answer = packet(CONTINUE)
        match command:
            case b"O":
                answer = packet(NEGOTIATE, struct.pack("!III", VERSION, ADD_HEADERS, STEPS))
            case b"D":
                parts = data[1:].decode("utf-8", "surrogateescape").split("\0")
                macros |= dict(zip(parts[::2], parts[1::2], strict=False))
                answer = b""
            case b"M":
                message = Message()
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
                answer = _judged(decider, signer, macros, message)
                message = Message()
            case b"A":
                message, answer = Message(), b""
            case b"K":
                macros, message, answer = {}, Message(), b""
            case b"Q":
                return
        if answer:
            writer.write(answer)
            await writer.drain()


def _judged(decider: Decider, signer: Signer, macros: dict[str, str], message: Message) -> bytes:
    login = macros.get("{auth_authen}", "")
    try:
        refusal, domain = _from(decider, login, macros.get("{mail_addr}", ""), message)
        if refusal:
            return packet(REPLY, refusal.encode() + b"\0")
        value = signer.signature(domain, message.headers, b"".join(message.body))
    except DatabaseAway as error:
        log.warning("a message of %s: %s", login, error)
        return packet(REPLY, b"451 4.3.0 The mail system cannot look this up now: try again later\0")
    except Exception:
        log.exception("a message of %s", login)
        return packet(REPLY, b"451 4.3.0 The mail system cannot sign this message now: try again later\0")
    if value is None:
        return packet(CONTINUE)
    header = struct.pack("!I", 0) + b"DKIM-Signature\0" + value.encode() + b"\0"
    return packet(INSERT_HEADER, header) + packet(CONTINUE)


def _from(decider: Decider, login: str, envelope: str, message: Message) -> tuple[str, str]:
    """(why it is refused, or empty; the domain that signs)."""
    values = [value.decode("utf-8", "surrogateescape") for name, value in message.headers if _is_from(name)]
    addresses = [address for _name, address in getaddresses(values)]
    if len(values) != 1 or len(addresses) != 1 or not split(addresses[0]).local:
        return "550 5.7.1 A message has one From header with one address", ""
    address = split(addresses[0])
    # That the envelope's sender is the login's own was decided at RCPT, a moment ago.
    if address != split(envelope) and login.lower() not in {name for name, *_rest in decider.senders(address)}:
        return f"553 5.7.1 <{printable(str(address))}> in From is not an address of {login}", ""
    return "", address.domain


def _is_from(name: bytes) -> bool:
    return name.strip().lower() == b"from"
