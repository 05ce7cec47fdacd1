"""Rules and reply of one mailbox as a Sieve script (RFC 5228). Pure.

Built with sievelib's commands. It writes a text that looks quoted as it stands, so every text is quoted here first;
`variables` is never required, so that `${…}` in a text is a text.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from sievelib import commands
from sievelib.tools import quote

from .terms import Audience, Comparison, Deed, ReplyTerms, Rule, RuleCondition, Subject, discards

REQUIRED = ("fileinto", "mailbox", "copy", "imap4flags", "envelope", "mime", "vacation", "date", "relational")
DEEPEST = 12  # tests inside each other; Dovecot takes 32
HEADERS = {Subject.FROM: ["from"], Subject.TO: ["to", "cc"], Subject.SUBJECT: ["subject"]}
LIST_HEADERS = ("list-id", "list-post", "list-unsubscribe")
# Senders that read nothing, beside those that `vacation` itself never answers (RFC 5230 §4.6).
NOBODY = (
    *("postmaster", "mailer-daemon", "noreply*", "no-reply*", "no_reply*", "donotreply*", "do-not-reply*", "nobody"),
    *("mailflow-*", "*bounce*"),
)
SPAM = {"x-spam": "yes", "x-spam-flag": "yes", "x-spam-status": "yes"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What a script is made from."""

    address: str
    aliases: tuple[str, ...]
    rules: tuple[Rule, ...]
    reply: ReplyTerms | None
    domains: frozenset[str]  # the organization's
    outside: bool  # whether mail may be forwarded to others' domains
    zone: tzinfo


class MimeHeaderCommand(commands.HeaderCommand):
    """`header` looking into all parts of a message (RFC 5703 §4.3), which sievelib does not know."""

    args_definition: list[Any] = [
        {"name": "mime", "type": ["tag"], "values": [":mime"], "required": False},
        {"name": "anychild", "type": ["tag"], "values": [":anychild"], "required": False},
        *commands.HeaderCommand.args_definition,
    ]

    def __init__(self) -> None:
        super().__init__()
        self.name = "header"


def script_of(mailbox: Mailbox, hand_over: Callable[[int, int], str]) -> str:
    """Empty where there is nothing to do. `hand_over`: to whom a forwarded message is given, by the number of the rule
    and the place of the action: whoever it is looks the address up then."""
    rules = [rule for rule in mailbox.rules if rule.enabled and rule.conditions and rule.actions]
    reply = mailbox.reply if mailbox.reply is not None and mailbox.reply.enabled else None
    parts = [*_reply(reply, mailbox, rules)] if reply else []
    parts += [_rule(rule, mailbox, hand_over) for rule in rules]
    if not parts:
        return ""
    head = _command("require", capabilities=_quoted(REQUIRED))
    target = io.StringIO()
    for part in (head, *parts):
        part.tosieve(target=target)
    return target.getvalue()


def _rule(rule: Rule, mailbox: Mailbox, hand_over: Callable[[int, int], str]) -> commands.Command:
    block = _command("if", test=_holds(rule))
    for action in _actions(rule, mailbox, hand_over):
        block.addchild(action)
    return block


def _actions(rule: Rule, mailbox: Mailbox, hand_over: Callable[[int, int], str]) -> Iterable[commands.Command]:
    deeds = {action.deed for action in rule.actions}
    for deed, flag in ((Deed.READ, "\\Seen"), (Deed.FLAG, "\\Flagged")):
        if deed in deeds:
            yield _command("addflag", **{"list-of-flags": quote(flag)})
    for action in rule.actions:
        if action.deed == Deed.COPY:
            yield _command("fileinto", copy=":copy", create=":create", mailbox=quote(action.value))
    for action in rule.actions:
        if action.deed == Deed.MOVE:
            yield _command("fileinto", create=":create", mailbox=quote(action.value))
    passed_on = [place for place, address in rule.forwards if _may(mailbox, address)]
    for place in passed_on:
        yield _command("redirect", copy=":copy", address=quote(hand_over(rule.number, place)))
    if Deed.KEEP in deeds:
        yield _command("keep")
    if Deed.DISCARD in deeds and len(passed_on) == len(rule.forwards):  # else somebody would never see it
        yield _command("discard")
    if deeds & {Deed.STOP, Deed.DISCARD}:
        yield _command("stop")


def _may(mailbox: Mailbox, address: str) -> bool:
    return mailbox.outside or address.rpartition("@")[2] in mailbox.domains


def _holds(rule: Rule) -> commands.Command:
    tests = [_test(condition) for condition in rule.conditions]
    return _any(tests) if rule.match_any else _all(tests)


def _test(condition: RuleCondition) -> commands.Command:
    match condition.subject:
        case Subject.SIZE:
            return _command("size", comparator=f":{condition.comparison}", limit=f"{int(condition.value)}K")
        case Subject.ATTACHMENT:
            test: commands.Command = MimeHeaderCommand()
            test.arguments = {
                "mime": ":mime",
                "anychild": ":anychild",
                "match-type": ":contains",
                "header-names": quote("content-disposition"),
                "key-list": quote("attachment"),
            }
            return _unless(test, condition.comparison == Comparison.NO)
        case Subject.LIST:
            test = _any([_command("exists", **{"header-names": quote(name)}) for name in LIST_HEADERS])
            return _unless(test, condition.comparison == Comparison.NO)
        case _:
            return _text(condition)


def _text(condition: RuleCondition) -> commands.Command:
    if condition.subject == Subject.HEADER:
        headers = [condition.header]
    else:
        headers = HEADERS[Subject(condition.subject)]
    keys = _written(condition.value)
    match condition.comparison:
        case Comparison.BEGINS:
            how, keys = ":matches", [f"{_literal(key)}*" for key in keys]
        case Comparison.ENDS:
            how, keys = ":matches", [f"*{_literal(key)}" for key in keys]
        case Comparison.IS | Comparison.IS_NOT:
            how = ":is"
        case _:
            how = ":contains"
    test = _header(how, headers, keys)
    if condition.subject in {Subject.FROM, Subject.TO} and how != ":contains":
        # The address alone, or what stands before it.
        test = _any([_command("address", **_looked(how, "header-list", headers, keys)), test])
    return _unless(test, condition.comparison in {Comparison.CONTAINS_NOT, Comparison.IS_NOT})


def _header(how: str, headers: Sequence[str], keys: Sequence[str]) -> commands.Command:
    return _command("header", **_looked(how, "header-names", headers, keys))


def _looked(how: str, where: str, headers: Sequence[str], keys: Sequence[str]) -> dict[str, Any]:
    return {"match-type": how, where: _quoted(headers), "key-list": _quoted(keys)}


def _written(value: str) -> list[str]:
    """Sieve's comparator knows the case of ASCII alone: other letters in the forms in which they are written."""
    if value.isascii():
        return [value]
    return list(dict.fromkeys([value, value.lower(), value.upper(), value.capitalize(), value.title()]))


def _literal(text: str) -> str:
    """In a pattern (RFC 5228 §2.7.1)."""
    return "".join(f"\\{char}" if char in "*?\\" else char for char in text)


def _reply(reply: ReplyTerms, mailbox: Mailbox, rules: Sequence[Rule]) -> Iterable[commands.Command]:
    """Before the rules, so that none of them ends it; not for what one of them deletes."""
    tests = [_unless(_header(":contains", [name], [text]), True) for name, text in SPAM.items()]
    tests += [_unless(_command("exists", **{"header-names": quote(name)}), True) for name in LIST_HEADERS]
    for name in ("envelope", "address"):
        test = _command(name, **_looked(":matches", "header-list", ["from"], NOBODY))
        test.arguments["address-part"] = ":localpart"
        tests.append(_unless(test, True))
    if reply.starts:
        tests.append(_now("ge", _midnight(reply.starts, mailbox.zone)))
    if reply.ends:
        tests.append(_now("lt", _midnight(reply.ends + timedelta(days=1), mailbox.zone)))
    if reply.audience == Audience.ORGANIZATION:
        test = _command("envelope", **_looked(":is", "header-list", ["from"], sorted(mailbox.domains)))
        test.arguments["address-part"] = ":domain"
        tests.append(test)
    tests += _kept(rules)
    vacation = _command("vacation", days=":days", addresses=":addresses", reason=quote(_lines(reply.text)))
    vacation.extra_arguments = {
        "days": reply.days,
        "addresses": _quoted([mailbox.address, *mailbox.aliases]),
    }
    if reply.subject:
        vacation.arguments["subject"] = ":subject"
        vacation.extra_arguments["subject"] = quote(reply.subject)
    block = _command("if", test=_all(tests))
    block.addchild(vacation)
    yield block


def _kept(rules: Sequence[Rule]) -> list[commands.Command]:
    """That no rule deletes the message before another one stops: worked out from the last rule to the first."""
    kind, tests, depth = _all, list[commands.Command](), 0
    for rule in reversed(rules):
        if discards(rule):
            wanted, holds = _all, _unless(_holds(rule), True)
        elif tests and depth < DEEPEST and _stops(rule):
            wanted, holds = _any, _holds(rule)
        else:
            continue
        if tests and kind is not wanted:
            tests, depth = [kind(tests)], depth + 1
        kind, tests = wanted, [holds, *tests]
    return [kind(tests)] if tests else []


def _stops(rule: Rule) -> bool:
    return any(action.deed in {Deed.STOP, Deed.DISCARD} for action in rule.actions)


def _midnight(day: date, zone: tzinfo) -> str:
    """When a day begins there, as `currentdate` writes it in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _now(how: str, moment: str) -> commands.Command:
    test = _command("currentdate", **{"date-part": quote("iso8601"), "key-list": quote(moment)})
    test.arguments |= {"zone": ":zone", "match-type": ":value"}
    test.extra_arguments = {"zone": quote("+0000"), "match-type": quote(how)}
    return test


def _lines(text: str) -> str:
    return "\r\n".join(text.splitlines())


def _command(name: str, **arguments: Any) -> commands.Command:
    command = commands.get_command_instance(name, checkexists=False)
    command.arguments = dict(arguments)
    return command


def _quoted(texts: Iterable[str]) -> list[str]:
    return [quote(text) for text in texts]


def _all(tests: Sequence[commands.Command]) -> commands.Command:
    return tests[0] if len(tests) == 1 else _command("allof", tests=list(tests))


def _any(tests: Sequence[commands.Command]) -> commands.Command:
    return tests[0] if len(tests) == 1 else _command("anyof", tests=list(tests))


def _unless(test: commands.Command, negated: bool) -> commands.Command:
    return _command("not", test=test) if negated else test
