"""What rules and replies become in Sieve: no text of a person ever means anything but itself."""

from __future__ import annotations

import string
import subprocess
from dataclasses import replace
from datetime import UTC, date
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sievelib import commands
from sievelib.parser import Parser
from sievelib.tools import unquote

from accounts.inbox_rules import sieve, terms
from accounts.inbox_rules.sieve import Mailbox, script_of
from accounts.inbox_rules.terms import Comparison, Deed, ReplyTerms, Rule, RuleAction, RuleCondition, Subject
from tests.servers.process import program

MAILBOX = Mailbox(
    address="jan@aurora.example",
    aliases=("info@aurora.example",),
    rules=(),
    reply=None,
    domains=frozenset({"aurora.example"}),
    outside=True,
    zone=UTC,
)
# Whatever might end a string, a list, a block or a comment, and what `variables` and `encoded-character` would expand.
NASTY = st.lists(
    st.one_of(
        st.sampled_from(
            [
                '"',
                "\\",
                '\\"',
                "];",
                "}",
                "{",
                "${x}",
                "${hex:22}",
                "#",
                "/*",
                "*/",
                "text:",
                ".",
                "*",
                "?",
                "[",
                "discard;",
            ]
        ),
        st.text(alphabet=st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=8),
    ),
    max_size=8,
).map("".join)
VALUES = NASTY.filter(lambda text: bool(text.strip()) and len(text) <= terms.VALUE_LENGTH)
TEXT_SUBJECTS = (Subject.FROM, Subject.TO, Subject.SUBJECT, Subject.HEADER)


def script(*rules: Rule, reply: ReplyTerms | None = None, **fields: object) -> str:
    mailbox = replace(MAILBOX, rules=rules, reply=reply, **fields)  # type: ignore[arg-type]
    return script_of(mailbox, lambda number, place: f"mailflow-rule-{number}-{place}@mx1.pro.test")


def rule(*conditions: RuleCondition, do: tuple[RuleAction, ...] = (RuleAction(Deed.READ),), **fields: object) -> Rule:
    return Rule(name="", conditions=conditions, actions=do, **fields)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def sievec() -> str:
    return program("sievec", "dovecot-sieve")


def compiles(sievec: str, folder: Path, text: str) -> str:
    """What Dovecot's own compiler says of it; empty where it takes it."""
    path = folder / "script.sieve"
    path.write_text(text, newline="")
    done = subprocess.run([sievec, str(path), str(folder / "script.svbin")], capture_output=True, text=True)
    return done.stderr if done.returncode else ""


def parsed(text: str) -> list[commands.Command]:
    parser = Parser()
    assert parser.parse(text), parser.error
    return list(parser.result)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXT_SUBJECTS), st.sampled_from(list(terms.COMPARISONS[Subject.FROM])), VALUES, VALUES)
def test_any_text_is_read_again_as_itself(subject: Subject, how: Comparison, value: str, folder: str) -> None:
    condition = RuleCondition(subject, how, value, "X-Any" if subject is Subject.HEADER else "")
    found = parsed(script(rule(condition, do=(RuleAction(Deed.MOVE, folder),))))
    assert [command.name for command in found] == ["require", "if"]
    block = found[1]
    assert [child.name for child in block.children] == ["fileinto"]
    assert unquote(block.children[0]["mailbox"]) == folder
    test = block["test"]
    while test.name in {"not", "anyof"}:
        test = test["test"] if test.name == "not" else test["tests"][-1]
    assert test.name == "header"
    keys = test["key-list"]
    written = [unquote(key) for key in (keys if isinstance(keys, list) else [keys])]
    if how in {Comparison.BEGINS, Comparison.ENDS}:
        assert test["match-type"] == ":matches"
        pattern = written[0].removesuffix("*") if how is Comparison.BEGINS else written[0].removeprefix("*")
        assert literal(pattern) == value
    else:
        assert written[0] == value


def literal(pattern: str) -> str:
    """The one text that a pattern without wildcards fits."""
    found, escaped = "", False
    for char in pattern:
        assert escaped or char not in "*?"
        found += char if escaped or char != "\\" else ""
        escaped = char == "\\" and not escaped
    return found


@settings(max_examples=60, deadline=None)
@given(NASTY, st.lists(NASTY, min_size=1, max_size=4).map("\n".join).filter(str.strip))
def test_a_reply_says_what_was_written(subject: str, text: str) -> None:
    found = parsed(script(reply=ReplyTerms(subject, text)))
    (vacation,) = found[1].children
    assert vacation.name == "vacation"
    assert unquote(vacation["reason"]) == "\r\n".join(text.splitlines())
    if subject:
        assert unquote(vacation.extra_arguments["subject"]) == subject


def test_variables_are_never_asked_for() -> None:
    assert not {"variables", "encoded-character", "include", "editheader"} & set(sieve.REQUIRED)


def every_rule() -> list[Rule]:
    conditions = [
        RuleCondition(subject, how, "5000" if subject is Subject.SIZE else 'a "b" \\ *ż', "X-Any")
        for subject, comparisons in terms.COMPARISONS.items()
        for how in comparisons
    ]
    actions = [RuleAction(deed, "Invoices/Żółte" if deed in terms.WITH_FOLDER else "a@b.example") for deed in Deed]
    return [rule(condition, do=(action,), number=7) for condition in conditions for action in actions]


def test_dovecot_takes_every_kind_of_rule(sievec: str, tmp_path: Path) -> None:
    reply = ReplyTerms("Away", "I am away.\n.\n", date(2026, 12, 1), date(2026, 12, 24), 3, terms.Audience.ORGANIZATION)
    assert not compiles(sievec, tmp_path, script(*every_rule(), reply=reply))


def test_dovecot_takes_as_much_as_there_may_be(sievec: str, tmp_path: Path) -> None:
    """Rules that stop and rules that delete in turn: what a reply looks at is the deepest."""
    value = "ż" * (terms.TOGETHER_AT_MOST // terms.RULES_AT_MOST // terms.CONDITIONS_AT_MOST)
    conditions = [RuleCondition(Subject.FROM, Comparison.BEGINS, value)] * terms.CONDITIONS_AT_MOST
    rules = [
        rule(*conditions, do=(RuleAction(Deed.DISCARD if number % 2 else Deed.STOP),), number=number)
        for number in range(terms.RULES_AT_MOST)
    ]
    text = script(
        *rules,
        reply=ReplyTerms("Away", "ż" * terms.TEXT_LENGTH),
        aliases=tuple(f"alias{number}@aurora.example" for number in range(1000)),
    )
    assert len(text.encode()) < 4 * 2**20
    assert not compiles(sievec, tmp_path, text)


def test_the_days_of_a_reply_are_those_of_the_installation() -> None:
    reply = ReplyTerms("", "Away", date(2026, 3, 28), date(2026, 3, 29))
    text = script(reply=reply, zone=ZoneInfo("Europe/Warsaw"))
    assert ':value "ge" "iso8601" "2026-03-27T23:00:00"' in text
    assert ':value "lt" "iso8601" "2026-03-29T22:00:00"' in text  # clocks went forward


def test_what_the_policy_forbids_is_neither_forwarded_nor_deleted() -> None:
    away = rule(
        RuleCondition(Subject.SUBJECT, Comparison.IS, "x"),
        do=(RuleAction(Deed.FORWARD, "a@outside.example"), RuleAction(Deed.DISCARD)),
        number=3,
    )
    text = script(away, outside=False)
    assert "redirect" not in text
    assert "discard" not in text
    assert 'redirect :copy "mailflow-rule-3-0@mx1.pro.test"' in script(away)
    inside = replace(away, actions=(RuleAction(Deed.FORWARD, "a@aurora.example"), RuleAction(Deed.DISCARD)))
    assert "redirect" in script(inside, outside=False)
    assert "discard" in script(inside, outside=False)
    both = replace(away, actions=(RuleAction(Deed.FORWARD, "b@aurora.example"), *away.actions))
    assert "discard" in script(both)
    half = script(both, outside=False)
    assert half.count("redirect") == 1
    assert "discard" not in half, "one of the two whom it was meant for does not get it"
    assert "stop" in half


def test_nothing_to_do_is_no_script() -> None:
    off = rule(RuleCondition(Subject.SUBJECT, Comparison.IS, "x"), enabled=False)
    assert script(off, reply=ReplyTerms("", "Away", enabled=False)) == ""


def test_flags_come_before_what_files_the_message() -> None:
    text = script(
        rule(
            RuleCondition(Subject.SUBJECT, Comparison.IS, "x"),
            do=(
                RuleAction(Deed.STOP),
                RuleAction(Deed.MOVE, "A"),
                RuleAction(Deed.COPY, "B"),
                RuleAction(Deed.READ),
                RuleAction(Deed.FLAG),
            ),
        )
    )
    order = [text.index(word) for word in ('"\\\\Seen"', '"\\\\Flagged"', '"B"', '"A"', "stop;")]
    assert all(first < second for first, second in pairwise(order))


def codes(one: Rule) -> list[tuple[str, int | None, str, str]]:
    return [(fault.part, fault.place, fault.entry, fault.code) for fault in terms.faults_of(terms.cleaned(one))]


FITS = RuleCondition(Subject.SUBJECT, Comparison.CONTAINS, "x")


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (rule(FITS), []),
        (rule(), [("conditions", None, "", "rule-no-conditions")]),
        (rule(FITS, do=()), [("actions", None, "", "rule-no-actions")]),
        (rule(*[FITS] * 11), [("conditions", None, "", "rule-many-conditions")]),
        (rule(RuleCondition("nonsense", "is", "x")), [("conditions", 0, "subject", "rule-choice")]),
        (rule(FITS, RuleCondition("subject", "over", "x")), [("conditions", 1, "comparison", "rule-comparison")]),
        (rule(RuleCondition("header", "is", "x", "a b")), [("conditions", 0, "header", "rule-header")]),
        (rule(RuleCondition("header", "is", "x", "List-Id:")), []),
        (rule(RuleCondition("size", "over", "many")), [("conditions", 0, "value", "rule-size")]),
        (rule(RuleCondition("size", "over", "٣")), [("conditions", 0, "value", "rule-size")]),
        (rule(RuleCondition("subject", "is", " ")), [("conditions", 0, "value", "rule-empty")]),
        (rule(RuleCondition("subject", "is", "a\nb")), [("conditions", 0, "value", "rule-value")]),
        (rule(RuleCondition("subject", "is", "a" * 201)), [("conditions", 0, "value", "rule-value")]),
        (rule(FITS, do=(RuleAction("move", "a.b"),)), [("actions", 0, "value", "rule-folder")]),
        (rule(FITS, do=(RuleAction("move", "/a"),)), [("actions", 0, "value", "rule-folder")]),
        (rule(FITS, do=(RuleAction("read"), RuleAction("explode"))), [("actions", 1, "deed", "rule-choice")]),
        (rule(FITS, do=(RuleAction("move", "a"), RuleAction("discard"))), [("actions", None, "", "rule-ends-twice")]),
        (rule(FITS, do=(RuleAction("read"), RuleAction("read"))), [("actions", None, "", "rule-action-twice")]),
        (replace(rule(FITS), name="a" * 65), [("name", None, "", "rule-name")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_rule(one: Rule, wanted: list[tuple[str, int | None, str, str]]) -> None:
    assert codes(one) == wanted


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (ReplyTerms("", "Away"), []),
        (ReplyTerms("", " \n"), ["reply-empty"]),
        (ReplyTerms("a\nb", "Away"), ["reply-subject"]),
        (ReplyTerms("", "a" * 5001), ["reply-long"]),
        (ReplyTerms("", "a\u202eb"), ["reply-characters"]),
        (ReplyTerms("", "Away", date(2026, 2, 1), date(2026, 1, 1)), ["reply-ends-before"]),
        (ReplyTerms("", "Away", None, date(9999, 12, 31)), ["reply-year"]),
        (ReplyTerms("", "Away", days=0), ["reply-days"]),
        (ReplyTerms("", "Away", audience="friends"), ["rule-choice"]),
    ],
)
def test_what_is_wrong_with_a_reply(reply: ReplyTerms, wanted: list[str]) -> None:
    assert [fault.code for fault in terms.faults_of_reply(reply)] == wanted


@given(st.text(alphabet=string.printable + "żŁ", max_size=40))
def test_a_folder_s_name_is_one_that_a_maildir_can_have(name: str) -> None:
    if terms.is_folder(name):
        assert not set(name) & set('.\\*%~\n\r\t\0"')
        assert all(part == part.strip() != "" for part in name.split("/"))
