"""What a judge is told about a domain before it asks anything. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from ..lookup.answers import Question
from ..records import DomainFacts, Hosts, Kind, Level, PlatformFacts, RequiredRecord, required_records
from ..rrset import RRset, absolute

KINDS = tuple(Kind)
MOST_OTHERS = 4  # tokens of other organizations that are looked for; with the probe for a wildcard, five questions
MAX_NAME = 254  # characters of a name with its final dot, RFC 1035 §3.1: no longer one can be asked for or published


class SmtpOutcome(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"  # 5xx
    DEFERRED = "deferred"  # 4xx
    SILENT = "silent"  # no connection, no greeting, cut off


@dataclass(frozen=True, slots=True)
class SmtpEvidence:
    """How the target server answered `RCPT TO:<postmaster@domain>`. No message was sent."""

    outcome: SmtpOutcome
    code: int = 0  # SMTP reply code
    enhanced: str = ""  # RFC 3463, e.g. 5.7.1
    text: str = ""


@dataclass(slots=True)
class CheckInput:
    """What a check of one domain is given.

    `authoritative`: ask its own name servers even where the resolvers see nothing wrong: once a day, for an hour after
    a change, and while a stored check is not green (only there a lasting disagreement of name servers is seen).
    `stub`: the operator vouches for the delegation (DNS_STUB_ZONES): resolver and own name server are one.
    `accounts`: configured here, for the warning with MX fixes.
    `own_hosts`: host names of this installation (no final dot), which a target must not lead back to.
    `smtp`: evidence for TARGET from a worker on the platform's network.
    `intents`: fingerprints of what technicians marked as intended.
    """

    domain: DomainFacts
    platform: PlatformFacts
    authoritative: bool = False
    stub: bool = False
    accounts: int = 0
    own_hosts: frozenset[str] = frozenset()
    smtp: SmtpEvidence | None = None
    intents: Mapping[Kind, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ours:
    """Host names of a platform as absolute names. `rank` orders its MX hosts."""

    rank: Mapping[str, int]
    autodiscover: str
    imap: str
    smtp: str
    verification: str
    spf_include: str


@lru_cache(maxsize=1024)
def _ours(hosts: Hosts) -> Ours:
    return Ours(
        rank={absolute(host): index for index, host in enumerate(hosts.mx)},
        autodiscover=absolute(hosts.autodiscover),
        imap=absolute(hosts.imap),
        smtp=absolute(hosts.smtp),
        verification=absolute(hosts.verification),
        spf_include=absolute(hosts.spf_include),
    )


class PreparedInput:
    """A check input made ready: names, questions and required records, computed once for all batches of a check run."""

    __slots__ = (
        "apex",
        "authoritative",
        "dkim",
        "dmarc",
        "expectations",
        "given",
        "include",
        "mx",
        "now",
        "ns",
        "others_tokens",
        "ours",
        "previous",
        "required",
        "services",
        "token",
        "txt",
    )

    def __init__(self, given: CheckInput, now: datetime) -> None:
        domain, platform = given.domain, given.platform
        apex = absolute(domain.name)
        self.given = given
        self.now = now
        self.apex = apex
        self.authoritative = domain.authoritative
        self.ours = _ours(platform.hosts)
        # Staff say until when the platform's old names are accepted; without a date they are for good.
        accepted = platform.previous is not None and (
            not platform.previous_until or now.date().isoformat() <= platform.previous_until
        )
        self.previous = _ours(platform.previous) if accepted and platform.previous is not None else None
        self.required: dict[Kind, list[RequiredRecord]] = {kind: [] for kind in KINDS}
        for record in required_records(domain, platform):
            if len(record.name) <= MAX_NAME:
                self.required[record.kind].append(record)
        self.ns = Question(apex, "NS")
        self.mx = Question(apex, "MX")
        self.txt = Question(apex, "TXT")
        self.include = Question(self.ours.spf_include, "TXT")
        self.dmarc = self._question(f"_dmarc.{apex}", "TXT")
        self.token = self._question(f"{domain.token}.{apex}", "CNAME") if domain.token is not None else None
        others = (self._question(f"{token}.{apex}", "CNAME") for token in domain.others_tokens[:MOST_OTHERS])
        self.others_tokens = tuple(question for question in others if question is not None)
        self.dkim = {
            selector: Question(name, "TXT")
            for selector in domain.dkim
            if len(name := f"{selector}._domainkey.{apex}") <= MAX_NAME
        }
        self.services = [(record, Question(record.name, record.type)) for record in self.required[Kind.SRV]]
        self.expectations: dict[Kind, tuple[RRset, ...]] = {}

    @staticmethod
    def _question(name: str, type_: str) -> Question | None:
        """None for a name that is too long to exist: nobody can publish it, so nobody is asked to."""
        return Question(name, type_) if len(name) <= MAX_NAME else None

    def expected(self, kind: Kind) -> tuple[RRset, ...]:
        expected = self.expectations.get(kind)
        if expected is None:
            records = self.required[kind]
            expected = tuple([RRset(record.name, record.type, None, record.values) for record in records])
            self.expectations[kind] = expected
        return expected

    def level(self, kind: Kind) -> Level:
        """The level of the check where nothing is known to fail: that of its weightiest record."""
        levels = [record.level for record in self.required[kind]]
        return Level.RECOMMENDED if levels and Level.REQUIRED not in levels else Level.REQUIRED

    def opening(self) -> list[Question]:
        """What is asked whatever the answers are: so that nobody judges before anything is known."""
        questions = [self.ns, self.mx, self.txt, self.include, *self.dkim.values()]
        questions += [question for _, question in self.services]
        questions += [question for question in (self.dmarc, self.token) if question is not None]
        return questions
