"""SRV: how mail programs find the servers. RFC 2782, RFC 6186, RFC 8314, and Outlook's autodiscover. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..lookup.answers import NOT_RESPONSIBLE, Answer, Failure, Question, View
from ..records import Level, RequiredRecord
from ..rrset import Fix, RRset
from .beside import Beside
from .check_input import MAX_NAME, PreparedInput
from .cname import OTHER_DATA, zone_servers
from .finding import Finding, add, circle, in_place_of, merged, redirection, remove, rrset, undotted, unknown
from .probes import wildcard_answered
from .verdicts import Problem, Status
from .why import (
    Flattened,
    SrvDenied,
    SrvIndirect,
    SrvLeftover,
    SrvMissing,
    SrvOtherHalf,
    SrvOtherTarget,
    SrvPort,
    Why,
)

# An alias that ends like this does not lead here, or only by way of a zone that the resolvers have no part in.
NO_WAY_HERE = frozenset({Failure.CHAIN, *NOT_RESPONSIBLE})
SUBMISSIONS = 465  # the port of `_submissions._tcp`, which does as well as `_submission._tcp` (RFC 8314 §5.1)


def find(prepared: PreparedInput, view: View) -> Finding | None:
    level = Level.REQUIRED if prepared.authoritative else Level.RECOMMENDED
    as_required = _as_required(prepared, view)
    if as_required is not None:
        return Finding(Status.OK, level, found=as_required)
    parts = [_part(prepared, view, record, question) for record, question in prepared.services]
    whole = [part for part in parts if part is not None]
    if len(whole) < len(parts):
        return None
    if any(part.beside.others for part in whole):
        # Programs that find one service of the other half here must not be sent to us for the next.
        for part in whole:
            part.fixes = ()
    for part in whole:
        if part.status != Status.OK or part.advice:
            return merged(whole, level)
    found = tuple(rr for part in whole for rr in part.found)
    return Finding(Status.OK, level, found=found)


def _as_required(prepared: PreparedInput, view: View) -> tuple[RRset, ...] | None:
    """All the records, where each is there just as it should be: the common case, at a fraction of the cost."""
    found = []
    for record, question in prepared.services:
        answer = view.get(question)
        if answer is None or answer.values != record.values:
            return None
        found.append(RRset(record.name, record.type, answer.ttl, answer.values))
    return tuple(found)


def _part(prepared: PreparedInput, view: View, record: RequiredRecord, question: Question) -> Finding | None:
    answer = view.get(question)
    if answer is None:
        return None
    if answer.failure is not None and not answer.circular:
        return unknown(question, answer, record.level)
    if record.type == "CNAME":
        return _alias(prepared, view, record, question, answer)
    return _service(prepared, view, record, question, answer)


def _previous_host(prepared: PreparedInput, why: str) -> str | None:
    previous = prepared.previous
    if previous is None:
        return None
    return {"imaps": previous.imap, "submission": previous.smtp}.get(why, previous.autodiscover)


# -- SRV record sets


def _service(
    prepared: PreparedInput, view: View, record: RequiredRecord, question: Question, answer: Answer
) -> Finding | None:
    if answer.values == record.values:
        return Finding(Status.OK, record.level, found=rrset(question, answer))
    port, ours = port_and_target(record.values[0])
    previous = _previous_host(prepared, record.why)
    right, old, others = [], [], []
    for value in answer.values:
        its_port, target = port_and_target(value)
        if its_port == port and target == ours:
            right.append(value)
        elif its_port == port and target == previous:
            old.append(value)
        else:
            others.append(value)
    found = rrset(question, answer)
    if (right or old) and not others:
        if old:
            beside = Beside(until=prepared.given.platform.previous_until)
            return Finding(Status.OK, record.level, beside=beside, advice=(Problem.PREVIOUS_HOSTS,), found=found)
        return Finding(Status.OK, record.level, found=found)
    if record.why == "submission" and not right:
        implicit = _implicit_tls(prepared, view, record)
        if implicit is None or implicit.status == Status.OK:
            return implicit
    if not answer.values and not answer.chain:
        return _missing(record, question, (add(record),))
    wildcard = wildcard_answered(view, question, answer)
    if wildcard is None:
        return None
    if wildcard:
        return _missing(record, question, (add(record),))
    return _other(prepared, view, record, question, answer, others, bool(right))


def port_and_target(value: str) -> tuple[int, str]:
    """Priority and weight are the zone owner's."""
    _, _, port, target = value.split(" ")
    return int(port), target.lower()


def _missing(record: RequiredRecord, question: Question, fixes: tuple[Fix, ...]) -> Finding:
    return Finding(
        status=Status.MISSING, level=record.level, why=SrvMissing(names=[record.name]), fixes=fixes, at=question
    )


def _other(
    prepared: PreparedInput,
    view: View,
    record: RequiredRecord,
    question: Question,
    answer: Answer,
    others: list[str],
    ours_too: bool,
) -> Finding | None:
    """Foreign targets, alone (they take ours' place) or beside ours (leftovers of an earlier provider)."""
    found = rrset(question, answer)
    hosts = [_server(record, value) for value in others]
    ends = [record.values[0].rpartition(" ")[2]]
    names = [record.name]
    beside = Beside(undotted=undotted((value.rpartition(" ")[2] for value in others), ends))
    fixes: tuple[Fix, ...]
    problems: tuple[Problem, ...]
    why: Why
    if answer.dname:
        where = redirection(*answer.chain[0])
        problems = (Problem.SRV_OTHER_TARGET,) if others else ()
        status = Status.WRONG if others else Status.MISSING
        return Finding(
            status=status,
            level=record.level,
            why=where,
            problems=problems,
            advice=(),
            found=found,
            at=question,
        )
    if answer.chain:
        fixes = _instead_of_alias(record, question, answer)
        if not answer.values:
            beside = Beside(circle=circle(answer), others=not prepared.authoritative)
            problems = (Problem.CNAME_WITH_OTHER_DATA,)
            finding = Finding(
                status=Status.MISSING,
                level=record.level,
                why=SrvMissing(names=names),
                beside=beside,
                problems=problems,
                at=question,
            )
            finding.found, finding.fixes = found, fixes if prepared.authoritative else ()
            return finding
        why, problems = SrvOtherTarget(names=names, hosts=hosts), (Problem.SRV_OTHER_TARGET,)
    elif ours_too:
        fixes = (remove(question.name, "SRV", answer.ttl, tuple(others)),)
        why, problems = SrvLeftover(names=names, hosts=hosts), (Problem.SRV_LEFTOVER,)
    else:
        fixes = (in_place_of(record, answer),)
        problems = (Problem.SRV_OTHER_TARGET,)
        why = SrvDenied(names=names) if hosts == ["."] else SrvOtherTarget(names=names, hosts=hosts)
    if not prepared.authoritative:
        # The other half's clients may need what is there.
        return Finding(
            status=Status.WRONG,
            level=record.level,
            why=SrvOtherHalf(names=names, hosts=hosts),
            beside=replace(beside, others=True),
            problems=problems,
            advice=(),
            found=found,
            fixes=(),
            at=question,
        )
    if isinstance(why, SrvOtherTarget) and not answer.chain:
        nearly = _nearly_ours(view, record, others, why)
        if nearly is None:
            return None
        why = nearly
    return Finding(
        status=Status.WRONG,
        level=record.level,
        why=why,
        beside=beside,
        problems=problems,
        advice=(),
        found=found,
        fixes=fixes,
        at=question,
    )


def _nearly_ours(view: View, record: RequiredRecord, others: list[str], why: SrvOtherTarget) -> Why | None:
    """What to say of targets that are not ours by name and port: maybe they lead here all the same, which a target must
    not do by an alias (RFC 2782), and programs that compare names need not follow by an address. None: not known yet.
    """
    port, ours = port_and_target(record.values[0])
    parted = [port_and_target(value) for value in others]
    if all(target == ours for _, target in parted):
        ports = [str(its) for its, _ in parted]
        return SrvPort(names=why.names, hosts=[ours.removesuffix(".")], ports=ports, port=str(port))
    hosts = [target for _, target in parted if target != "."]
    ends = [view.get(Question(host, "A")) for host in hosts]
    own = view.get(Question(ours, "A"))
    if own is None or None in ends:
        return None
    if hosts and all(end is not None and _leads_to(end, ours, own) for end in ends):
        named = [host.removesuffix(".") for host in hosts]
        return SrvIndirect(names=why.names, hosts=named, end=ours.removesuffix("."))
    return why


def _leads_to(end: Answer, ours: str, own: Answer) -> bool:
    if any(target == ours for _, target in end.chain):
        return True
    return bool(end.values) and set(end.values) <= set(own.values)


def _server(record: RequiredRecord, value: str) -> str:
    """Where an SRV record leads, for people: its host, with the port where that is not the usual one."""
    port, host = port_and_target(value)
    host = host.removesuffix(".") or "."
    return host if host == "." or port == port_and_target(record.values[0])[0] else f"{host}:{port}"


def _instead_of_alias(record: RequiredRecord, question: Question, answer: Answer) -> tuple[Fix, ...]:
    """The alias goes, the record comes."""
    target = answer.chain[0][1]
    return (remove(question.name, "CNAME", answer.ttl or None, (target,)), add(record))


def _implicit_tls(prepared: PreparedInput, view: View, record: RequiredRecord) -> Finding | None:
    """`_submissions._tcp` instead of `_submission._tcp`. None: not known yet."""
    name = f"_submissions._tcp.{prepared.apex}"
    if len(name) > MAX_NAME:
        return _missing(record, Question(name, "SRV"), ())
    question = Question(name, "SRV")
    answer = view.get(question)
    if answer is None:
        return None
    hosts = {prepared.ours.smtp, prepared.previous.smtp if prepared.previous else prepared.ours.smtp}
    if answer.values and all(
        port_and_target(value) in {(SUBMISSIONS, host) for host in hosts} for value in answer.values
    ):
        return Finding(Status.OK, record.level, found=rrset(question, answer))
    return _missing(record, question, ())


# -- autoconfig and autodiscover


def _alias(
    prepared: PreparedInput, view: View, record: RequiredRecord, question: Question, answer: Answer
) -> Finding | None:
    if answer.values == record.values:
        return Finding(Status.OK, record.level, found=rrset(question, answer))
    if not answer.values:
        return _no_alias(prepared, view, record, question, answer)
    found = rrset(question, answer)
    target = answer.values[0].lower()
    if target == _previous_host(prepared, record.why):
        beside = Beside(until=prepared.given.platform.previous_until)
        return Finding(Status.OK, record.level, beside=beside, advice=(Problem.PREVIOUS_HOSTS,), found=found)
    if answer.dname:
        return Finding(Status.OK, record.level, found=found, advice=(Problem.SRV_LEFTOVER,))
    wildcard = wildcard_answered(view, question, answer)
    if wildcard is None:
        return None
    if wildcard:
        return _missing(record, question, (add(record),))
    # Outlook follows `autodiscover` before it asks for the SRV record: a foreign one leads it astray.
    astray = record.why == "autodiscover" and prepared.authoritative
    level = Level.REQUIRED if astray else record.level
    end = view.get(Question(question.name, "A"))  # by way of other aliases it may lead here all the same
    if end is None:
        return None
    if any(name == prepared.ours.autodiscover for _, name in end.chain):
        return Finding(Status.OK, record.level, found=found)
    if end.failure is not None and end.failure not in NO_WAY_HERE:
        return unknown(Question(question.name, "A"), end, level)
    fixes: tuple[Fix, ...] = (remove(question.name, "CNAME", answer.ttl, answer.values), add(record, answer.ttl))
    beside = Beside(undotted=undotted((target,), record.values), others=not prepared.authoritative)
    names, hosts = [record.name], [target.removesuffix(".")]
    why: Why = SrvLeftover(names=names, hosts=hosts)
    if not prepared.authoritative:
        why, fixes = SrvOtherHalf(names=names, hosts=hosts), ()
    return Finding(
        status=Status.WRONG,
        level=level,
        why=why,
        beside=beside,
        problems=(Problem.SRV_LEFTOVER,),
        advice=(),
        found=found,
        fixes=fixes,
        at=question,
    )


def _no_alias(
    prepared: PreparedInput, view: View, record: RequiredRecord, question: Question, answer: Answer
) -> Finding | None:
    """No CNAME; other records at the name leave no room for one, and may serve somebody: advice at most."""
    if answer.nxdomain:
        return _missing(record, question, (add(record),))
    others: list[RRset] = []
    complete = True
    for type_ in OTHER_DATA:
        asked = Question(question.name, type_)
        other = view.get(asked)
        if other is None:
            complete = False
            continue
        if other.failure is not None:
            return unknown(asked, other, record.level)
        if other.values and not other.chain:
            wildcard = wildcard_answered(view, asked, other)
            if wildcard is None:
                complete = False
            elif not wildcard:
                others.extend(rrset(asked, other))
    if not complete:
        return None
    if others and all(rr.type in ("A", "AAAA") for rr in others):
        flattened = _flattened(prepared, view, record, question, others)
        if flattened is None or flattened.red or flattened.advice:
            return flattened
    if others:
        leads_away = any(rr.type in ("A", "AAAA") for rr in others)
        advice = Problem.SRV_LEFTOVER if leads_away else Problem.CNAME_WITH_OTHER_DATA
        return Finding(Status.OK, record.level, advice=(advice,), found=tuple(others))
    return _missing(record, question, (add(record),))


def _flattened(
    prepared: PreparedInput, view: View, record: RequiredRecord, question: Question, others: list[RRset]
) -> Finding | None:
    """Addresses at the name that are our own host's: the DNS host resolved the alias and publishes what it got, which
    nobody keeps right. None: not known yet. Other addresses may be a leftover, or serve somebody: a green finding."""
    ours = [view.get(Question(record.values[0], type_)) for type_ in ("A", "AAAA")]
    servers = zone_servers(prepared, view)
    if None in ours or servers is None:
        return None
    known = {address for answer in ours if answer is not None for address in answer.values}
    addresses = [address for rr in others for address in rr.values]
    if not known.issuperset(addresses):
        return Finding(Status.OK, record.level)
    if record.why != "autodiscover":
        return Finding(Status.OK, record.level, advice=(Problem.FLATTENED,), found=tuple(others))
    problems = (Problem.FLATTENED,)
    return Finding(
        status=Status.WRONG,
        level=record.level,
        why=Flattened(names=[record.name], addresses=addresses, servers=servers),
        problems=problems,
        advice=(),
        found=tuple(others),
        fixes=(),
        at=question,
    )
