"""Questions to the DNS and what came back. Pure: no sockets, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class Failure(StrEnum):
    """Why a question has no answer that anyone could judge."""

    TIMEOUT = "timeout"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    BOGUS = "bogus"  # SERVFAIL with an extended error (RFC 8914) that says DNSSEC validation failed
    LAME = "lame"  # an answer without authority from a server that should have it, or a referral
    MALFORMED = "malformed"
    TRUNCATED = "truncated"  # and TCP failed too
    UNREACHABLE = "unreachable"  # connection refused, no route
    FORBIDDEN = "forbidden"  # the server's address is outside ALLOWED_NETWORKS
    LIMIT = "limit"  # one check run sends no more to servers of a customer's naming that show no authority
    CHAIN = "chain"  # CNAME loop or too long a chain
    OTHER = "other"  # any other RCODE


# Whoever was asked has no part in the zone and will say so each time: what stands in somebody else's zone cannot be
# seen from here, and says nothing against a record that names it.
NOT_RESPONSIBLE = frozenset({Failure.REFUSED, Failure.LAME})


UNCONFIRMED = "unconfirmed"  # detail of "no such record" in somebody else's zone, whose own servers could not be asked


class Question(NamedTuple):
    """One question. (A tuple, as the answer is: a sweep makes and looks up millions.)

    `name` is an A-label name in lower case with its final dot. `server` is the IP address of one name
    server, asked without recursion at DNS_AUTHORITATIVE_PORT; None asks the configured resolvers.
    `unchecked` sets the CD bit (RFC 4035 §3.2.2): the answer even where validation fails.
    """

    name: str
    type: str
    server: str | None = None
    unchecked: bool = False


@dataclass(frozen=True, slots=True)
class Delegation:
    """A referral: the NS set that a parent's server hands out for `zone`, with its glue."""

    zone: str
    hosts: tuple[str, ...]
    glue: tuple[tuple[str, str], ...] = ()  # (host, address)


class Answer(NamedTuple):
    """What one question brought.

    Exactly one of: `failure` set; `nxdomain`; records (maybe none: NODATA, RFC 2308 §2.2).
    `values` are in presentation form as in RRset (names absolute and lower case), in no particular order.
    `chain` holds the aliases that were followed, as (owner, target) pairs; `dname` is True where a DNAME made one.
    A single name server (`Question.server`) is not followed out of its zones: there `values` is empty although the
    alias may well lead to some, `chain` ends with the target that others know, and `zone` is None.
    `zone`, `serial` and `negative_ttl` (RFC 2308 §5, seconds) come from the SOA of a negative answer.
    """

    values: tuple[str, ...] = ()
    ttl: int = 0
    nxdomain: bool = False
    failure: Failure | None = None
    chain: tuple[tuple[str, str], ...] = ()
    dname: bool = False
    zone: str | None = None
    serial: int | None = None
    negative_ttl: int | None = None
    delegation: Delegation | None = None  # with failure LAME: a referral instead of an answer
    errors: tuple[int, ...] = ()  # extended DNS errors, RFC 8914
    detail: str = ""  # of a failure, for people who look closer: e.g. the addresses that were asked

    @property
    def sound(self) -> bool:
        return self.failure is None

    @property
    def circular(self) -> bool:
        """Aliases that lead in a circle: nobody failed to look, and there is nothing."""
        chain = self.chain
        return self.failure is Failure.CHAIN and bool(chain) and any(owner == chain[-1][1] for owner, _ in chain)

    @property
    def empty(self) -> bool:
        """A sound answer that says: no such record."""
        return self.failure is None and not self.values


_NOTHING_ELSE = Answer()[2:]


def records_found(values: tuple[str, ...], ttl: int) -> Answer:
    """An answer of records and nothing else: what nearly every question of a sweep brings."""
    return tuple.__new__(Answer, (values, ttl, *_NOTHING_ELSE))


class View(Protocol):
    """Whom a judge asks: what is known (`Answers`), or that seen through one name server's eyes."""

    def get(self, question: Question) -> Answer | None:
        """The answer; None where it is not known yet, and then wanted."""


class Answers:
    """What is known so far, and what a judge still wants to know.

    Judges are pure: instead of asking they `get`, and give up (return None) where that returns None. Whoever runs
    them asks what is `wanted`, adds it with `put`, and runs them again until nothing is wanted.
    """

    def __init__(self, known: dict[Question, Answer] | None = None) -> None:
        self.known = known if known is not None else {}
        self.wanted: set[Question] = set()

    def get(self, question: Question) -> Answer | None:
        answer = self.known.get(question)
        if answer is None:
            self.wanted.add(question)
        return answer

    def put(self, question: Question, answer: Answer) -> None:
        self.known[question] = answer
        self.wanted.discard(question)
