"""`manage.py diagnose`: look at domains now, and write nothing."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from diagnostics.judge import CheckInput
from diagnostics.models import Intent
from diagnostics.show.sentences import status_word, whole
from diagnostics.sweep.check_run import check_run
from diagnostics.sweep.inputs import inputs_of, unattached_input
from domains.asking import CHECK_RUN_SECONDS, Resolver, engine
from domains.command_line import DomainVerb, attachments
from domains.lookup.engine import run
from domains.models import Domain
from domains.names import to_unicode
from domains.records import Level, Mode
from domains.rrset import fix_to_json, rrset_to_json
from domains.rules.intents import with_intent
from domains.rules.verdicts import RED, Status, Verdict
from panel.commands import Done
from panel.models import Platform

AT_ONCE = 100  # looks under way

RED_STATUS = 1
OPEN_STATUS = 2  # none red, but a required check is unknown or propagating


class Command(DomainVerb):
    help = "Look at the DNS of domains now and say what is wrong. Writes nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME", help="domain name")
        self.domain_arguments(parser)

    def act(
        self,
        *,
        names: list[str],
        platform: str | None,
        mode: str | None,
        target: str,
        resolvers: list[str],
        **options: Any,
    ) -> Done:
        wanted = [self.name_of(name) for name in names]
        asked = [self.resolver_of(text) for text in resolvers]
        chosen_mode, aim = self.mode_of(mode, target)
        on = self.platform_of(platform)
        inputs = self._inputs(sorted(set(wanted)), on, chosen_mode, aim, vouched=not asked)
        intents = _intents(inputs)
        seen = run(_check_domains([given for given, _domain in inputs.values()], asked))
        verdicts = dict(zip(inputs, seen, strict=True))
        data, lines, statuses = [], [], []
        for name in wanted:
            shown = [with_intent(verdict, intents.get((name, verdict.kind))) for verdict in verdicts[name]]
            data.append({"domain": name, "checks": [_check(verdict, intended) for verdict, intended in shown]})
            lines += _table(name, shown)
            statuses += [verdict for verdict, _intended in shown]
        return Done(data, "\n".join(lines), _exit_status(statuses))

    def _inputs(
        self, names: Sequence[str], platform: Platform | None, mode: Mode, target: str, *, vouched: bool
    ) -> dict[str, tuple[CheckInput, Domain | None]]:
        """A check input for each name: by its attachment where it has one."""
        attached = attachments(names, platform)
        authoritative = frozenset(domain.pk for domain in attached.values())
        inputs: dict[str, tuple[CheckInput, Domain | None]] = {
            domain.name.name: (given, domain)
            for domain, given in inputs_of(attached.values(), authoritative=authoritative, vouched=vouched)
        }
        for name in names:
            if name not in inputs:
                if platform is None:
                    self.misused("there is no default platform: name one with --platform")
                inputs[name] = unattached_input(name, platform, mode, target, vouched=vouched), None
        return inputs


async def _check_domains(inputs: Sequence[CheckInput], resolvers: Sequence[Resolver]) -> list[tuple[Verdict, ...]]:
    now = timezone.now()
    free = asyncio.Semaphore(AT_ONCE)
    async with engine(resolvers) as asking:

        async def one(given: CheckInput) -> tuple[Verdict, ...]:
            async with free:
                return await check_run(given, asking.asker(), now, CHECK_RUN_SECONDS)

        return await asyncio.gather(*map(one, inputs))


def _intents(inputs: dict[str, tuple[CheckInput, Domain | None]]) -> dict[tuple[str, str], str]:
    """(name, kind) -> fingerprint of what was marked as intended."""
    attached = [domain.pk for _given, domain in inputs.values() if domain is not None]
    intents = Intent.objects.filter(domain__in=attached).values_list("domain__name__name", "kind", "fingerprint")
    return {(name, kind): fingerprint for name, kind, fingerprint in intents}


def _check(verdict: Verdict, intended: bool) -> dict[str, Any]:
    clears_at = verdict.clears_at if verdict.status == Status.PROPAGATING else None
    return {
        "kind": str(verdict.kind),
        "status": str(verdict.status),
        "level": str(verdict.level),
        "reason": whole(verdict),
        "problems": [str(code) for code in verdict.problems],
        "advice": [str(code) for code in verdict.advice],
        "intended": intended,
        "clears_at": clears_at.strftime("%Y-%m-%dT%H:%M:%SZ") if clears_at else None,
        "found": [rrset_to_json(value) for value in verdict.found],
        "expected": [rrset_to_json(value) for value in verdict.expected],
        "fixes": [fix_to_json(value) for value in verdict.fixes],
    }


def _table(name: str, shown: Sequence[tuple[Verdict, bool]]) -> list[str]:
    lines = [to_unicode(name)]
    for verdict, intended in shown:
        if verdict.status == Status.OFF:
            continue
        said = _printable(whole(verdict))
        word = status_word(verdict.status)
        if verdict.status in RED and verdict.level == Level.RECOMMENDED:
            word = f"{word} ({gettext('recommended')})"
        lines.append(f"  {verdict.kind:7} {word:22} {said}".rstrip())
        for change in () if intended else verdict.fixes:
            lines += [
                f"            {change.action:8} {change.name} {change.type} {_printable(v)}" for v in change.values
            ]
    return lines


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in text)


def _exit_status(verdicts: Sequence[Verdict]) -> int:
    required = {verdict.status for verdict in verdicts if verdict.level == Level.REQUIRED}
    if required & RED:
        return RED_STATUS
    return OPEN_STATUS if required & {Status.UNKNOWN, Status.PROPAGATING} else 0
