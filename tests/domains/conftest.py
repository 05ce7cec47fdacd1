"""What the tests of `domains` share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from domains.lookup.answers import Answer, Question
from domains.lookup.engine import run
from domains.reach import Unreachable
from domains.rrset import quote_txt
from panel.models import Platform


class PaperEngine:
    """Answers for names outside the zones of a test: the platforms' hosts and includes are there, nothing else is.

    The resolver that never answers would leave every plan unknown, after seconds of patience. Asking real resolvers is
    held in tests/cases and tests/e2e.
    """

    def __init__(self, platforms: list[Platform]) -> None:
        self.texts = {
            f"{platform.spf_include}.": quote_txt(
                "v=spf1 " + " ".join(f"ip{6 if ':' in a else 4}:{a}" for a in platform.outbound_addresses) + " -all"
            )
            for platform in platforms
        }
        self.hosts = {
            f"{host}.": f"192.0.2.{100 + number}"
            for platform in platforms
            for number, host in enumerate([*platform.mx_hosts, platform.autodiscover_host, platform.imap_host])
        }

    async def __aenter__(self) -> PaperEngine:
        self.loop = asyncio.get_running_loop()
        return self

    async def __aexit__(self, *args: Any) -> None:
        pass

    async def ask_many(self, questions: Iterable[Question], deadline: float | None = None) -> dict[Question, Answer]:
        return {question: self.answer(question) for question in questions}

    def answer(self, question: Question) -> Answer:
        if question.type == "TXT" and question.name in self.texts:
            return Answer((self.texts[question.name],), 300)
        if question.name in self.hosts:
            return Answer((self.hosts[question.name],), 300) if question.type == "A" else Answer()
        return Answer(nxdomain=question.name not in self.texts)


@pytest.fixture(autouse=True)
def _outside_on_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    def engine(resolvers: Any = ()) -> PaperEngine:
        return PaperEngine(platforms)

    platforms: list[Platform] = []

    def remembered(asking: Any) -> Any:
        platforms[:] = list(Platform.objects.all())
        return run(asking)

    monkeypatch.setattr("domains.zones.reading.engine", engine)
    monkeypatch.setattr("domains.zones.reading.run", remembered)


@pytest.fixture
def nothing_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host has an address that could be learned: what the resolver that never answers comes to, without the wait."""

    def addresses_of(host: str) -> None:
        raise Unreachable("unresolved", host)

    monkeypatch.setattr("domains.reach.addresses_of", addresses_of)
