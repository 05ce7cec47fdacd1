"""What an inbox rule and an automatic reply are made of, and what may be in them. Pure.

Rules run from the top: each whose conditions hold does what it says, until one stops. Within a rule the order in which
its actions are written does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from panel.texts import is_printable

RULES_AT_MOST = 50  # of one account
CONDITIONS_AT_MOST = 10  # of one rule
ACTIONS_AT_MOST = 6
FORWARDS_AT_MOST = 10  # of all rules of an account
NAME_LENGTH = 64
VALUE_LENGTH = 200
TOGETHER_AT_MOST = 20_000  # characters of what all rules of an account look for
FOLDER_LENGTH = 100
SIZE_AT_MOST = 1_000_000  # kB
SUBJECT_LENGTH = 200
TEXT_LENGTH = 5_000
DAYS_AT_MOST = 30
YEARS = range(2000, 2101)

_HEADER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
# What the Maildir format, IMAP's wildcards or its private names would make of it.
_FOLDER_FORBIDDEN = frozenset('.\\*%~&#"')


class Subject(StrEnum):
    """What a condition looks at."""

    FROM = "from"
    TO = "to"  # or Cc
    SUBJECT = "subject"
    HEADER = "header"
    SIZE = "size"
    ATTACHMENT = "attachment"
    LIST = "list"


class Comparison(StrEnum):
    CONTAINS = "contains"
    IS = "is"
    BEGINS = "begins"
    ENDS = "ends"
    CONTAINS_NOT = "contains-not"
    IS_NOT = "is-not"
    OVER = "over"  # kB
    UNDER = "under"
    YES = "yes"
    NO = "no"


class Deed(StrEnum):
    """What a rule does."""

    MOVE = "move"
    COPY = "copy"
    READ = "read"
    FLAG = "flag"
    FORWARD = "forward"
    KEEP = "keep"
    DISCARD = "discard"
    STOP = "stop"


class Audience(StrEnum):
    """Who gets an automatic reply."""

    EVERYBODY = "everybody"
    ORGANIZATION = "organization"


TEXTS = (Comparison.CONTAINS, Comparison.IS, Comparison.BEGINS, Comparison.ENDS)
COMPARISONS: Mapping[Subject, tuple[Comparison, ...]] = {
    **dict.fromkeys(
        (Subject.FROM, Subject.TO, Subject.SUBJECT, Subject.HEADER),
        (*TEXTS, Comparison.CONTAINS_NOT, Comparison.IS_NOT),
    ),
    Subject.SIZE: (Comparison.OVER, Comparison.UNDER),
    Subject.ATTACHMENT: (Comparison.YES, Comparison.NO),
    Subject.LIST: (Comparison.YES, Comparison.NO),
}
WITH_FOLDER = frozenset({Deed.MOVE, Deed.COPY})
WITH_VALUE = WITH_FOLDER | {Deed.FORWARD}
# Of these a rule has one at most: they say where the message ends up.
ENDS_UP = frozenset({Deed.MOVE, Deed.KEEP, Deed.DISCARD})


@dataclass(frozen=True, slots=True)
class RuleCondition:
    subject: str
    comparison: str
    value: str = ""
    header: str = ""  # its name, of Subject.HEADER

    def stored(self) -> dict[str, str]:
        return {
            "subject": self.subject,
            "comparison": self.comparison,
            "value": self.value,
            "header": self.header,
        }


@dataclass(frozen=True, slots=True)
class RuleAction:
    deed: str
    value: str = ""  # a folder or an address

    def stored(self) -> dict[str, str]:
        return {"deed": self.deed, "value": self.value}


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    conditions: tuple[RuleCondition, ...]
    actions: tuple[RuleAction, ...]
    match_any: bool = False
    enabled: bool = True
    number: int = 0  # of its row

    @property
    def forwards(self) -> list[tuple[int, str]]:
        """Place among the actions, and the address."""
        return [(place, action.value) for place, action in enumerate(self.actions) if action.deed == Deed.FORWARD]


@dataclass(frozen=True, slots=True)
class ReplyTerms:
    subject: str
    text: str
    starts: date | None = None  # the first day
    ends: date | None = None  # the last one
    days: int = 7  # in which the same sender gets one
    audience: str = Audience.EVERYBODY
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class RuleFault:
    """`part` is a field of the rule; `place` its number among conditions or actions, `entry` the field there."""

    part: str
    code: str
    place: int | None = None
    entry: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)


def conditions_of(stored: Iterable[Mapping[str, Any]]) -> tuple[RuleCondition, ...]:
    return tuple(
        RuleCondition(str(c["subject"]), str(c["comparison"]), str(c.get("value", "")), str(c.get("header", "")))
        for c in stored
    )


def actions_of(stored: Iterable[Mapping[str, Any]]) -> tuple[RuleAction, ...]:
    return tuple(RuleAction(str(a["deed"]), str(a.get("value", ""))) for a in stored)


def faults_of(rule: Rule) -> list[RuleFault]:
    """All that is wrong with a rule; whether its addresses may be forwarded to is asked elsewhere."""
    found = []
    if len(rule.name) > NAME_LENGTH or not is_printable(rule.name):
        found.append(RuleFault("name", "rule-name", facts={"limit": NAME_LENGTH}))
    found += _number_of("conditions", len(rule.conditions), CONDITIONS_AT_MOST)
    found += _number_of("actions", len(rule.actions), ACTIONS_AT_MOST)
    for place, condition in enumerate(rule.conditions[:CONDITIONS_AT_MOST]):
        found += [RuleFault("conditions", code, place, entry, facts) for entry, code, facts in _of_condition(condition)]
    for place, action in enumerate(rule.actions[:ACTIONS_AT_MOST]):
        found += [RuleFault("actions", code, place, entry, facts) for entry, code, facts in _of_action(action)]
    deeds = [action.deed for action in rule.actions]
    if sum(deed in ENDS_UP for deed in deeds) > 1:
        found.append(RuleFault("actions", "rule-ends-twice"))
    elif any(deeds.count(deed) > 1 for deed in (Deed.READ, Deed.FLAG, Deed.STOP)):
        found.append(RuleFault("actions", "rule-action-twice"))
    return found


def faults_of_reply(reply: ReplyTerms) -> list[RuleFault]:
    found = []
    if len(reply.subject) > SUBJECT_LENGTH or not is_printable(reply.subject):
        found.append(RuleFault("subject", "reply-subject", facts={"limit": SUBJECT_LENGTH}))
    if not reply.text.strip():
        found.append(RuleFault("text", "reply-empty"))
    elif len(reply.text) > TEXT_LENGTH:
        found.append(RuleFault("text", "reply-long", facts={"limit": TEXT_LENGTH}))
    elif not all(map(is_printable, reply.text.replace("\t", " ").splitlines())):
        found.append(RuleFault("text", "reply-characters"))
    wrong = [part for part, day in (("starts", reply.starts), ("ends", reply.ends)) if day and day.year not in YEARS]
    if wrong:
        found += [RuleFault(part, "reply-year") for part in wrong]
    elif reply.starts and reply.ends and reply.ends < reply.starts:
        found.append(RuleFault("ends", "reply-ends-before"))
    if not 1 <= reply.days <= DAYS_AT_MOST:
        found.append(RuleFault("days", "reply-days", facts={"limit": DAYS_AT_MOST}))
    if reply.audience not in set(Audience):
        found.append(RuleFault("audience", "rule-choice"))
    return found


def _number_of(part: str, number: int, most: int) -> list[RuleFault]:
    if not number:
        return [RuleFault(part, f"rule-no-{part}")]
    return [RuleFault(part, f"rule-many-{part}", facts={"limit": most})] if number > most else []


def _of_condition(condition: RuleCondition) -> Iterator[tuple[str, str, dict[str, int]]]:
    if condition.subject not in set(Subject):
        yield "subject", "rule-choice", {}
        return
    subject = Subject(condition.subject)
    if condition.comparison not in COMPARISONS[subject]:
        yield "comparison", "rule-comparison", {}
    if subject is Subject.HEADER and not _HEADER.fullmatch(condition.header):
        yield "header", "rule-header", {}
    if subject is Subject.SIZE:
        number = condition.value
        if not (number.isascii() and number.isdigit() and len(number) < 8 and 0 < int(number) <= SIZE_AT_MOST):
            yield "value", "rule-size", {"limit": SIZE_AT_MOST}
    elif subject not in {Subject.ATTACHMENT, Subject.LIST}:
        if not condition.value.strip():
            yield "value", "rule-empty", {}
        elif len(condition.value) > VALUE_LENGTH or not is_printable(condition.value):
            yield "value", "rule-value", {"limit": VALUE_LENGTH}


def _of_action(action: RuleAction) -> Iterator[tuple[str, str, dict[str, int]]]:
    if action.deed not in set(Deed):
        yield "deed", "rule-choice", {}
    elif action.deed in WITH_FOLDER and not is_folder(action.value):
        yield "value", "rule-folder", {"limit": FOLDER_LENGTH}
    elif action.deed == Deed.FORWARD and not action.value.strip():
        yield "value", "rule-empty", {}


def is_folder(name: str) -> bool:
    """Whether Dovecot makes a folder of this name; parts are divided by `/`."""
    parts = name.split("/")
    return (
        0 < len(name.encode("utf-8", "replace")) <= FOLDER_LENGTH
        and is_printable(name)
        and not _FOLDER_FORBIDDEN & set(name)
        and all(part and part == part.strip() for part in parts)
    )


def cleaned(rule: Rule) -> Rule:
    """Without blanks around, and without what an entry does not use."""
    conditions = []
    for condition in rule.conditions:
        text = condition.subject not in {Subject.ATTACHMENT, Subject.LIST}
        conditions.append(
            RuleCondition(
                condition.subject,
                condition.comparison,
                condition.value.strip() if text else "",
                condition.header.strip().removesuffix(":") if condition.subject == Subject.HEADER else "",
            )
        )
    actions = [RuleAction(a.deed, a.value.strip() if a.deed in WITH_VALUE else "") for a in rule.actions]
    return Rule(
        name=rule.name.strip(),
        conditions=tuple(conditions),
        actions=tuple(actions),
        match_any=rule.match_any,
        enabled=rule.enabled,
        number=rule.number,
    )


def discards(rule: Rule) -> bool:
    """Whether nothing is left of a message: it is deleted, and nobody else gets it."""
    deeds = {action.deed for action in rule.actions}
    return Deed.DISCARD in deeds and not deeds & {Deed.COPY, Deed.FORWARD}


def length_of(rules: Iterable[Rule]) -> int:
    return sum(len(condition.value) for rule in rules for condition in rule.conditions)


def forwards_in(rules: Sequence[Rule]) -> int:
    return sum(len(rule.forwards) for rule in rules)
