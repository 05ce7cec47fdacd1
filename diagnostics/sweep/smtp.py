"""How a target server answers `RCPT TO:<postmaster@domain>`. No message is ever sent: the conversation ends there.

Only a worker that staff declare to run on the platform's network (SMTP_PROBES) asks, since the target may answer other
networks differently. One conversation at a time with each server, with a pause between two. No Django.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict

from domains.lookup.answers import Question
from domains.lookup.engine import Engine
from domains.lookup.guard import may_connect
from domains.rrset import absolute
from domains.targets import parse_target

from ..judge import SmtpEvidence, SmtpOutcome

CONVERSATION_SECONDS = 12.0
WAIT_SECONDS = 20.0  # for one's turn
PAUSE_SECONDS = 0.2  # between two conversations with one server
AT_ONCE = 20  # conversations
MAX_LINES = 100  # of one reply
SMTP_PORT = 25

_ENHANCED = re.compile(r"\A(\d\.\d{1,3}\.\d{1,3})(?=\s|\Z)")


class Reply(Exception):  # noqa: N818 - an answer that ends the conversation
    """A reply that is not what the conversation needs to go on."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class Prober:
    """Talks to target servers, within one event loop. `helo`: the host name that it gives as its own."""

    def __init__(self, engine: Engine, helo: str) -> None:
        self._engine = engine
        self._helo = helo
        self._free = asyncio.Semaphore(AT_ONCE)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def evidence(self, target: str, domain: str) -> SmtpEvidence | None:
        """What the target of `domain` says; None where it has no address that may be connected to, or where so many
        wait for the same server that the turn does not come in time."""
        aim = parse_target(target)
        addresses = [aim.host] if aim.address is not None else await self._addresses(aim.host)
        config = self._engine.config
        permitted = (config.allowed_networks, config.forbidden_networks)
        allowed = [address for address in addresses if may_connect(address, *permitted)]
        if not allowed:
            return None
        turn = self._turns[allowed[0]]
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn.acquire()
        except TimeoutError:
            return None
        try:
            async with self._free, asyncio.timeout(CONVERSATION_SECONDS):
                return await self._converse(allowed[0], aim.port or SMTP_PORT, domain)
        except (OSError, EOFError, TimeoutError, ValueError, asyncio.LimitOverrunError):
            return SmtpEvidence(SmtpOutcome.SILENT)
        finally:
            asyncio.get_running_loop().call_later(PAUSE_SECONDS, turn.release)

    async def _addresses(self, host: str) -> list[str]:
        name = absolute(host)
        answers = await self._engine.ask_many([Question(name, "A"), Question(name, "AAAA")])
        return [value for question in sorted(answers, key=lambda q: q.type) for value in answers[question].values]

    async def _converse(self, address: str, port: int, domain: str) -> SmtpEvidence:
        reader, writer = await asyncio.open_connection(address, port, limit=4096)
        try:
            await _reply(reader, 220)
            await _command(reader, writer, f"EHLO {self._helo}")
            await _command(reader, writer, "MAIL FROM:<>")
        except Reply as reply:
            # Not yet about this domain: a server that greets with 554 refuses us, not the domain.
            writer.close()
            return SmtpEvidence(SmtpOutcome.DEFERRED, reply.code, "", reply.text)
        try:
            text = await _command(reader, writer, f"RCPT TO:<postmaster@{domain}>")
        except Reply as reply:
            outcome = SmtpOutcome.REFUSED if 500 <= reply.code < 600 else SmtpOutcome.DEFERRED
            enhanced = _ENHANCED.match(reply.text)
            return SmtpEvidence(outcome, reply.code, enhanced[1] if enhanced else "", reply.text)
        else:
            return SmtpEvidence(SmtpOutcome.ACCEPTED, 250, "", text)
        finally:
            if not writer.is_closing():
                writer.write(b"QUIT\r\n")
                writer.close()


async def _command(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> str:
    writer.write(f"{line}\r\n".encode("ascii"))
    await writer.drain()
    return await _reply(reader, 250)


async def _reply(reader: asyncio.StreamReader, wanted: int) -> str:
    """The text of a reply (RFC 5321 §4.2). Raises Reply where its code is of another class than `wanted`."""
    texts: list[str] = []
    for _ in range(MAX_LINES):
        line = (await reader.readuntil(b"\n")).decode("ascii", "replace").rstrip("\r\n")
        code, texts = int(line[:3]), [*texts, line[4:]]
        if line[3:4] != "-":
            text = " ".join(texts)[:500]
            if code // 100 != wanted // 100:
                raise Reply(code, text)
            return text
    raise ValueError("a reply without end")
