"""A DNS on paper: zones as text, answers without sockets."""

from __future__ import annotations

from collections.abc import Callable

from domains.lookup.answers import Answer, Answers, Failure, Question
from domains.rrset import quote_txt
from domains.spf import SpfResult, check_host

MAX_CHAIN = 8
HERE4 = "192.0.2.10"
HERE6 = "2001:db8::10"


type Zone = dict[str, list[tuple[str, str]]]


def zone(text: str) -> Zone:
    """Lines of `name TYPE value` (names without final dot; TXT without quotes; FAIL with a failure as value)."""
    found: Zone = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        name, kind, *value = line.split(" ", 2)
        found.setdefault(name.lower() + ".", []).append((kind, value[0] if value else ""))
    return found


def answer(data: Zone, question: Question, depth: int = 0) -> Answer:
    """What `data` says: records, an alias followed, nothing, or no such name (RFC 8020: nothing below it either)."""
    records = data.get(question.name)
    if records is None:
        return Answer(nxdomain=not any(name.endswith("." + question.name) for name in data))
    values = tuple(_value(kind, value) for kind, value in records if kind == question.type)
    if values:
        return Answer(values=values)
    for kind, value in records:
        if kind == "FAIL":
            return Answer(failure=Failure(value))
        if kind == "CNAME":
            if depth == MAX_CHAIN:
                return Answer(failure=Failure.CHAIN)
            return answer(data, Question(value + ".", question.type), depth + 1)
    return Answer()


def _value(kind: str, value: str) -> str:
    if kind == "TXT":
        return quote_txt(value)
    if kind == "MX" and value == "0":
        return "0 ."
    return value.lower() + "." if kind in ("MX", "PTR") else value


def settle[T](judge: Callable[[Answers], T | None], data: Zone) -> tuple[T, int]:
    """Run a judge until nothing is wanted. Returns what it says and how many rounds of asking that took."""
    answers = Answers()
    rounds = 0
    while (said := judge(answers)) is None:
        assert answers.wanted, "a judge that wants nothing must say something"
        rounds += 1
        for question in list(answers.wanted):
            answers.put(question, answer(data, question))
    return said, rounds


def evaluate(data: Zone, ip: str = HERE4, domain: str = "d.example") -> SpfResult:
    return settle(lambda answers: check_host(ip, domain, answers), data)[0]


def spf_zone(text: str, more: str = "") -> Zone:
    """A zone with the SPF record `text` at d.example, and more."""
    data = zone(more)
    data.setdefault("d.example.", []).append(("TXT", text))
    return data
