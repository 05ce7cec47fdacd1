"""SPF records as texts: the grammar of RFC 7208 §4.5, §4.6, §5, §6 and §12. Pure.

Every character of a text stands for one octet (latin-1), as `domains.rrset.txt_text` returns it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from .macros import DomainEndError, MacroError, MacroString, parse_domain_spec, parse_macro_string

VERSION = "v=spf1"
QUERYING = frozenset({"include", "a", "mx", "ptr", "exists", "redirect"})  # §4.6.4: these cost a look-up each

PARSED_RECORDS = 8192  # how many distinct texts stay parsed

_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9\-_.]*)=")
_MECHANISM = re.compile(r"([+\-~?]?)([A-Za-z0-9\-_.]*)(.*)\Z", re.DOTALL)
_CIDR4 = re.compile(r"0|[1-9][0-9]?")
_CIDR6 = re.compile(r"0|[1-9][0-9]{0,2}")
_DUAL_CIDR = re.compile(r"(?:/([0-9]*))?(?://([0-9]*))?\Z")
_TERM = re.compile(r"[^ ]+")


class FaultCode(StrEnum):
    """What is wrong with the text of a term. Closed list; sentences are made where shown."""

    CHARACTER = "character"  # not a visible ASCII character
    MECHANISM = "mechanism"  # no such mechanism
    ARGUMENT = "argument"  # this mechanism takes no such argument
    DOMAIN_MISSING = "domain-missing"
    DOMAIN = "domain"  # not a domain-spec
    MACRO = "macro"
    ADDRESS = "address"
    CIDR = "cidr"
    DUPLICATE = "duplicate"  # a second `redirect` or `exp`


@dataclass(frozen=True, slots=True)
class SpfFault:
    """One syntax error. `position` is the offset of the offending character in the record."""

    code: FaultCode
    position: int
    term: str


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A directive. `network` and `mask` are of ip4 and ip6 (integers); the prefixes of a and mx (bits)."""

    text: str
    position: int
    qualifier: str  # one of + - ~ ?
    name: str  # lower case
    domain: MacroString | None = None
    prefix4: int = 32
    prefix6: int = 128
    network: int = 0
    mask: int = 0

    @property
    def queries(self) -> bool:
        return self.name in QUERYING


@dataclass(frozen=True, slots=True)
class Modifier:
    text: str
    position: int
    name: str  # lower case
    value: MacroString


@dataclass(frozen=True, slots=True)
class Broken:
    """A term that is a syntax error."""

    text: str
    position: int
    fault: SpfFault


type Term = Mechanism | Modifier | Broken


@dataclass(frozen=True, slots=True)
class Record:
    """A parsed record: all terms in the order written, broken ones included."""

    text: str
    terms: tuple[Term, ...]
    mechanisms: tuple[Mechanism, ...]
    redirect: Modifier | None
    faults: tuple[SpfFault, ...]

    @property
    def all(self) -> Mechanism | None:
        """The first `all`: what follows it is never tested (§5.1)."""
        return next((mechanism for mechanism in self.mechanisms if mechanism.name == "all"), None)


def is_spf(text: str) -> bool:
    """Whether a TXT record's joined text is an SPF record. RFC 7208 §4.5: `v=spf1`, then a space or the end."""
    return text[:6].lower() == VERSION and text[6:7] in ("", " ")


def select(texts: Iterable[str]) -> tuple[str, ...]:
    """The SPF records among the TXT records of a name."""
    return tuple(text for text in texts if is_spf(text))


@lru_cache(maxsize=PARSED_RECORDS)
def parse(text: str) -> Record:
    """Parse a text that `is_spf`. Never raises: syntax errors are in `faults`, their terms are `Broken`."""
    terms: list[Term] = []
    seen: set[str] = set()
    for found in _TERM.finditer(text, len(VERSION)):
        term = _term(found.group(), found.start())
        if isinstance(term, Modifier) and term.name in ("redirect", "exp"):
            if term.name in seen:
                term = _broken(FaultCode.DUPLICATE, term.text, term.position)
            else:
                seen.add(term.name)
        terms.append(term)
    return Record(
        text,
        tuple(terms),
        tuple(term for term in terms if isinstance(term, Mechanism)),
        next((term for term in terms if isinstance(term, Modifier) and term.name == "redirect"), None),
        tuple(term.fault for term in terms if isinstance(term, Broken)),
    )


def _broken(code: FaultCode, text: str, position: int, offset: int = 0) -> Broken:
    return Broken(text, position, SpfFault(code, position + offset, text))


def _term(text: str, position: int) -> Term:
    for offset, char in enumerate(text):
        if not "!" <= char <= "~":
            return _broken(FaultCode.CHARACTER, text, position, offset)
    modifier = _MODIFIER.match(text)
    if modifier:
        return _modifier(text, position, modifier.group(1).lower(), modifier.end())
    return _mechanism(text, position)


def _modifier(text: str, position: int, name: str, start: int) -> Term:
    value = text[start:]
    try:
        if name not in ("redirect", "exp"):
            return Modifier(text, position, name, parse_macro_string(value, _ANY_LETTER))
        if not value:
            return _broken(FaultCode.DOMAIN_MISSING, text, position, start)
        return Modifier(text, position, name, parse_domain_spec(value))
    except MacroError as error:
        return _broken(_domain_fault(error), text, position, start + error.position)


_ANY_LETTER = frozenset("slodiphvcrt")


def _domain_fault(error: MacroError) -> FaultCode:
    return FaultCode.DOMAIN if isinstance(error, DomainEndError) else FaultCode.MACRO


def _mechanism(text: str, position: int) -> Term:
    found = _MECHANISM.match(text)
    assert found is not None  # every part of the pattern may be empty
    qualifier, name, rest = found.group(1) or "+", found.group(2).lower(), found.group(3)
    start = found.start(3)
    match name:
        case "all":
            if rest:
                return _broken(FaultCode.ARGUMENT, text, position, start)
            return Mechanism(text=text, position=position, qualifier=qualifier, name=name)
        case "ip4" | "ip6":
            return _network(text, position, qualifier, name, rest, start)
        case "include" | "exists" | "ptr" | "a" | "mx":
            return _domain(text, position, qualifier, name, rest, start)
    return _broken(FaultCode.MECHANISM, text, position)


def _network(text: str, position: int, qualifier: str, name: str, rest: str, start: int) -> Term:
    """ip4 and ip6, RFC 7208 §5.6."""
    address, slash, length = rest[1:].partition("/")
    if not rest.startswith(":") or not address:
        return _broken(FaultCode.ADDRESS, text, position, start)
    bits, pattern = (32, _CIDR4) if name == "ip4" else (128, _CIDR6)
    try:
        number = int(ipaddress.IPv4Address(address)) if name == "ip4" else _ip6(address)
    except ValueError:
        return _broken(FaultCode.ADDRESS, text, position, start + 1)
    prefix = bits
    if slash:
        if not pattern.fullmatch(length) or int(length) > bits:
            return _broken(FaultCode.CIDR, text, position, start + 1 + len(address))
        prefix = int(length)
    mask = _mask(prefix, bits)
    return Mechanism(text=text, position=position, qualifier=qualifier, name=name, network=number & mask, mask=mask)


def _ip6(address: str) -> int:
    if "%" in address:  # a zone index is none of RFC 4291's text forms
        raise ValueError(address)
    return int(ipaddress.IPv6Address(address))


def _mask(prefix: int, bits: int) -> int:
    return ((1 << prefix) - 1) << (bits - prefix)


def _domain(text: str, position: int, qualifier: str, name: str, rest: str, start: int) -> Term:
    """include, exists (domain-spec), ptr (maybe one), a and mx (maybe one, maybe prefix lengths)."""
    value, prefix4, prefix6 = rest, 32, 128
    if name in ("a", "mx"):
        cidr = _DUAL_CIDR.search(rest)
        assert cidr is not None  # it may be empty
        value = rest[: cidr.start()]
        for number, pattern, bits in ((1, _CIDR4, 32), (2, _CIDR6, 128)):
            length = cidr.group(number)
            if length is not None and (not pattern.fullmatch(length) or int(length) > bits):
                return _broken(FaultCode.CIDR, text, position, start + cidr.start())
        prefix4 = int(cidr.group(1) or 32)
        prefix6 = int(cidr.group(2) or 128)
    if not value:
        if name in ("include", "exists"):
            return _broken(FaultCode.DOMAIN_MISSING, text, position, start)
        return Mechanism(
            text=text, position=position, qualifier=qualifier, name=name, domain=None, prefix4=prefix4, prefix6=prefix6
        )
    if not value.startswith(":"):
        return _broken(FaultCode.ARGUMENT, text, position, start)
    if value == ":":
        return _broken(FaultCode.DOMAIN_MISSING, text, position, start)
    try:
        domain = parse_domain_spec(value[1:])
    except MacroError as error:
        return _broken(_domain_fault(error), text, position, start + 1 + error.position)
    return Mechanism(
        text=text, position=position, qualifier=qualifier, name=name, domain=domain, prefix4=prefix4, prefix6=prefix6
    )
