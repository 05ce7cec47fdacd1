"""What a message that came back means as the answer to a question. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .. import wire
from ..answers import Answer, Delegation, Failure
from ..wire import Message, Record

MAX_CHAIN = 16  # aliases; resolvers stop at 8 to 16
# Extended errors with which a validating resolver says that signatures do not hold, RFC 8914 §4.7-4.13
BOGUS_ERRORS = frozenset({6, 7, 8, 9, 10, 11, 12})

Chain = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Onward:
    """The server stopped in the middle of a chain of aliases: its zones do not hold the target."""

    target: str
    chain: Chain
    ttl: int
    dname: bool


def interpret(message: Message, name: str, type_: str, *, authoritative: bool) -> Answer | Onward:
    """The answer that `message` is for `name` and `type_`.

    `home`: asked without recursion at a name server that should have authority; where an alias leaves its zones the
    answer ends there. Elsewhere an answer counts when the server offers recursion or has authority itself.
    """
    rcode = message.rcode
    if rcode not in (wire.NOERROR, wire.NXDOMAIN):
        return _failed(message)
    flags = message.flags
    if not flags & wire.AA and (authoritative or not flags & wire.RA):
        return Answer(failure=Failure.LAME, delegation=_delegation(message, name), errors=message.errors)
    answer = message.answer
    if rcode == wire.NOERROR and answer and all(record[0] == name and record[1] == type_ for record in answer):
        return Answer(
            values=_distinct([record[3] for record in answer]),
            ttl=min([record[2] for record in answer]),
            errors=message.errors,
        )
    outcome = _follow(message, name, type_)
    if authoritative and isinstance(outcome, Onward):
        return Answer(ttl=outcome.ttl, chain=outcome.chain, dname=outcome.dname, errors=message.errors)
    return outcome


def _distinct(values: list[str]) -> tuple[str, ...]:
    """Records that a server gives twice are one: RFC 2181 §5."""
    return tuple(values) if len(values) == 1 else tuple(dict.fromkeys(values))


def _failed(message: Message) -> Answer:
    rcode, errors = message.rcode, message.errors
    if rcode == wire.SERVFAIL:
        return Answer(failure=Failure.SERVFAIL if BOGUS_ERRORS.isdisjoint(errors) else Failure.BOGUS, errors=errors)
    if rcode == wire.REFUSED:
        return Answer(failure=Failure.REFUSED, errors=errors)
    return Answer(failure=Failure.OTHER, errors=errors, detail=f"rcode {rcode}")


def _follow(message: Message, name: str, type_: str) -> Answer | Onward:
    """Walk the aliases of the answer section from `name` to the records, or to where there are none."""
    chain: list[tuple[str, str]] = []
    ttls: list[int] = []
    dname = False
    current, seen = name, {name}
    while True:
        found = [record for record in message.answer if record[0] == current and record[1] == type_]
        alias = _alias(message.answer, current)
        if type_ == "CNAME":
            dname = bool(found) and alias is not None and alias[2]  # what a DNAME made up is not there to be changed
        if found or type_ == "CNAME":
            break
        if alias is None:
            break
        target, ttl, by_dname = alias
        chain.append((current, target))
        ttls.append(ttl)
        dname = dname or by_dname
        if target in seen or len(chain) > MAX_CHAIN:
            return Answer(ttl=min(ttls), failure=Failure.CHAIN, chain=tuple(chain), dname=dname)
        seen.add(target)
        current = target
    followed, errors = tuple(chain), message.errors
    if found:
        ttls += [record[2] for record in found]
        values = _distinct([record[3] for record in found])
        return Answer(values=values, ttl=min(ttls), chain=followed, dname=dname, errors=errors)
    soa = next((r for r in message.authority if r[1] == "SOA" and is_below(current, r[0])), None)
    nxdomain = message.rcode == wire.NXDOMAIN
    if soa is None:
        if followed:
            return Onward(current, followed, min(ttls), dname)
        if not nxdomain and (delegation := _delegation(message, name)):
            return Answer(failure=Failure.LAME, delegation=delegation, errors=errors)
        return Answer(nxdomain=nxdomain, errors=errors)
    serial, *_, minimum = map(int, soa[3].split()[2:])
    return Answer(
        nxdomain=nxdomain,
        chain=followed,
        dname=dname,
        zone=soa[0],
        serial=serial,
        negative_ttl=min(soa[2], minimum, *ttls),
        errors=errors,
    )


def _alias(records: list[Record], name: str) -> tuple[str, int, bool] | None:
    """Where a CNAME of `name`, or a DNAME above it (RFC 6672), leads: target, TTL, whether by a DNAME."""
    dname = next((r for r in records if r[1] == "DNAME" and r[0] != name and is_below(name, r[0])), None)
    for owner, type_, ttl, target in records:
        if type_ == "CNAME" and owner == name:
            return target, ttl, dname is not None
    if dname is None:
        return None
    return name[: len(name) - len(dname[0])] + dname[3], dname[2], True


def is_below(name: str, zone: str) -> bool:
    """Whether `name` is `zone` or a name below it."""
    return zone == "." or name == zone or name.endswith("." + zone)


def _delegation(message: Message, name: str) -> Delegation | None:
    zone = next((owner for owner, type_, _, _ in message.authority if type_ == "NS" and is_below(name, owner)), None)
    if zone is None:
        return None
    hosts = sorted(value for owner, type_, _, value in message.authority if type_ == "NS" and owner == zone)
    return Delegation(zone, tuple(hosts), tuple(sorted(_glue(message.additional, hosts))))


def _glue(additional: list[Record], hosts: list[str]) -> Iterator[tuple[str, str]]:
    for owner, type_, _, address in additional:
        if type_ in ("A", "AAAA") and owner in hosts:
            yield owner, address
