"""MX: where mail for the domain goes. RFC 5321 §5.1, RFC 7505. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..lookup.answers import NOT_RESPONSIBLE, UNCONFIRMED, Answer, Failure, Question, View
from ..records import Kind, Level, RequiredRecord
from ..rrset import Action, Fix, RRset
from .beside import Beside
from .check_input import PreparedInput
from .finding import Finding, add, failed, in_place_of, redirection, remove, rrset, undotted, unknown
from .verdicts import Problem, Status
from .why import (
    AliasCircle,
    MxAllDead,
    MxForeign,
    MxIncomplete,
    MxIsAddress,
    MxIsCname,
    MxMissing,
    MxNull,
    MxOrder,
    MxOtherName,
    MxTargetMissing,
    NameIsAlias,
    Why,
)

MAX_FOREIGN = 10  # exchangers that are looked up
NULL = "."
HERE_ALL_THE_SAME = (MxIsCname, MxOtherName)  # of foreign names: the mail comes here already


def find(prepared: PreparedInput, view: View) -> Finding | None:
    answer = view.get(prepared.mx)
    if answer is None:
        return None
    if answer.failure is not None and not answer.circular:
        return unknown(prepared.mx, answer)
    if prepared.authoritative and sorted(answer.values) == sorted(_required(prepared).values):
        return Finding(Status.OK, Level.REQUIRED, found=rrset(prepared.mx, answer))
    order = _exchangers(answer.values)
    if not order:
        return _missing(prepared, answer)
    return (
        _authoritative(prepared, view, answer, order)
        if prepared.authoritative
        else _split(prepared, view, answer, order)
    )


def _exchangers(values: tuple[str, ...]) -> dict[str, int]:
    """Hosts with their (best) preference."""
    hosts: dict[str, int] = {}
    for value in values:
        preference, _, host = value.partition(" ")
        number = int(preference)
        host = host.strip().lower()
        if host not in hosts or number < hosts[host]:
            hosts[host] = number
    return hosts


def _required(prepared: PreparedInput) -> RequiredRecord:
    return prepared.required[Kind.MX][0]


def _beside(prepared: PreparedInput, moves_mail: bool, **more: Any) -> Beside:
    return Beside(accounts=prepared.given.accounts, moves_mail=moves_mail, **more)


def _missing(prepared: PreparedInput, answer: Answer) -> Finding:
    if answer.chain:
        return alias_in_the_way(prepared, prepared.mx, answer, _beside(prepared, True), _required(prepared))
    fixes = (add(_required(prepared)),)
    return Finding(
        status=Status.MISSING,
        level=Level.REQUIRED,
        why=MxMissing(),
        beside=_beside(prepared, True),
        fixes=fixes,
        at=prepared.mx,
    )


def alias_in_the_way(
    prepared: PreparedInput, question: Question, answer: Answer, beside: Beside, record: RequiredRecord
) -> Finding:
    """The domain's own name is an alias, so that no record can stand there.

    Taking the alias away would take the web site with it: no fix of ours, the reason says what to do. An alias that
    leads back to itself leads to no web site.
    """
    name, target = answer.chain[0]
    why: Why = redirection(name, target) if answer.dname else NameIsAlias(name=name, target=target)
    fixes: tuple[Fix, ...] = ()
    if answer.circular and not answer.dname:
        why = AliasCircle(name=name, target=target)
        beside = replace(beside, circle=name)
        if answer.chain[-1][1] == name:
            fixes = (remove(name, "CNAME", answer.ttl or None, (target,)), add(record))
    return Finding(
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=why,
        beside=beside,
        problems=(Problem.CNAME_WITH_OTHER_DATA,),
        found=rrset(question, answer),
        fixes=fixes,
        at=question,
    )


def _authoritative(prepared: PreparedInput, view: View, answer: Answer, order: dict[str, int]) -> Finding | None:
    rank = prepared.ours.rank
    previous = prepared.previous.rank if prepared.previous else {}
    if all(host in rank or host in previous for host in order):
        return _ours_only(prepared, answer, order)
    if answer.chain:
        return alias_in_the_way(prepared, prepared.mx, answer, _beside(prepared, True), _required(prepared))
    strangers = [host for host in sorted(order, key=order.__getitem__) if host not in rank and host not in previous]
    hosts = [host for host in strangers if host != NULL and not _is_address(host)]
    problems: list[Problem] = []
    addresses = [host.removesuffix(".") for host in strangers if _is_address(host)]
    why: Why = MxNull() if NULL in strangers else MxIsAddress(hosts=addresses)
    if hosts:
        looked = [look_up(view, host) for host in hosts[:MAX_FOREIGN]]
        known = _why_foreign(prepared, view, hosts, looked)
        if known is None:
            return None
        why = known
        foreign = () if isinstance(why, MxIsCname) else (Problem.MX_FOREIGN,)
        problems = [*foreign, *dict.fromkeys(one for one in looked if isinstance(one, Problem))]
    if NULL in strangers:
        problems.append(Problem.MX_NULL)
    if addresses:
        problems.append(Problem.MX_IS_ADDRESS)
    fixes = (in_place_of(_required(prepared), answer),)
    return Finding(
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=why,
        beside=_beside(
            prepared, bool(hosts) and not isinstance(why, HERE_ALL_THE_SAME), undotted=undotted(hosts, rank)
        ),
        problems=tuple(problems),
        found=rrset(prepared.mx, answer),
        fixes=fixes,
        at=prepared.mx,
    )


def _why_foreign(
    prepared: PreparedInput, view: View, hosts: list[str], looked: list[Problem | Answer | None]
) -> Why | None:
    """What to say of hosts that are not ours by name. They may lead here under another name, or nowhere at all.

    None: not known yet.
    """
    ours = [view.get(Question(host, "A")) for host in prepared.ours.rank]
    if None in ours or None in looked:
        return None
    named = [host.removesuffix(".") for host in hosts]
    if all(one == Problem.MX_TARGET_MISSING for one in looked):
        return MxTargetMissing(hosts=named)
    answers = [view.get(Question(host, "A")) for host in hosts[:MAX_FOREIGN]]
    if all(answer is not None and any(end in prepared.ours.rank for _, end in answer.chain) for answer in answers):
        return MxIsCname(hosts=named, targets=_targets(view, hosts[:MAX_FOREIGN]))
    addresses = {address for answer in ours if answer is not None for address in answer.values}
    if all(answer is not None and answer.values and addresses.issuperset(answer.values) for answer in answers):
        return MxOtherName(hosts=named)
    return MxForeign(hosts=named)


def _targets(view: View, hosts: list[str]) -> list[str]:
    """Where hosts that are aliases lead."""
    answers = [view.get(Question(host, "A")) for host in hosts]
    return [answer.chain[-1][1].removesuffix(".") for answer in answers if answer and answer.chain]


def _ours_only(prepared: PreparedInput, answer: Answer, order: dict[str, int]) -> Finding:
    """Nothing foreign: are all there, in our order? The hosts of before a move count as a whole set too."""
    found = rrset(prepared.mx, answer)
    rank = prepared.ours.rank
    previous = prepared.previous
    whole = all(host in order for host in rank)
    old = previous is not None and not whole and all(host in order for host in previous.rank)
    ranks = rank if not old or previous is None else previous.rank
    if (whole or old) and _in_order(order, ranks):
        if previous is not None and any(host not in rank for host in order):
            beside = Beside(until=prepared.given.platform.previous_until)
            return Finding(Status.OK, Level.REQUIRED, beside=beside, advice=(Problem.PREVIOUS_HOSTS,), found=found)
        return Finding(Status.OK, Level.REQUIRED, found=found)
    if answer.chain:
        return alias_in_the_way(prepared, prepared.mx, answer, _beside(prepared, False), _required(prepared))
    fixes = (in_place_of(_required(prepared), answer),)
    if whole:
        beside = _beside(prepared, False)
        problems = (Problem.MX_ORDER,)
        return Finding(
            status=Status.WRONG,
            level=Level.REQUIRED,
            why=MxOrder(),
            beside=beside,
            problems=problems,
            advice=(),
            found=found,
            fixes=fixes,
            at=prepared.mx,
        )
    absent = [host.removesuffix(".") for host in rank if host not in order]
    return Finding(
        status=Status.MISSING,
        level=Level.REQUIRED,
        why=MxIncomplete(hosts=absent),
        beside=_beside(prepared, False),
        problems=(),
        advice=(),
        found=found,
        fixes=fixes,
        at=prepared.mx,
    )


def _in_order(order: dict[str, int], ranks: Any) -> bool:
    preferences = [order[host] for host in ranks]
    return preferences == sorted(preferences)


def _split(prepared: PreparedInput, view: View, answer: Answer, order: dict[str, int]) -> Finding | None:
    """Non-authoritative: foreign exchangers are the other system's. Red only for what no mail can reach."""
    rank = prepared.ours.rank
    previous = prepared.previous.rank if prepared.previous else {}
    found = rrset(prepared.mx, answer)
    hosts = [host for host in order if host != NULL and not _is_address(host)]
    strangers = [host for host in hosts if host not in rank and host not in previous][:MAX_FOREIGN]
    looked = {host: look_up(view, host) for host in strangers}
    if any(one is None for one in looked.values()):
        return None
    aliases = [host for host, one in looked.items() if one == Problem.MX_IS_CNAME]
    addresses = [host for host in order if _is_address(host)]
    problems: list[Problem] = []
    why: Why | None = None
    if NULL in order:
        problems.append(Problem.MX_NULL)
        why = MxNull()
    if addresses:
        problems.append(Problem.MX_IS_ADDRESS)
        why = why or MxIsAddress(hosts=[host.removesuffix(".") for host in addresses])
    if aliases:
        problems.append(Problem.MX_IS_CNAME)
        hosts_named = [host.removesuffix(".") for host in aliases]
        why = why or MxIsCname(hosts=hosts_named, targets=_targets(view, aliases))
    gone = [host for host, one in looked.items() if one == Problem.MX_TARGET_MISSING]
    advice = (Problem.MX_TARGET_MISSING,) if gone else ()
    if gone and len(gone) == len(order):
        return _all_dead(prepared, view, answer, gone)
    if problems:
        beside = _beside(prepared, False)
        here = _leading_here(prepared, view, aliases)
        fixes = _split_fixes(prepared, answer, hosts, [NULL, *addresses], here)
        left = [alias for alias in aliases if alias not in here]
        if left and fixes:  # they are the other system's, so the check stays red when these changes are made
            names = [host.removesuffix(".") for host in left]
            beside = replace(beside, left=names, left_targets=_targets(view, left))
        return Finding(
            status=Status.WRONG,
            level=Level.REQUIRED,
            why=why,
            beside=beside,
            problems=tuple(problems),
            advice=advice,
            found=found,
            fixes=fixes,
            at=prepared.mx,
        )
    for host, one in looked.items():
        if isinstance(one, Answer) and one.failure is not None and one.failure not in NOT_RESPONSIBLE:
            return unknown(Question(host, "A"), one)
    beside = _beside(prepared, False, enters_elsewhere=not any(host in rank or host in previous for host in hosts))
    if any(host in previous and host not in rank for host in hosts):
        advice = (*advice, Problem.PREVIOUS_HOSTS)
        beside = replace(beside, until=prepared.given.platform.previous_until)
    if gone:
        beside = replace(beside, dead=[host.removesuffix(".") for host in gone])
    return Finding(
        status=Status.OK,
        level=Level.REQUIRED,
        beside=beside,
        problems=(),
        advice=advice,
        found=found,
        at=prepared.mx,
    )


def moved(prepared: PreparedInput, view: View, finding: Finding, slips: Sequence[RRset]) -> Finding | None:
    """Split domain: hosts that stand under a doubled name go to the right one, whosever they are, if mail reaches them.

    None: not known yet.
    """
    values = tuple(dict.fromkeys(value.lower() for slip in slips for value in slip.values))
    strangers = [host for host in _exchangers(values) if host not in prepared.ours.rank]
    if prepared.authoritative or not strangers:
        return finding
    looked = [NULL if host == NULL or _is_address(host) else look_up(view, host) for host in strangers[:MAX_FOREIGN]]
    if None in looked:
        return None
    gone = {slip.name for slip in slips}
    if not all(isinstance(one, Answer) and one.failure is None for one in looked):
        # Which host was meant, nobody here knows: the slip is left where it harms nobody.
        fixes = tuple(fix for fix in finding.fixes if fix.name not in gone)
        return replace(finding, fixes=fixes)
    fixes = tuple(
        replace(fix, values=values) if fix.name not in gone and fix.action != Action.REMOVE else fix
        for fix in finding.fixes
    )
    return replace(finding, fixes=fixes, beside=replace(finding.beside, moves_mail=False))


def _all_dead(prepared: PreparedInput, view: View, answer: Answer, gone: list[str]) -> Finding:
    """No host that the MX records name has an address: nobody's mail arrives. Which host is right, the other system
    knows. What only a cache says of other people's zones makes nothing red."""
    for host in gone:
        answers = [view.get(Question(host, type_)) for type_ in ("A", "AAAA")]
        doubtful = next((one for one in answers if one is not None and one.detail == UNCONFIRMED), None)
        if doubtful is not None:
            return failed(Failure.UNREACHABLE, host, "A", at=prepared.mx)
    return Finding(
        status=Status.WRONG,
        level=Level.REQUIRED,
        why=MxAllDead(hosts=[host.removesuffix(".") for host in gone]),
        beside=_beside(prepared, False, others=True),
        problems=(Problem.MX_TARGET_MISSING,),
        found=rrset(prepared.mx, answer),
        at=prepared.mx,
    )


def _split_fixes(
    prepared: PreparedInput, answer: Answer, hosts: list[str], dead: list[str], here: dict[str, str]
) -> tuple[Fix, ...]:
    """Take away what leads nowhere; where nothing else is left, mail enters here and is passed on. `here`: aliases of
    our own hosts, which take their place."""
    parted = [(value, *value.partition(" ")[::2]) for value in answer.values]
    gone = tuple(value for value, _, host in parted if host.strip().lower() in (*dead, *here))
    if answer.chain or not gone:
        return ()  # the other system's host is an alias: its own matter
    if not hosts:
        return (in_place_of(_required(prepared), answer),)
    ours = {f"{preference} {here[host.strip().lower()]}" for _, preference, host in parted if host.lower() in here}
    fixes: tuple[Fix, ...] = (remove(prepared.apex, "MX", answer.ttl, gone),)
    more = tuple(sorted(ours.difference(answer.values)))
    return (*fixes, Fix(Action.ADD, prepared.apex, "MX", answer.ttl or None, more)) if more else fixes


def _leading_here(prepared: PreparedInput, view: View, aliases: list[str]) -> dict[str, str]:
    """Those aliases that lead to a host of ours, with it."""
    found = {}
    for alias in aliases:
        answer = view.get(Question(alias, "A"))
        if answer is not None and answer.chain and answer.chain[-1][1] in prepared.ours.rank:
            found[alias] = answer.chain[-1][1]
    return found


def look_up(view: View, host: str) -> Problem | Answer | None:
    """An exchanger: an alias, without address, or fine (its answer, which may be a failure). None: not known yet."""
    answer = view.get(Question(host, "A"))
    if answer is None or (answer.failure is not None and not answer.circular):
        return answer
    if answer.chain:
        return Problem.MX_IS_CNAME
    if answer.values:
        return answer
    if answer.nxdomain:
        return Problem.MX_TARGET_MISSING
    other = view.get(Question(host, "AAAA"))
    if other is None or other.failure is not None or other.values:
        return other
    return Problem.MX_TARGET_MISSING


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.removesuffix("."))
    except ValueError:
        return False
    return True
