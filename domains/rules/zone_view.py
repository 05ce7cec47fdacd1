"""The DNS as it is for whoever asks a server of one zone: in-zone names from the zone's data, all others from outside.

RFC 1034 §4.3.2 with wildcards (RFC 4592), empty non-terminals, DNAME (RFC 6672) and delegations. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..lookup.answers import Answer, Failure, Question, View
from ..rrset import RRset

MAX_ALIASES = 8
PROBE_PREFIX = "cm-wildcard-probe."

type Key = tuple[str, str]


def below(name: str, zone: str) -> bool:
    """Whether `name` is `zone` or lies below it. Both absolute."""
    return zone == "." or name == zone or name.endswith("." + zone)


def parent(name: str) -> str:
    return name.partition(".")[2] or "."


@dataclass(frozen=True, slots=True)
class ZoneData:
    """What is known of a zone. `apex` is absolute.

    `read`: the names that were read, where not the whole zone is known (None: it is). `existing`: names known to be
    there though none of their records is here: other types, or names below them only.
    """

    apex: str
    rrsets: Mapping[Key, RRset]
    read: frozenset[str] | None = None
    existing: frozenset[str] = frozenset()
    negative_ttl: int | None = None
    names: frozenset[str] = field(init=False)  # that exist, empty non-terminals included

    def __post_init__(self) -> None:
        found = {self.apex}
        for name in (*(name for name, _ in self.rrsets), *self.existing):
            while name not in found and below(name, self.apex):
                found.add(name)
                name = parent(name)
        object.__setattr__(self, "names", frozenset(found))

    def knows(self, name: str) -> bool:
        return self.read is None or name in self.read

    def get(self, name: str, type_: str) -> RRset | None:
        return self.rrsets.get((name, type_))

    def cut_above(self, name: str) -> str | None:
        """The name below the apex, `name` itself included, from where it is delegated away, if it is."""
        found = None
        while name != self.apex and below(name, self.apex):
            if (name, "NS") in self.rrsets:
                found = name
            name = parent(name)
        return found


class ZoneView:
    """A view (see `domains.lookup.answers.View`) over a zone's data.

    `wanted` collects names of the zone that have to be read before anybody can tell.
    """

    def __init__(self, zone: ZoneData, outside: View) -> None:
        self.zone = zone
        self.outside = outside
        self.wanted: set[str] = set()

    def get(self, question: Question) -> Answer | None:
        return self._get(question, ())

    def _get(self, question: Question, chain: tuple[tuple[str, str], ...]) -> Answer | None:
        """`chain`: the aliases that led to `question`."""
        if not below(question.name, self.zone.apex) or self.zone.cut_above(question.name) is not None:
            return self._elsewhere(question, chain)
        return self._in_zone(question, chain)

    def _elsewhere(self, question: Question, chain: tuple[tuple[str, str], ...]) -> Answer | None:
        answer = self.outside.get(question)
        if answer is None:
            return None
        for index, (owner, target) in enumerate(answer.chain):
            # An alias of somebody else's that leads back in here.
            if below(target, self.zone.apex) and self.zone.cut_above(target) is None:
                return self._follow(question, (*chain, *answer.chain[:index]), owner, target, answer.ttl, dname=False)
        if chain:
            # Resolvers say so of all but the first few links, which are the zone's own.
            if answer.failure is not None and answer.circular:
                return answer._replace(chain=(*chain, *answer.chain))
            return answer._replace(chain=(*chain, *answer.chain))
        return answer

    def _in_zone(self, question: Question, chain: tuple[tuple[str, str], ...]) -> Answer | None:
        zone, name = self.zone, question.name
        owner = self._owner(name)
        if owner is None:
            return None  # a name has to be read first
        if owner == "":
            return self._missing(question, chain)
        found = zone.get(owner, question.type)
        if found is not None:
            return Answer(found.values, found.ttl or 0, chain=chain)
        alias = zone.get(owner, "CNAME")
        if alias is None or question.type == "CNAME":
            return self._negative(chain, nxdomain=False)
        return self._follow(question, chain, name, alias.values[0], alias.ttl or 0, dname=False)

    def _follow(
        self, question: Question, chain: tuple[tuple[str, str], ...], owner: str, target: str, ttl: int, *, dname: bool
    ) -> Answer | None:
        chain = (*chain, (owner, target))
        if any(earlier == target for earlier, _ in chain) or len(chain) > MAX_ALIASES:
            return Answer(ttl=ttl, failure=Failure.CHAIN, chain=chain, dname=dname)
        end = self._get(question._replace(name=target), chain)
        if end is None:
            return None
        ttl = min(ttl, end.ttl) if end.ttl else ttl
        return end._replace(ttl=ttl, dname=dname or end.dname)

    def _owner(self, name: str) -> str | None:
        """Whose records answer for `name`: its own name, a wildcard's, "" for nobody's; None: not known yet."""
        zone = self.zone
        if name in zone.names:
            if zone.knows(name):
                return name
            self.wanted.add(name)
            return None
        missing = [] if zone.knows(name) or PROBE_PREFIX in name else [name]
        encloser = parent(name)
        while encloser != zone.apex:
            if encloser in zone.names:
                break
            if not zone.knows(encloser):
                missing.append(encloser)
            if not zone.knows(f"*.{encloser}"):
                missing.append(f"*.{encloser}")
            encloser = parent(encloser)
        wildcard = f"*.{encloser}"
        if not zone.knows(wildcard):
            missing.append(wildcard)
        if missing:
            self.wanted.update(missing)
            return None
        return wildcard if wildcard in zone.names else ""

    def _missing(self, question: Question, chain: tuple[tuple[str, str], ...]) -> Answer | None:
        """No such name, unless a DNAME above leads it elsewhere."""
        name = parent(question.name)
        while below(name, self.zone.apex):
            dname = self.zone.get(name, "DNAME")
            if dname is not None:
                target = question.name[: -len(name)] + dname.values[0]
                if question.type == "CNAME":
                    return Answer((target,), dname.ttl or 0, chain=chain, dname=True)
                return self._follow(question, chain, question.name, target, dname.ttl or 0, dname=True)
            if name == self.zone.apex:
                break
            name = parent(name)
        return self._negative(chain, nxdomain=True)

    def _negative(self, chain: tuple[tuple[str, str], ...], *, nxdomain: bool) -> Answer:
        return Answer(nxdomain=nxdomain, chain=chain, zone=self.zone.apex, negative_ttl=self.zone.negative_ttl)


def names_to_read(names: Iterable[str], apex: str) -> set[str]:
    """`names`, with the names above them in the zone and the wildcards that may speak for them."""
    wanted: set[str] = set()
    for name in names:
        if not below(name, apex):
            continue
        wanted.add(name)
        while name != apex:
            name = parent(name)
            wanted |= {name, f"*.{name}"}
    return wanted
