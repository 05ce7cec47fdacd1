"""Reading what a plan needs: the zone at its provider, and names outside it at the resolvers. Here is all the I/O."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ..asking import Resolver, engine
from ..facts import facts
from ..lookup.answers import Answer, Answers, Failure, Question
from ..lookup.engine import run
from ..providers import Published, open_provider
from ..providers.base import delegation
from ..providers.values import canonical
from ..records import DomainFacts, Kind, PlatformFacts
from ..rrset import RRset
from ..rules.check_input import CheckInput, PreparedInput
from ..rules.zone_view import ZoneData
from .plan import Plan, first_names, plan
from .stored import StoredZone, from_json, to_json

if TYPE_CHECKING:
    from ..models import Domain, Zone

SECONDS = 12.0  # for names outside the zone; what has no answer by then counts as silent
MAX_READINGS = 12  # of the zone for one plan
MAX_QUESTIONS = 600  # outside the zone for one plan

type Read = Callable[[Iterable[str]], Published]


@dataclass(frozen=True, slots=True)
class ZoneReading:
    """What was read of one zone for one domain: enough for its plan without asking anybody anything.

    `delegated_at`: a delegation below the apex takes the domain away; then nothing else was read.
    """

    prepared: PreparedInput
    zone: ZoneData
    published: Published
    answers: Mapping[Question, Answer]
    delegated_at: str | None = None

    def plan(self, intents: Mapping[Kind, str]) -> Plan | None:
        """None where a delegation takes the domain away, or the zone is past understanding."""
        if self.delegated_at is not None:
            return None
        planned = plan(self.prepared, self.zone, Answers(dict(self.answers)), intents)
        return planned if isinstance(planned, Plan) else None

    def to_json(self) -> Any:
        given, zone = self.prepared.given, self.zone
        return to_json(
            StoredZone(
                domain=given.domain,
                platform=given.platform,
                now=self.prepared.now,
                apex=zone.apex,
                rrsets=zone.rrsets,
                read=zone.read,
                existing=zone.existing,
                published=self.published,
                answers=self.answers,
                delegated_at=self.delegated_at,
            )
        )

    @classmethod
    def from_json(cls, data: Any) -> ZoneReading:
        stored: StoredZone = from_json(StoredZone, data)
        return cls(
            prepared=PreparedInput(CheckInput(domain=stored.domain, platform=stored.platform), stored.now),
            zone=ZoneData(apex=stored.apex, rrsets=stored.rrsets, read=stored.read, existing=stored.existing),
            published=stored.published,
            answers=stored.answers,
            delegated_at=stored.delegated_at,
        )


def intents_of(domain: Domain) -> dict[Kind, str]:
    """Fingerprints of what technicians marked as intended."""
    return {Kind(kind): text for kind, text in domain.intents.values_list("kind", "fingerprint")}


def read_for(domain: Domain, resolvers: Sequence[Resolver] = ()) -> ZoneReading:
    """For an attached domain with a zone. Raises ProviderError."""
    assert domain.zone is not None
    return read_zone(domain.zone, *facts(domain), intents_of(domain), resolvers)


def read_zone(
    zone: Zone,
    domain: DomainFacts,
    platform: PlatformFacts,
    intents: Mapping[Kind, str] | None = None,
    resolvers: Sequence[Resolver] = (),
) -> ZoneReading:
    """The zone at its provider, as far as the plan for `domain` wants to know it. Raises ProviderError."""
    provider = open_provider(zone.provider)
    return gather(
        PreparedInput(CheckInput(domain=domain, platform=platform), timezone.now()),
        ZoneData(f"{zone.name}.", {}, frozenset()),
        intents or {},
        read=lambda names: provider.read(zone.name, names),
        resolvers=resolvers,
    )


def gather(
    prepared: PreparedInput,
    zone: ZoneData,
    intents: Mapping[Kind, str],
    *,
    read: Read | None = None,
    resolvers: Sequence[Resolver] = (),
) -> ZoneReading:
    """Read and ask what the plan wants until it wants nothing more. Without `read` the whole zone is known."""
    return run(_gather(prepared, zone, intents, read, resolvers))


async def _gather(
    prepared: PreparedInput,
    zone: ZoneData,
    intents: Mapping[Kind, str],
    read: Read | None,
    resolvers: Sequence[Resolver],
) -> ZoneReading:
    answers = Answers()
    published: dict[tuple[str, str], RRset] = {}
    if read is not None:
        published, zone = await _read(read, zone, published, first_names(prepared, zone.apex))
    cut = delegation(zone.apex.rstrip("."), prepared.apex, zone.rrsets)
    if cut is not None:
        return ZoneReading(prepared, zone, published or zone.rrsets, answers.known, cut)
    async with engine(resolvers) as asking:
        deadline = asking.loop.time() + SECONDS
        for _ in range(MAX_READINGS * 4):
            attempt = plan(prepared, zone, answers, intents)
            if isinstance(attempt, Plan):
                break
            if read is not None and attempt.names:
                published, zone = await _read(read, zone, published, attempt.names)
            wanted = list(answers.wanted)
            room = MAX_QUESTIONS - len(answers.known)
            told = await asking.ask_many(wanted[:room], deadline) if wanted[:room] else {}
            for question in wanted:
                answers.put(question, told.get(question) or Answer(failure=Failure.TIMEOUT))
    return ZoneReading(prepared, zone, published or zone.rrsets, answers.known)


async def _read(
    read: Read, zone: ZoneData, published: dict[tuple[str, str], RRset], names: Iterable[str]
) -> tuple[dict[tuple[str, str], RRset], ZoneData]:
    new = frozenset(names) - (zone.read or frozenset())
    published = {**published, **await asyncio.to_thread(read, new)}
    return published, ZoneData(zone.apex, comparable(published), (zone.read or frozenset()) | new)


def comparable(published: Published) -> dict[tuple[str, str], RRset]:
    """With host names in lower case. TXT values stay as they are: a fix that removes one names it exactly."""
    return {
        key: rrset
        if rrset.type == "TXT"
        else RRset(
            rrset.name, rrset.type, rrset.ttl, tuple(dict.fromkeys(canonical(rrset.type, v) for v in rrset.values))
        )
        for key, rrset in published.items()
    }
