"""A DNS in memory: zones on name servers, and resolvers with a cache, that can lag, fail and lie.

Everything is a mapping from (name, type) to a record set, names absolute. `SimDns.ask` answers any `Question`;
`SimDns.look` runs a judge until it wants nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from diagnostics.judge import CheckInput, PreparedInput, judge_prepared
from domains.lookup.answers import Answer, Answers, Delegation, Failure, Question
from domains.records import DomainFacts, Hosts, Kind, Mode, PlatformFacts, required_records
from domains.rrset import Fix, RRset, absolute
from domains.rules.verdicts import Verdict
from domains.zones.plan import apply_fixes

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TTL = 3600
NEGATIVE_TTL = 300
MAX_ROUNDS = 40

type Records = dict[tuple[str, str], RRset]


def rrset(name: str, type_: str, *values: str, ttl: int = TTL) -> RRset:
    return RRset(absolute(name) if name != "." else ".", type_, ttl, values)


def records(*sets: RRset) -> Records:
    return {(rr.name, rr.type): rr for rr in sets}


@dataclass
class Zone:
    """A zone as one server has it."""

    apex: str  # absolute
    records: Records = field(default_factory=dict)
    serial: int = 1
    primary: str = ""
    refresh: int = 7200
    retry: int = 900
    minimum: int = NEGATIVE_TTL

    def soa(self) -> str:
        primary = self.primary or f"ns1.{self.apex}"
        return f"{primary} hostmaster.{self.apex} {self.serial} {self.refresh} {self.retry} 1209600 {self.minimum}"

    def put(self, *sets: RRset) -> None:
        for rr in sets:
            self.records[rr.name, rr.type] = rr

    def drop(self, name: str, type_: str) -> None:
        del self.records[name, type_]

    def publish(self, fixes: Iterable[Fix]) -> None:
        self.records = dict(apply_fixes(self.records, fixes))
        self.serial += 1

    def copy(self) -> Zone:
        return replace(self, records=dict(self.records))

    def names(self) -> set[str]:
        """All names that exist, empty non-terminals included."""
        found = {self.apex}
        for name, _ in self.records:
            while name != self.apex:
                found.add(name)
                name = name.partition(".")[2] or "."
        return found


@dataclass
class Server:
    """A name server at one address, with its own copies of zones."""

    address: str
    zones: dict[str, Zone] = field(default_factory=dict)
    failure: Failure | None = None  # says or does nothing else

    def ask(self, name: str, type_: str) -> Answer:
        if self.failure is not None:
            return Answer(failure=self.failure)
        zone = self._zone_of(name)
        if zone is None:
            return Answer(failure=Failure.REFUSED)
        return self._in_zone(zone, name, type_, ())

    def _zone_of(self, name: str) -> Zone | None:
        covering = [zone for apex, zone in self.zones.items() if _below(name, apex)]
        return max(covering, key=lambda zone: len(zone.apex), default=None)

    def _in_zone(self, zone: Zone, name: str, type_: str, chain: tuple[tuple[str, str], ...]) -> Answer:
        cut = self._cut(zone, name)
        if cut is not None:
            if chain:
                return Answer(ttl=TTL, chain=chain)
            glue = tuple(
                (host, address)
                for host in cut.values
                for rr in (zone.records.get((host, "A")),)
                if rr is not None
                for address in rr.values
            )
            return Answer(failure=Failure.LAME, delegation=Delegation(cut.name, cut.values, glue))
        if name == zone.apex and type_ == "SOA":
            return Answer((zone.soa(),), TTL, chain=chain)
        exists = name in zone.names()
        owner = name if exists else self._wildcard(zone, name)
        if owner is None:
            dname = self._dname(zone, name)
            if dname is not None:
                target = name[: -len(dname.name)] + dname.values[0]
                if type_ == "CNAME":
                    return Answer((target,), dname.ttl or 0, chain=chain, dname=True)
                return self._alias(zone, (*chain, (name, target)), type_, dname.ttl or 0, dname=True)
            return self._negative(zone, chain, nxdomain=True)
        found = zone.records.get((owner, type_))
        if found is not None:
            return Answer(found.values, found.ttl or 0, chain=chain)
        alias = zone.records.get((owner, "CNAME"))
        if alias is None:
            return self._negative(zone, chain, nxdomain=False)
        return self._alias(zone, (*chain, (name, alias.values[0])), type_, alias.ttl or 0, dname=False)

    def _alias(self, zone: Zone, chain: tuple[tuple[str, str], ...], type_: str, ttl: int, *, dname: bool) -> Answer:
        target = chain[-1][1]
        if any(owner == target for owner, _ in chain):
            return Answer(failure=Failure.CHAIN, chain=chain)
        following = self._zone_of(target)
        if following is None:
            return Answer(ttl=ttl, chain=chain, dname=dname)
        end = self._in_zone(following, target, type_, chain)
        return end._replace(ttl=min(ttl, end.ttl) if end.values else end.ttl, dname=dname or end.dname)

    @staticmethod
    def _cut(zone: Zone, name: str) -> RRset | None:
        while name != zone.apex:
            found = zone.records.get((name, "NS"))
            if found is not None:
                return found
            name = name.partition(".")[2] or "."
        return None

    @staticmethod
    def _wildcard(zone: Zone, name: str) -> str | None:
        names = zone.names()
        while name != zone.apex:
            name = name.partition(".")[2] or "."
            if name in names:
                return f"*.{name}" if f"*.{name}" in names else None
        return None

    @staticmethod
    def _dname(zone: Zone, name: str) -> RRset | None:
        while name != zone.apex:
            name = name.partition(".")[2] or "."
            found = zone.records.get((name, "DNAME"))
            if found is not None:
                return found
        return None

    @staticmethod
    def _negative(zone: Zone, chain: tuple[tuple[str, str], ...], *, nxdomain: bool) -> Answer:
        return Answer(
            nxdomain=nxdomain, chain=chain, zone=zone.apex, serial=zone.serial, negative_ttl=min(zone.minimum, TTL)
        )


def _below(name: str, apex: str) -> bool:
    return apex == "." or name == apex or name.endswith("." + apex)


type Fault = Callable[[Question], Failure | None]


class SimDns:
    """Servers, and resolvers that ask the first one that holds a zone and answers, unless `cached` says otherwise."""

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}
        self.authoritative: dict[str, list[str]] = {}  # zone -> addresses, in the order in which resolvers try them
        self.cached: dict[tuple[str, str], Answer] = {}  # what the resolvers still remember
        self.fault: Fault = lambda question: None
        self.asked: list[Question] = []
        self.rounds = 0

    def serve(self, zone: Zone, *addresses: str) -> Zone:
        """Every address gets its own copy; returns that of the first."""
        for address in addresses:
            self.servers.setdefault(address, Server(address)).zones[zone.apex] = zone.copy()
        self.authoritative[zone.apex] = list(addresses)
        return self.zone(zone.apex, addresses[0])

    def zone(self, apex: str, address: str | None = None) -> Zone:
        return self.servers[address or self.authoritative[apex][0]].zones[apex]

    def everywhere(self, apex: str, change: Callable[[Zone], None]) -> None:
        """Change a zone on all its servers."""
        for address in self.authoritative[apex]:
            change(self.zone(apex, address))

    def remember(self, *questions: tuple[str, str], ttl: int | None = None) -> None:
        """Let the resolvers keep what they would say now."""
        for name, type_ in questions:
            answer = self._resolve(name, type_, 0)
            self.cached[name, type_] = answer if ttl is None else _aged(answer, ttl)

    def ask(self, question: Question) -> Answer:
        self.asked.append(question)
        failure = self.fault(question)
        if failure is not None:
            return Answer(failure=failure)
        if question.server is not None:
            server = self.servers.get(question.server)
            if server is None:
                return Answer(failure=Failure.UNREACHABLE)
            return server.ask(question.name, question.type)
        cached = self.cached.get((question.name, question.type))
        if cached is not None and not question.unchecked:
            return cached
        return self._resolve(question.name, question.type, 0)

    def _resolve(self, name: str, type_: str, depth: int) -> Answer:
        apex = max((apex for apex in self.authoritative if _below(name, apex)), key=len, default=None)
        if apex is None:
            return Answer(nxdomain=True, zone=".", serial=1, negative_ttl=NEGATIVE_TTL)
        answer = Answer(failure=Failure.SERVFAIL)
        for address in self.authoritative[apex]:
            answer = self.servers[address].ask(name, type_)
            if answer.failure is None or answer.failure == Failure.CHAIN:
                break
        else:
            return Answer(failure=Failure.SERVFAIL)
        if answer.chain and answer.sound and not answer.values and answer.zone is None:
            if depth > 8:
                return Answer(failure=Failure.SERVFAIL)
            end = self._resolve(answer.chain[-1][1], type_, depth + 1)
            return end._replace(chain=answer.chain + end.chain, dname=answer.dname or end.dname)
        return answer

    def answers(self, answers: Answers) -> None:
        for question in sorted(answers.wanted, key=repr):
            answers.put(question, self.ask(question))

    def look(self, case: CheckInput, now: datetime = NOW) -> dict[Kind, Verdict]:
        """One whole look. `rounds` and `asked` tell what it cost."""
        answers = Answers()
        self.asked, self.rounds = [], 0
        while True:
            verdicts = judge_prepared(PreparedInput(case, now), answers)
            if not answers.wanted:
                return {verdict.kind: verdict for verdict in verdicts}
            self.rounds += 1
            assert self.rounds < MAX_ROUNDS, "the judge never has enough"
            self.answers(answers)


def _aged(answer: Answer, ttl: int) -> Answer:
    return answer._replace(ttl=ttl if answer.values else 0, negative_ttl=None if answer.values else ttl)


# -- a platform, a domain and a world in which all is well

HOSTS = Hosts(
    mx=("mx1.platform.test", "mx2.platform.test"),
    autodiscover="autodiscover.platform.test",
    imap="imap.platform.test",
    smtp="smtp.platform.test",
    spf_include="spf.platform.test",
    verification="verify.platform.test",
)
PLATFORM = PlatformFacts("main", HOSTS, ("192.0.2.25", "2001:db8::25"))
NS1, NS2, REGISTRY, OTHERS = "192.0.2.53", "198.51.100.53", "203.0.113.1", "203.0.113.2"


def domain(name: str = "example.com", **changes: Any) -> DomainFacts:
    facts = DomainFacts(name, Mode.AUTHORITATIVE, token="cm1234-check", verified=True, dkim={"cm1": public_key()})
    return replace(facts, **changes)


def split_domain(name: str = "example.com", target: str = "mail.other.test", **changes: Any) -> DomainFacts:
    return domain(name, mode=Mode.NON_AUTHORITATIVE, target=target, **changes)


def case(facts: DomainFacts | None = None, platform: PlatformFacts = PLATFORM, **flags: Any) -> CheckInput:
    return CheckInput(facts or domain(), platform, **flags)


def public_key() -> str:
    return _KEYS[0]


def other_key() -> str:
    return _KEYS[1]


def _make_keys() -> tuple[str, str]:
    import base64

    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    keys = (rsa.generate_private_key(65537, 2048).public_key() for _ in range(2))
    one, other = (
        base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode() for key in keys
    )
    return one, other


_KEYS = _make_keys()


def required(facts: DomainFacts, platform: PlatformFacts = PLATFORM) -> Records:
    return records(
        *(RRset(record.name, record.type, TTL, record.values) for record in required_records(facts, platform))
    )


def blank_zone(name: str = "example.com") -> Zone:
    """A web site's zone that knows nothing of mail."""
    apex = absolute(name)
    zone = Zone(apex)
    zone.put(
        rrset(apex, "NS", f"ns1.{apex}", f"ns2.{apex}"),
        rrset(f"ns1.{apex}", "A", NS1),
        rrset(f"ns2.{apex}", "A", NS2),
        rrset(apex, "A", "198.51.100.80"),
        rrset(f"www.{apex}", "CNAME", apex),
        rrset(apex, "TXT", '"site-verification=abc"'),
    )
    return zone


def green_zone(facts: DomainFacts | None = None, platform: PlatformFacts = PLATFORM) -> Zone:
    facts = facts or domain()
    zone = blank_zone(facts.name)
    for key, rr in required(facts, platform).items():
        there = zone.records.get(key)
        zone.records[key] = rr if there is None else replace(rr, values=(*there.values, *rr.values))
    return zone


def world(zone: Zone | None = None) -> SimDns:
    """The registry, the platform's zone, other people's zones, and `zone` on two name servers."""
    dns = SimDns()
    zone = zone or green_zone()
    registry = Zone("com.", primary="ns.registry.test.")
    registry.put(
        rrset("com.", "NS", "ns.registry.test."),
        rrset(zone.apex, "NS", *zone.records[zone.apex, "NS"].values),
        rrset(f"ns1.{zone.apex}", "A", NS1),
        rrset(f"ns2.{zone.apex}", "A", NS2),
    )
    dns.serve(registry, REGISTRY)
    dns.serve(platform_zone(), OTHERS)
    dns.serve(other_zone(), OTHERS)
    dns.serve(
        Zone(
            "registry.test.",
            records(rrset("registry.test.", "NS", "ns.registry.test."), rrset("ns.registry.test.", "A", REGISTRY)),
        ),
        OTHERS,
    )
    dns.serve(zone, NS1, NS2)
    return dns


def platform_zone() -> Zone:
    zone = Zone("platform.test.")
    zone.put(
        rrset("platform.test.", "NS", "ns.other.test."),
        rrset("mx1.platform.test.", "A", "192.0.2.11"),
        rrset("mx2.platform.test.", "A", "192.0.2.12"),
        rrset("spf.platform.test.", "TXT", '"v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"'),
        rrset("verify.platform.test.", "A", "192.0.2.13"),
        rrset("autodiscover.platform.test.", "A", "192.0.2.14"),
        rrset("imap.platform.test.", "A", "192.0.2.15"),
        rrset("smtp.platform.test.", "A", "192.0.2.16"),
    )
    return zone


def other_zone() -> Zone:
    """Somebody else's mail."""
    zone = Zone("other.test.")
    zone.put(
        rrset("other.test.", "NS", "ns.other.test."),
        rrset("ns.other.test.", "A", OTHERS),
        rrset("mail.other.test.", "A", "198.51.100.25"),
        rrset("alias.other.test.", "CNAME", "mail.other.test."),
        rrset("spf.other.test.", "TXT", '"v=spf1 ip4:198.51.100.25 -all"'),
        rrset("open.other.test.", "TXT", '"v=spf1 +all"'),
        rrset("loop1.other.test.", "CNAME", "loop2.other.test."),
        rrset("loop2.other.test.", "CNAME", "loop1.other.test."),
    )
    return zone


def statuses(verdicts: Mapping[Kind, Verdict]) -> dict[str, str]:
    return {str(kind): str(verdict.status) for kind, verdict in verdicts.items()}
