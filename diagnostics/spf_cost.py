"""Counting an SPF record's look-ups before it is published, for the plans of `domains`."""

from __future__ import annotations

import asyncio

from domains.asking import engine
from domains.lookup.answers import Answers
from domains.lookup.engine import run
from domains.spf import analyse
from domains.spf_cost import SpfCost

SECONDS = 5.0
ROUNDS = 15  # of questions: includes are nested no deeper in records that could pass


def count(name: str, record: str) -> SpfCost | None:
    """None where the names that the record includes do not answer in time."""
    return run(_count(name, record))


async def _count(name: str, record: str) -> SpfCost | None:
    answers = Answers()
    async with engine() as asking:
        deadline = asking.loop.time() + SECONDS
        for _round in range(ROUNDS):
            analysis = analyse(f"{name}.", answers, record=record)
            if analysis is not None:
                costs = sorted(analysis.costs, key=lambda cost: -cost.lookups)
                terms = tuple((cost.place.term, cost.lookups) for cost in costs)
                return None if analysis.failures else SpfCost(analysis.lookups, terms)
            wanted = list(answers.wanted)
            for question, answer in zip(
                wanted, await asyncio.gather(*(asking.ask(q, deadline) for q in wanted)), strict=True
            ):
                answers.put(question, answer)
    return None
