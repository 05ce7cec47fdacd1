"""A zone's own name servers: finding them, and asking them. Pure: over answers that are known.

The delegated name servers of a zone are those that its parent refers to where the parent can be asked, else the NS set
that the resolvers give (they got there by delegation). While the parent's word is still out, the resolvers' set stands
in, so that the servers are asked meanwhile; a look ends only when nothing is wanted any more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from domains.lookup.answers import UNCONFIRMED, Answer, Answers, Delegation, Failure, Question

MAX_HOSTS = 13  # name servers of the domain's own zone that are asked
MAX_FOREIGN_HOSTS = 2  # of any other zone
MAX_ADDRESSES = 2  # of one name server
MAX_FOREIGN_ZONES = 12  # other people's zones that are asked at home in one look
MAX_ALIASES = 8
MAX_REFERRALS = 3


@dataclass(frozen=True, slots=True)
class AuthoritativeServer:
    """A name server. `host` has no final dot."""

    host: str
    address: str

    def __str__(self) -> str:
        return f"{self.host} ({self.address})"


@dataclass(frozen=True, slots=True)
class Cut:
    """The zone that holds a name, as the resolvers know it. With `failure` nobody could tell."""

    apex: str
    hosts: tuple[str, ...] = ()
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Soa:
    """What matters of a SOA record."""

    primary: str
    serial: int
    refresh: int
    retry: int
    negative_ttl: int


def parse_soa(values: tuple[str, ...]) -> Soa | None:
    fields = values[0].split() if len(values) == 1 else []
    if len(fields) != 7 or not all(field.isdigit() for field in fields[2:]):
        return None
    serial, refresh, retry, _, minimum = map(int, fields[2:])
    return Soa(fields[0].lower(), serial, refresh, retry, minimum)


def newer(one: int, other: int) -> bool:
    """Whether serial `one` is later than `other`, RFC 1982 §3.2."""
    return one != other and (one - other) % 2**32 < 2**31


def below(name: str, zone: str) -> bool:
    """Whether `name` is `zone` or lies below it."""
    return zone == "." or name == zone or name.endswith("." + zone)


def strictly_below(name: str, zone: str) -> bool:
    return name != zone and below(name, zone)


def parent(name: str) -> str:
    return name.partition(".")[2] or "."


class AuthoritativeServers:
    """Everything about own name servers for one domain, over one set of answers."""

    def __init__(self, answers: Answers, name: str) -> None:
        self.answers = answers
        self.name = name
        self.insistent = False  # ask above the name where the question for its NS records brings nothing
        self.foreign: dict[str, None] = {}  # other people's zones that were asked
        self._cuts: dict[str, Cut | None] = {}

    # -- zones

    def cut(self, name: str) -> Cut | None:
        """The zone that holds `name`. None: not known yet."""
        if name not in self._cuts:
            self._cuts[name] = self._find_cut(name)
        return self._cuts[name]

    def _find_cut(self, name: str) -> Cut | None:
        while True:
            answer = self.answers.get(Question(name, "NS"))
            if answer is None:
                return None
            if answer.failure is not None and answer.failure != Failure.CHAIN:
                return Cut(name, (), answer.failure)
            if answer.values and not answer.chain:
                return Cut(name, answer.values)
            if name == ".":
                return Cut(name, (), Failure.OTHER)
            zone = answer.zone
            if zone == name and not answer.chain:
                return Cut(name, (), Failure.LAME)  # a zone that knows of no name servers
            # The SOA of a negative answer names the zone; behind an alias it names another one.
            name = zone if zone is not None and not answer.chain and below(name, zone) else parent(name)

    @cached_property
    def zone(self) -> Cut | None:
        """The domain's own zone, with the name servers that are delegated for it."""
        cut = self.cut(self.name)
        if cut is None:
            return None
        if cut.failure is not None:
            return self._told_above(cut) if self.insistent else cut
        return self._delegated(cut)

    def _delegated(self, cut: Cut) -> Cut:
        delegation = self.referral(cut.apex)
        return replace(cut, hosts=delegation.hosts) if delegation is not None else cut

    def _told_above(self, cut: Cut) -> Cut:
        """The zone of a name whose NS records nobody gets: whoever holds the zone above delegates it, or holds it."""
        delegation = self.referral(cut.apex)
        if delegation is not None:
            return Cut(cut.apex, delegation.hosts)
        above = self.cut(parent(cut.apex)) if cut.apex != "." else None
        if above is None or above.failure is not None:
            return cut
        for server in self.addresses(above.hosts, (), MAX_FOREIGN_HOSTS):
            answer = self.answers.get(Question(cut.apex, "NS", server.address))
            if answer is not None and answer.empty and not answer.chain and answer.zone == above.apex:
                return self._delegated(above)
        return cut

    @cached_property
    def servers(self) -> tuple[AuthoritativeServer, ...]:
        """The domain's own name servers, as far as their addresses are known."""
        if self.zone is None or self.zone.failure is not None:
            return ()
        delegation = self.referral(self.zone.apex)
        return self.addresses(self.zone.hosts, delegation.glue if delegation else (), MAX_HOSTS)

    @property
    def unlocated(self) -> tuple[str, ...]:
        """Delegated name servers that no address is known of."""
        if self.zone is None:
            return ()
        known = {server.host for server in self.servers}
        hosts = (host.removesuffix(".") for host in sorted(self.zone.hosts)[:MAX_HOSTS])
        return tuple(host for host in hosts if host not in known)

    def referral(self, apex: str) -> Delegation | None:
        """What the parent says about `apex`. None: it could not be asked, or was not yet."""
        above = self.cut(parent(apex)) if apex != "." else None
        if above is None or above.failure is not None or above.apex == apex:
            return None
        found = None
        for server in self.addresses(above.hosts, (), MAX_FOREIGN_HOSTS):
            answer = self.answers.get(Question(apex, "NS", server.address))
            if answer is None or found is not None:
                continue
            if answer.delegation is not None and answer.delegation.zone == apex and answer.delegation.hosts:
                found = answer.delegation
            elif answer.values and not answer.chain:
                found = Delegation(apex, answer.values)  # the same server holds both zones
        return found

    def addresses(
        self, hosts: tuple[str, ...], glue: tuple[tuple[str, str], ...], limit: int
    ) -> tuple[AuthoritativeServer, ...]:
        """Addresses of name servers: IPv4 where there is one, else IPv6; from the resolvers, else from glue."""
        servers: dict[str, AuthoritativeServer] = {}
        for host in sorted(hosts)[:limit]:
            answer = self.answers.get(Question(host, "A"))
            if answer is not None and answer.empty:
                answer = self.answers.get(Question(host, "AAAA"))
            if answer is None:
                continue
            known = sorted(answer.values) or sorted(address for owner, address in glue if owner == host)
            for address in known[:MAX_ADDRESSES]:
                servers.setdefault(address, AuthoritativeServer(host.removesuffix("."), address))
        return tuple(servers.values())

    def soa(self, server: AuthoritativeServer) -> Answer | None:
        zone = self.zone
        return self.answers.get(Question(zone.apex, "SOA", server.address)) if zone else None

    # -- names outside the domain's zone

    def elsewhere(self, question: Question) -> Answer | None:
        """The answer for a name of somebody else's zone.

        What the resolvers say of it may be old too, so that zone's own servers are asked; where that cannot be done,
        the resolvers' word stands.
        """
        answer = self.answers.get(question)
        if answer is None or answer.failure is not None:
            return answer
        cut = self.cut(question.name)
        if cut is None:
            return answer
        unconfirmed = answer._replace(detail=UNCONFIRMED) if answer.empty else answer
        if cut.failure is not None:
            return unconfirmed
        if cut.apex not in self.foreign and len(self.foreign) >= MAX_FOREIGN_ZONES:
            return unconfirmed
        self.foreign[cut.apex] = None
        return self._first_sound(self.addresses(cut.hosts, (), MAX_FOREIGN_HOSTS), question) or unconfirmed

    def _first_sound(self, servers: tuple[AuthoritativeServer, ...], question: Question) -> Answer | None:
        """The first whole answer. All servers are asked at once."""
        told = [self.answers.get(question._replace(server=server.address)) for server in servers]
        return next((answer for answer in told if answer is not None and answer.sound and _whole(answer)), None)

    def beneath(self, delegation: Delegation, question: Question, depth: int) -> Answer | None:
        """The answer of a zone cut off below the domain's own, from the newest of its servers. None: not known yet.

        Those that answer may only lag behind a primary that does not: then nobody can tell.
        """
        servers = self.addresses(delegation.hosts, delegation.glue, MAX_HOSTS)
        silent = {host.removesuffix(".") for host in sorted(delegation.hosts)[:MAX_HOSTS]}
        told: list[tuple[Soa | None, Answer]] = []
        failed = Answer(failure=Failure.UNREACHABLE)
        complete = all(self.answers.get(Question(host, "A")) for host in sorted(delegation.hosts)[:MAX_HOSTS])
        for server in servers:
            said = self.answers.get(question._replace(server=server.address))
            soa_said = self.answers.get(Question(delegation.zone, "SOA", server.address))
            if said is None or soa_said is None:
                complete = False
                continue
            deeper = said.delegation
            if deeper is not None and strictly_below(deeper.zone, delegation.zone) and depth < MAX_REFERRALS:
                return self.beneath(deeper, question, depth + 1)
            if said.failure is not None:
                failed = said
                continue
            silent.discard(server.host)
            told.append((parse_soa(soa_said.values), said))
        if not complete:
            return None
        return _newest(told, silent) or failed


def _newest(told: list[tuple[Soa | None, Answer]], silent: set[str]) -> Answer | None:
    """The answer with the latest serial; None where that cannot be told."""
    if not told:
        return None
    best, answer = told[0]
    if best is None or any(soa is None for soa, _ in told):
        same = all(set(other.values) == set(answer.values) and other.chain == answer.chain for _, other in told)
        return answer if same and not silent else None
    for soa, other in told:
        if soa is not None and newer(soa.serial, best.serial):
            best, answer = soa, other
    return None if best.primary.removesuffix(".") in silent else answer


def _whole(answer: Answer) -> bool:
    """Whether nothing has to be followed: no alias that leads out of the server's zones."""
    return bool(answer.values) or not answer.chain or answer.nxdomain or answer.zone is not None


class ServerView:
    """The DNS as one of the domain's own name servers has it; other people's names as `Home.elsewhere` has them."""

    def __init__(self, authoritative: AuthoritativeServers, zone: str, server: AuthoritativeServer) -> None:
        self.authoritative = authoritative
        self.zone = zone
        self.server = server
        self.asked: dict[Question, Answer | None] = {}  # in the domain's own zone, as this server said

    def get(self, question: Question) -> Answer | None:
        return self._get(question, 0)

    def _get(self, question: Question, aliases: int) -> Answer | None:
        if not below(question.name, self.zone):
            return self.authoritative.elsewhere(question)
        answer = self.authoritative.answers.get(question._replace(server=self.server.address))
        self.asked[question] = answer
        if answer is None:
            return None
        delegation = answer.delegation
        if delegation is not None and strictly_below(delegation.zone, self.zone):
            beneath = self.authoritative.beneath(delegation, question, 0)
            self.asked.pop(question)  # these are not its own words
            return self._followed(question, beneath, aliases) if beneath is not None else None
        return self._followed(question, answer, aliases)

    def _followed(self, question: Question, answer: Answer, aliases: int) -> Answer | None:
        """An authoritative server stops at an alias that leaves its zones: go on from there."""
        if answer.failure is not None or _whole(answer):
            return answer
        target = answer.chain[-1][1]
        if aliases >= MAX_ALIASES or any(owner == target for owner, _ in answer.chain):
            return answer._replace(failure=Failure.CHAIN)
        end = self._get(question._replace(name=target), aliases + 1)
        if end is None:
            return None
        ttl = min(answer.ttl, end.ttl) if answer.ttl else end.ttl
        return end._replace(chain=answer.chain + end.chain, dname=answer.dname or end.dname, ttl=ttl)
