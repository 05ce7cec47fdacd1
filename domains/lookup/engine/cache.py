"""Answers that are asked for again and again in one sweep: a provider's shared include, a platform's host."""

from __future__ import annotations

from collections import OrderedDict

from ..answers import Answer, Question

FAILURE_SECONDS = 2.0  # one dead include must not cost each of a thousand domains the whole deadline at once


class Cache:
    """Bounded; the least recently used goes first. Honours TTLs, but never longer than `seconds`."""

    def __init__(self, size: int, seconds: float) -> None:
        self._size = size
        self._seconds = seconds
        self._entries: OrderedDict[Question, tuple[float, Answer]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, question: Question, now: float) -> Answer | None:
        entry = self._entries.get(question)
        if entry is None:
            return None
        if entry[0] <= now:
            del self._entries[question]
            return None
        self._entries.move_to_end(question)
        return entry[1]

    def put(self, question: Question, answer: Answer, now: float) -> None:
        if answer.failure is not None:
            lasts = FAILURE_SECONDS
        elif answer.values:
            lasts = min(answer.ttl, self._seconds)
        else:
            lasts = min(answer.negative_ttl or 0, self._seconds)
        if lasts <= 0:
            self._entries.pop(question, None)
            return
        self._entries[question] = now + lasts, answer
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
