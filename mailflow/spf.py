"""SPF of those who send to us: whoever was not allowed to use a sender's name gets no bounce sent to that sender."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from domains.asking import engine
from domains.lookup.answers import Answers
from domains.lookup.engine import Engine
from domains.spf import check_host

from .addresses import split

log = logging.getLogger(__name__)

ROUNDS = 15  # of questions for one record
SECONDS = 5.0  # for all of them
WAIT = 3.0  # that a message waits for its sender's result
KEPT = 300.0  # seconds
MOST = 5_000  # results kept


async def evaluate(
    asking: Engine, address: str, domain: str, *, sender: str = "", helo: str = "", seconds: float = SECONDS
) -> str:
    """`pass`, `fail`, … (RFC 7208 §2.6); empty where the DNS does not answer."""
    answers = Answers()
    deadline = asking.loop.time() + seconds
    for _round in range(ROUNDS):
        result = check_host(address, domain, answers, sender=sender, helo=helo)
        if result is not None:
            return str(result.result)
        wanted = list(answers.wanted)
        for question, answer in zip(
            wanted, await asyncio.gather(*(asking.ask(q, deadline) for q in wanted)), strict=True
        ):
            answers.put(question, answer)
    return ""


async def ask_the_dns(address: str, sender: str, helo: str) -> str:
    async with engine() as asking:
        return await evaluate(asking, address, split(sender).domain, sender=sender, helo=helo)


@dataclass
class Senders:
    """Results for those whose mail may be passed on: begun at RCPT, wanted when the message comes."""

    evaluate: Callable[[str, str, str], Awaitable[str]] = ask_the_dns
    _results: OrderedDict[str, tuple[str, float, asyncio.Task[str]]] = field(default_factory=OrderedDict)

    def begin(self, client: str, sender: str, helo: str) -> None:
        known, now = self._results.get(sender.lower()), time.monotonic()
        if not sender or (known is not None and known[0] == client and known[1] + KEPT > now):
            return
        self._results[sender.lower()] = client, now, asyncio.ensure_future(self._evaluate(client, sender, helo))
        while len(self._results) > MOST:
            self._results.popitem(last=False)[1][2].cancel()

    async def failed(self, sender: str) -> bool:
        """Whether the sender's domain says that the client which came with it last may not use it."""
        result = self._results.get(sender.lower())
        if result is None:
            return False
        try:
            return await asyncio.wait_for(asyncio.shield(result[2]), WAIT) == "fail"
        except TimeoutError:
            return False

    async def _evaluate(self, client: str, sender: str, helo: str) -> str:
        try:
            return await self.evaluate(client, sender, helo)
        except Exception:  # whatever a stranger's record makes of it
            log.exception("SPF of %s from %s", sender, client)
            return ""
