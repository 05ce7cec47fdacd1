"""What workers ask the DNS for pages (`domains.readings`)."""

from __future__ import annotations

from time import perf_counter
from typing import Any

from domains.asking import engine, engine_config
from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.lookup.engine import Engine, EngineConfig, run
from domains.models import Reading
from domains.spf.tree import tree
from domains.suffixes import registrable

from .sweep import breakers

HINT_SECONDS = 4.0
PROBE_SECONDS = 3.0
TREE_SECONDS = 12.0


def delegation(subject: dict[str, Any], reading: Reading) -> bool | None:
    """Whether a zone is delegated for the name, or for the one that a registrar would have sold; None where nobody
    could tell."""
    name = subject["name"]
    registered = registrable(name)
    answers = run(_ask_ns(list(dict.fromkeys([name, registered]))))
    if any(answer.failure is None and not answer.nxdomain for answer in answers):
        return True
    return None if any(answer.failure is not None for answer in answers) else False


async def _ask_ns(names: list[str]) -> list[Answer]:
    async with engine() as asking:
        questions = [Question(f"{name}.", "NS") for name in names]
        told = await asking.ask_many(questions, asking.loop.time() + HINT_SECONDS)
        return [told.get(question) or Answer(failure=Failure.TIMEOUT) for question in questions]


def mx(subject: dict[str, Any], reading: Reading) -> list[str] | None:
    """Values of the MX set of a name; None where nobody could tell."""
    answer = run(_ask_mx(subject["name"]))
    return None if answer.failure is not None else list(answer.values)


def spf(subject: dict[str, Any], reading: Reading) -> list[dict[str, Any]]:
    """The include tree of a name's SPF record as it is now (`domains.spf.tree`)."""
    return run(_spf_tree(subject["name"]))


async def _spf_tree(name: str) -> list[dict[str, Any]]:
    answers = Answers()
    async with engine() as asking:
        deadline = asking.loop.time() + TREE_SECONDS
        while (found := tree(f"{name}.", answers)) is None:
            wanted = list(answers.wanted)
            told = await asking.ask_many(wanted, deadline)
            for question in wanted:
                answers.put(question, told.get(question) or Answer(failure=Failure.TIMEOUT))
    return [term.to_json() for term in found]


async def _ask_mx(name: str) -> Answer:
    async with engine() as asking:
        return await asking.ask(Question(f"{name}.", "MX"), asking.loop.time() + HINT_SECONDS, fresh=True)


def resolvers(subject: dict[str, Any], reading: Reading) -> dict[str, Any]:
    """How every resolver answers one question now."""
    names = breakers.control_names()[:1] or ["."]
    config = engine_config()
    servers = [*config.resolvers, *config.stub_zones.values()]
    return {"name": names[0], "servers": run(_probe(config, list(dict.fromkeys(servers)), names[0]))}


async def _probe(config: EngineConfig, endpoints: list[tuple[str, int]], name: str) -> list[dict[str, Any]]:
    """How each of these answers one question, and how long that takes."""
    health = []
    question = Question(name.rstrip(".").lower() + ".", "SOA" if name == "." else "A")
    for host, port in endpoints:
        alone = EngineConfig(
            resolvers=((host, port),),
            allowed_networks=config.allowed_networks,
            question_seconds=PROBE_SECONDS,
        )
        started = perf_counter()
        async with Engine(alone) as asking:
            answer = await asking.ask(question)
        health.append(
            {
                "host": host,
                "port": port,
                "failure": str(answer.failure) if answer.failure else "",
                "milliseconds": round((perf_counter() - started) * 1000),
            }
        )
    return health
