"""What the pages, the zone file and the mailed instructions make of verdicts, as the database would keep them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from diagnostics.plain import fields
from diagnostics.show.changes import WantedRecord, wanted_records
from diagnostics.show.records import RecordRow, table, table_of_check
from domains.lookup.answers import Answers, Question
from domains.records import DEFAULT_TTL, Kind, required_records
from domains.rules.intents import with_intent
from domains.rules.verdicts import Verdict

from .paper import PaperWorld, domain_facts, platform


def stored(verdict: Verdict, intent: str | None = None) -> Any:
    """A check as its row has it."""
    verdict, intended = with_intent(verdict, intent)
    return SimpleNamespace(kind=verdict.kind.value, intended=intended, **fields(verdict))


def zone_file(
    world: PaperWorld, verdicts: Mapping[Kind, Verdict], intents: Mapping[Kind, str] | None = None
) -> list[WantedRecord]:
    """Its records; the letter and the page to copy from have the same."""
    checks = [stored(verdict, (intents or {}).get(kind)) for kind, verdict in verdicts.items()]
    split = world.case.get("mode") == "non_authoritative"
    left_out = frozenset({Kind.SRV.value}) if split else frozenset[str]()
    required = required_records(domain_facts(world.case), platform())
    return wanted_records(required, checks, ttl=DEFAULT_TTL, skip=left_out)


def page_of_domain(world: PaperWorld, verdicts: Mapping[Kind, Verdict]) -> list[RecordRow]:
    """The public page has the same rows."""
    required = required_records(domain_facts(world.case), platform())
    split = world.case.get("mode") == "non_authoritative"
    checks = [stored(verdict) for verdict in verdicts.values()]
    return table(required, checks, zone=world.case["zone"], host=None, split=split)


def page_of_check(world: PaperWorld, verdict: Verdict) -> list[RecordRow]:
    split = world.case.get("mode") == "non_authoritative"
    return table_of_check(stored(verdict), zone=world.case["zone"], host=None, split=split)


def in_effect(world: PaperWorld, name: str, type_: str) -> tuple[str, ...]:
    """What whoever asks gets, by way of aliases and wildcards."""
    answers = Answers()
    question = Question(name, type_)
    while (answer := answers.get(question)) is None:
        world.dns.answers(answers)
    return answer.values
