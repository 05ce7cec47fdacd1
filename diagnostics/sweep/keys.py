"""Whether new DKIM keys are published: asked of the authoritative servers, all of them, before a key signs.

A resolver that has cached the key says nothing of the others, and a secondary that lags would make receivers refuse
what is signed with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils import timezone

from domains.asking import engine, in_stub_zone
from domains.dkim import KeyMatch, match_key
from domains.lookup.answers import Answer, Answers, Question, View
from domains.lookup.engine import Engine
from domains.models import DkimKey
from domains.rrset import txt_text

from ..judge.authoritative import AuthoritativeServers, ServerView

BATCH = 200
AT_ONCE = 20
ROUNDS = 20
QUESTIONS = 200  # for one key
SECONDS = 20.0  # for one key
LEAST, MOST = timedelta(seconds=30), timedelta(hours=1)  # between two questions for one key


def seen_everywhere(answers: Answers, name: str, question: Question, key: str) -> bool:
    """Whether every authoritative server of `name` that answers publishes `key` at `question`, one at least.

    While it wants answers it says False. Pure.
    """
    authoritative = AuthoritativeServers(answers, name)
    zone = authoritative.zone
    if zone is None or zone.failure is not None:
        return False
    views = [ServerView(authoritative, zone.apex, server) for server in authoritative.servers]
    said = [_publishes(view, question, key) for view in views]  # all of them, so that all are wanted at once
    return not answers.wanted and any(said) and False not in said


def _publishes(view: View, question: Question, key: str) -> bool | None:
    """None: no answer that tells anything."""
    answer = view.get(question)
    if answer is None or (answer.failure is not None and not answer.circular):
        return None
    return holds_key(answer, key)


def holds_key(answer: Answer, key: str) -> bool:
    match = match_key(map(txt_text, answer.values), key)
    return match.match == KeyMatch.EQUAL and not match.beside


def look_for_waiting(now: datetime | None = None) -> int:
    """Look for waiting keys whose time has come, and sign with those that are seen. Returns how many these are."""
    now = now or timezone.now()
    waiting = DkimKey.objects.filter(state=DkimKey.State.WAITING, due_at__lte=now, ownership__domains__state="verified")
    keys = list(waiting.select_related("name").distinct().order_by("due_at")[:BATCH])
    if not keys:
        return 0
    seen = asyncio.run(_look(keys))
    for key in keys:
        if key.pk not in seen:
            pause = min(max((now - key.created_at) / 10, LEAST), MOST)
            DkimKey.objects.filter(pk=key.pk, state=DkimKey.State.WAITING).update(due_at=now + pause)
    return sum(key.activate() for key in keys if key.pk in seen)


async def _look(keys: Iterable[DkimKey]) -> set[int]:
    """The keys that are published."""
    found: set[int] = set()
    places = asyncio.Semaphore(AT_ONCE)
    async with engine() as asking:

        async def look(key: DkimKey) -> None:
            async with places:
                try:
                    async with asyncio.timeout(SECONDS):
                        if await is_published(asking, key.name.name, key.selector, key.public_key):
                            found.add(key.pk)
                except TimeoutError:
                    return  # the next time

        await asyncio.gather(*(look(key) for key in keys))
    return found


async def is_published(asking: Engine, name: str, selector: str, key: str) -> bool:
    apex = f"{name}."
    question = Question(f"{selector}._domainkey.{apex}", "TXT")
    if in_stub_zone(name):  # resolver and authoritative server are one
        return holds_key(await asking.ask(question, fresh=True), key)
    answers = Answers()
    asked = 0
    for _ in range(ROUNDS):
        answers.wanted.clear()
        if seen_everywhere(answers, apex, question, key):
            return True
        wanted = set(answers.wanted)
        asked += len(wanted)
        if not wanted or asked > QUESTIONS:
            return False
        for known, answer in (await asking.ask_many(wanted, fresh=True)).items():
            answers.put(known, answer)
    return False
