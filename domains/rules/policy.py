"""Finding the DMARC policy of a name: the DNS tree walk of RFC 9989 §4.10, over answers that are known. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from ..dmarc import DmarcRecord, Psd, Request, is_dmarc, parse_dmarc, resembles_dmarc
from ..lookup.answers import Failure, Question, View
from ..rrset import absolute, txt_text

MAX_QUERIES = 8


class Source(StrEnum):
    """Whose record it is."""

    OWN = "own"
    ORGANIZATION = "organization"
    SUFFIX = "suffix"
    NONE = "none"


@dataclass(slots=True)  # not frozen only because a sweep makes millions: nobody changes one
class WalkStep:
    """What one name of the walk holds. `records` are the texts that are DMARC records: more than one count as none.

    `misspelt` are those that were meant as one. `failure`: the name could not be asked.
    """

    name: str  # absolute, `_dmarc.…`
    records: tuple[str, ...] = ()
    misspelt: tuple[str, ...] = ()
    failure: Failure | None = None

    @property
    def record(self) -> DmarcRecord | None:
        return parse_dmarc(self.records[0]) if len(self.records) == 1 else None


@dataclass(slots=True)
class Discovery:
    """The policy that applies to a domain, and the way to it. `steps` begin with the domain's own name.

    Where the own record is there the walk ends with it. A failed step can hide a policy: with Source.NONE and a
    failure among the steps nobody can tell.
    """

    source: Source
    steps: tuple[WalkStep, ...]
    name: str = ""  # absolute, where the record is
    record: DmarcRecord | None = None
    request: Request | None = None  # for mail from the domain itself: `p` of its own record, else `sp`

    @property
    def own(self) -> WalkStep:
        return self.steps[0]

    @property
    def failures(self) -> tuple[tuple[str, Failure], ...]:
        return tuple((step.name, step.failure) for step in self.steps if step.failure is not None)


def discover_policy(domain: str, answers: View) -> Discovery | None:
    """Find the policy for mail from `domain` (final dot or not). None: `answers` wants more."""
    own = _step(f"_dmarc.{absolute(domain)}", answers)
    if own is None:
        return None
    if (record := own.record) is not None:
        return Discovery(Source.OWN, (own,), own.name, record, record.p)
    if own.failure is not None:
        return Discovery(Source.NONE, (own,))
    above = [_step(name, answers) for name in walk_names(domain)[1:]]
    steps = [own]
    for step in above:
        if step is None:
            return None
        steps.append(step)
        if step.record is not None and step.record.psd != Psd.UNSAID:
            break
    return _found_above(tuple(steps))


def walk_names(domain: str) -> tuple[str, ...]:
    """The names that the walk asks for, in order: the domain's, then at most seven labels, one fewer each time."""
    labels = absolute(domain).rstrip(".").split(".")
    longest = min(len(labels) - 1, MAX_QUERIES - 1)
    parents = [labels[-count:] for count in range(longest, 0, -1)]
    return tuple("_dmarc." + ".".join(part) + "." for part in [labels, *parents])


def _step(name: str, answers: View) -> WalkStep | None:
    answer = answers.get(Question(name, "TXT"))
    if answer is None:
        return None
    if answer.failure is not None and not answer.circular:
        return WalkStep(name, failure=answer.failure)
    return WalkStep(name, *_texts(answer.values))


@lru_cache(maxsize=4096)
def _texts(values: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    texts = [txt_text(value) for value in dict.fromkeys(values)]  # duplicates count once: RFC 2181 §5
    records = tuple(text for text in texts if is_dmarc(text))
    return records, tuple(text for text in texts if not is_dmarc(text) and resembles_dmarc(text))


def _found_above(steps: tuple[WalkStep, ...]) -> Discovery:
    """The organizational domain's record, else the public suffix's (§4.10.1, §4.10.2). The own name has none."""
    holding = [(step, step.record) for step in steps if step.record is not None]
    suffix = next(((step, record) for step, record in holding if record.psd == Psd.YES), None)
    if suffix is None:
        if not holding:
            return Discovery(Source.NONE, steps)
        # psd=n ends the walk, so it is the last one too.
        step, record = holding[-1]
        return Discovery(Source.ORGANIZATION, steps, step.name, record, record.sp)
    # The organizational domain is one label below the suffix.
    below = next(
        ((step, record) for step, record in holding if step.name.count(".") == suffix[0].name.count(".") + 1),
        None,
    )
    step, record = below or suffix
    return Discovery(Source.ORGANIZATION if below else Source.SUFFIX, steps, step.name, record, record.sp)
