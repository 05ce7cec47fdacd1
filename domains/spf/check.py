"""`check_host()` of RFC 7208 §4, without asking anyone: over the answers that are known. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from ..lookup.answers import Answer, Failure, Question, View
from ..rules.verdicts import Problem
from .macros import MacroString
from .names import checkable, exchanger, expand, question_name, reverse_name
from .record import FaultCode, Mechanism, Modifier, Record, parse
from .results import MAX_LOOKUPS, MAX_NAMES, MAX_VOID_LOOKUPS, Place, Result, SpfResult, spf_records

_RESULTS = {"+": Result.PASS, "-": Result.FAIL, "~": Result.SOFTFAIL, "?": Result.NEUTRAL}


def check_host(
    ip: str,
    domain: str,
    answers: View,
    *,
    sender: str = "",
    helo: str = "",
    record: str | None = None,
) -> SpfResult | None:
    """Evaluate the SPF record of `domain` (final dot or not) for the address `ip`. None: `answers` wants more.

    Without `sender` it is `postmaster@domain`, without `helo` the domain (§4.3, §2.4). `record` stands in for what the
    DNS has at `domain`.
    """
    check = _Check(ip, domain, answers, sender, helo)
    try:
        return check.run(domain, record)
    except _UnansweredError:
        return None
    except _StopError as stop:
        return stop.result


class _UnansweredError(Exception):
    """An answer is missing; it is among the wanted ones."""


class _StopError(Exception):
    """A temporary or permanent error anywhere ends the whole evaluation (§4.6, §5.2, §6.1)."""

    def __init__(self, result: SpfResult) -> None:
        self.result = result


@lru_cache(maxsize=4096)
def _address(ip: str) -> tuple[int, int]:
    """IP version and number. An IPv4-mapped IPv6 address is IPv4 (§5)."""
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return address.version, int(address)


class _Check:
    """One run. What it knows of the way so far: `path` of terms, `stack` of names whose records are being read."""

    def __init__(self, ip: str, domain: str, answers: View, sender: str, helo: str) -> None:
        self.version, self.number = _address(ip)
        self.family = "A" if self.version == 4 else "AAAA"
        self.answers = answers
        local, at, host = sender.rpartition("@")
        self.local = local if at and local else "postmaster"
        self.sender_domain = host or domain.removesuffix(".")
        self.helo = helo or domain.removesuffix(".")
        self.lookups = 0
        self.voids = 0
        self.void_at = 0
        self.passed_over: Failure | None = None
        self.path: list[Place] = []
        self.stack: list[str] = []

    # -- the way through the records

    def run(self, domain: str, record: str | None) -> SpfResult:
        if not checkable(domain):
            return self._result(Result.NONE, domain)
        return self._records(domain, parse(record) if record is not None else None)

    def _records(self, domain: str, given: Record | None = None) -> SpfResult:
        """§4.4 to §4.7 for the record at `domain`."""
        owner = question_name(domain)
        if owner is None:
            return self._result(Result.NONE, domain)
        if given is None:
            answer = self._sound(owner, "TXT", owner)
            records = spf_records(answer.values)
            if not records:
                return self._result(Result.NONE, owner)
            if len(records) > 1:
                raise self._permanent(Problem.SPF_SEVERAL, owner)
            given = records[0]
        if given.faults:
            fault = given.faults[0]
            self.path.append(Place(owner, fault.term, fault.position))
            raise self._permanent(Problem.SPF_SYNTAX, owner, fault.code)
        self.stack.append(owner)
        result = self._mechanisms(owner, given)
        self.stack.pop()
        return result

    def _mechanisms(self, owner: str, record: Record) -> SpfResult:
        for index, mechanism in enumerate(record.mechanisms):
            try:
                matched = self._matches(mechanism, owner)
            except _UnansweredError:
                self._look_ahead(owner, record, index + 1)
                raise
            if matched is not None:
                return matched
        if record.redirect is None:
            return self._result(Result.NEUTRAL, owner)
        return self._redirect(record.redirect, owner)

    def _redirect(self, modifier: Modifier, owner: str) -> SpfResult:
        """§6.1."""
        self.path.append(Place(owner, modifier.text, modifier.position))
        self._count(owner)
        return self._record_at(modifier.value, owner, Problem.SPF_REDIRECT_NONE)

    def _record_at(self, spec: MacroString, owner: str, missing: Problem) -> SpfResult:
        """The result of the record that an include or a redirect names."""
        target = self._target(spec, owner)
        if target in self.stack:  # reading a record inside itself only ends at the limit of ten
            raise self._permanent(Problem.SPF_LOOP, owner)
        result = self._records(target) if target else None
        if result is None or result.result == Result.NONE:
            raise self._permanent(missing, owner)
        return result

    def _matches(self, mechanism: Mechanism, owner: str) -> SpfResult | None:
        """The result if `mechanism` matches, else None. §5."""
        name = mechanism.name
        if name == "ip4" or name == "ip6":
            matched = self._in_network(mechanism)
        elif name == "all":
            matched = True
        else:
            matched = False
        if not matched and not mechanism.queries:
            return None
        self.path.append(Place(owner, mechanism.text, mechanism.position))
        inner: tuple[Place, ...] = ()
        if not matched:
            self._count(owner)
            if name == "include":
                included = self._include(mechanism, owner)
                matched, inner = included.result == Result.PASS, included.path
            else:
                matched = self._look_up(mechanism, owner)
        if not matched:
            self.path.pop()
            return None
        result = self._result(_RESULTS[mechanism.qualifier], owner, inner or tuple(self.path))
        self.path.pop()
        return result

    def _include(self, mechanism: Mechanism, owner: str) -> SpfResult:
        """§5.2."""
        assert mechanism.domain is not None  # the grammar demands one
        depth = len(self.path)
        result = self._record_at(mechanism.domain, owner, Problem.SPF_INCLUDE_NONE)
        del self.path[depth:]  # of a redirect inside
        return result

    def _look_up(self, mechanism: Mechanism, owner: str) -> bool:
        """a, mx, ptr, exists: §5.3, §5.4, §5.5, §5.7."""
        target = self._target(mechanism.domain, owner) if mechanism.domain else owner
        if target is None:
            return False
        match mechanism.name:
            case "a":
                return self._at_host(self._sound(target, self.family, owner, void=True), mechanism)
            case "mx":
                return self._at_exchangers(target, mechanism, owner)
            case "exists":
                return bool(self._sound(target, "A", owner, void=True).values)
        return any(name == target or name.endswith("." + target) for name in self._validated(target, owner))

    def _at_exchangers(self, target: str, mechanism: Mechanism, owner: str) -> bool:
        exchangers = sorted(exchanger(value) for value in self._sound(target, "MX", owner, void=True).values)
        hosts = [host for _, host in exchangers if host != "."]
        found = self._all_of(hosts[:MAX_NAMES], self.family)
        if any(answer.sound and self._at_host(answer, mechanism) for answer in found):
            return True
        for answer in found:
            if answer.failure is not None:
                raise self._temporary(answer.failure, owner)
        if len(hosts) > MAX_NAMES:
            raise self._permanent(Problem.SPF_LOOKUPS, owner)
        return False

    def _validated(self, target: str, owner: str) -> list[str]:
        """The names of the address that resolve to it, as far as they are or lie below `target`. §5.5.

        Failures here are passed over, as the RFC says; they are remembered, for they may be ours.
        """
        answer = self._get(reverse_name(self.version, self.number), "PTR")
        if answer.failure is not None:
            self.passed_over = answer.failure
            return []
        if answer.empty:
            self._void(owner)
        names = [value.lower() for value in sorted(answer.values)[:MAX_NAMES]]
        names = [name for name in names if not target or name == target or name.endswith("." + target)]
        validated = []
        for name, addresses in zip(names, self._all_of(names, self.family), strict=True):
            if addresses.failure is not None:
                self.passed_over = addresses.failure
            elif any(_address(value)[1] == self.number for value in addresses.values):
                validated.append(name)
        return validated

    # -- addresses

    def _in_network(self, mechanism: Mechanism) -> bool:
        return (self.version == 4) == (mechanism.name == "ip4") and self.number & mechanism.mask == mechanism.network

    def _at_host(self, answer: Answer, mechanism: Mechanism) -> bool:
        spare = 32 - mechanism.prefix4 if self.version == 4 else 128 - mechanism.prefix6
        number = self.number >> spare
        return any(_address(value)[1] >> spare == number for value in answer.values)

    # -- names

    def _target(self, spec: MacroString, owner: str) -> str | None:
        """The name that a domain-spec stands for; None where no query can hold it (§4.8 leaves that open)."""
        literal = spec.literal
        return question_name(
            literal if literal is not None else expand(spec, lambda letter: self._value(letter, owner))
        )

    def _value(self, letter: str, owner: str) -> str:
        """§7.2."""
        match letter:
            case "s":
                return f"{self.local}@{self.sender_domain}"
            case "l":
                return self.local
            case "o":
                return self.sender_domain
            case "d":
                return owner.removesuffix(".")
            case "i":
                if self.version == 4:
                    return str(ipaddress.IPv4Address(self.number))
                return ".".join(f"{self.number:032x}")
            case "v":
                return "in-addr" if self.version == 4 else "ip6"
            case "h":
                return self.helo
        names = self._validated("", owner)
        suited = [name for name in names if name == owner or name.endswith("." + owner)]
        best = owner if owner in suited else next(iter(suited or names), "unknown")
        return best.removesuffix(".")

    # -- answers

    def _get(self, name: str, kind: str) -> Answer:
        answer = self.answers.get(Question(name, kind))
        if answer is None:
            raise _UnansweredError
        return answer

    def _all_of(self, names: Iterable[str], kind: str) -> list[Answer]:
        """The answers for all names; all that are missing become wanted at once."""
        found: list[Answer] = []
        missing = False
        for name in names:
            try:
                found.append(self._get(name, kind))
            except _UnansweredError:
                missing = True
        if missing:
            raise _UnansweredError
        return found

    def _sound(self, name: str, kind: str, owner: str, *, void: bool = False) -> Answer:
        answer = self._get(name, kind)
        if answer.failure is not None:
            raise self._temporary(answer.failure, owner)
        if void and answer.empty:
            self._void(owner)
        return answer

    def _look_ahead(self, owner: str, record: Record, start: int) -> None:
        """Want at once what the rest of this record would ask first, and the records that it includes."""
        budget = MAX_LOOKUPS - self.lookups
        seen = set(self.stack)
        todo = [(owner, record, start)]
        while todo and budget > 0:
            owner, record, start = todo.pop(0)
            for term in (*record.mechanisms[start:], record.redirect):
                if isinstance(term, Mechanism) and not term.queries:
                    if term.name == "all" or self._in_network(term):
                        break
                    continue
                if term is None or budget <= 0:
                    break
                budget -= 1
                for further in self._first_question(term, owner):
                    if further[0] not in seen:
                        seen.add(further[0])
                        todo.append((*further, 0))

    def _first_question(self, term: Mechanism | Modifier, owner: str) -> list[tuple[str, Record]]:
        """Want the answer that `term` needs first; returns the record that it leads to, where that is known."""
        spec = term.value if isinstance(term, Modifier) else term.domain
        try:
            target = self._target(spec, owner) if spec else owner
            match term.name:
                case "ptr":
                    self._get(reverse_name(self.version, self.number), "PTR")
                case _ if target is None:
                    return []
                case "a":
                    self._get(target, self.family)
                case "mx":
                    answer = self._get(target, "MX")
                    self._all_of([exchanger(value)[1] for value in answer.values][:MAX_NAMES], self.family)
                case "exists":
                    self._get(target, "A")
                case _:
                    records = spf_records(self._get(target, "TXT").values)
                    return [(target, record) for record in records[:1] if not record.faults]
        except _UnansweredError:
            pass
        return []

    # -- limits and results

    def _count(self, owner: str) -> None:
        self.lookups += 1
        if self.lookups > MAX_LOOKUPS:
            raise self._permanent(Problem.SPF_LOOKUPS, owner)

    def _void(self, owner: str) -> None:
        if self.void_at == self.lookups:  # the term at hand has been counted: §4.6.4 counts terms, not queries
            return
        self.void_at = self.lookups
        self.voids += 1
        if self.voids > MAX_VOID_LOOKUPS:
            raise self._permanent(Problem.SPF_VOID_LOOKUPS, owner)

    def _permanent(self, problem: Problem, owner: str, fault: FaultCode | None = None) -> _StopError:
        return _StopError(
            SpfResult(
                result=Result.PERMERROR,
                owner=owner,
                path=tuple(self.path),
                problem=problem,
                fault=fault,
                failure=self.passed_over,
                lookups=self.lookups,
                voids=self.voids,
            )
        )

    def _temporary(self, failure: Failure, owner: str) -> _StopError:
        return _StopError(
            SpfResult(
                Result.TEMPERROR, owner, tuple(self.path), failure=failure, lookups=self.lookups, voids=self.voids
            )
        )

    def _result(self, result: Result, owner: str, path: tuple[Place, ...] = ()) -> SpfResult:
        return SpfResult(
            result=result,
            owner=owner,
            path=path,
            problem=None,
            fault=None,
            failure=self.passed_over,
            lookups=self.lookups,
            voids=self.voids,
        )
