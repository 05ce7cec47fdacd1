"""`manage.py diagnose`: look at domains now, and write nothing."""

from __future__ import annotations

import asyncio
import socket
from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.utils.translation import gettext

from diagnostics.judge import Case
from diagnostics.models import Intent
from diagnostics.plain import fix, rrset
from diagnostics.show.sentences import status_word, whole
from diagnostics.sweep.cases import cases_of, unattached_case
from diagnostics.sweep.check_run import check_run
from domains.asking import CHECK_RUN_SECONDS, Resolver, engine
from domains.lookup.engine import run
from domains.models import Domain
from domains.names import NameRefused, to_ascii, to_unicode
from domains.records import Level, Mode
from domains.rules.intents import with_intent
from domains.rules.verdicts import RED, Status, Verdict
from domains.sentences import name_sentence, target_sentence
from domains.targets import TargetRefused, parse_target
from panel.commands import Done, Verb
from panel.models import Platform
from panel.settings import host_port

AT_ONCE = 100  # looks under way

RED_STATUS = 1
OPEN_STATUS = 2  # none red, but a required check is unknown or propagating


class Command(Verb):
    help = "Look at the DNS of domains now and say what is wrong. Writes nothing."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="+", metavar="NAME", help="domain name")
        parser.add_argument("--platform", metavar="SLUG", help="platform to judge by; by default the default one")
        parser.add_argument("--mode", metavar="MODE", help="authoritative (the default) or non-authoritative")
        parser.add_argument("--target", metavar="HOST", default="", help="target server; makes it non-authoritative")
        parser.add_argument(
            "--resolver",
            metavar="HOST:PORT",
            action="append",
            default=[],
            dest="resolvers",
            help="ask this one instead of the configured resolvers; may be repeated",
        )

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
        wanted = [self._name(name) for name in names]
        asked = [self._resolver(text) for text in resolvers]
        chosen_mode, aim = self._mode(mode, target)
        on = self._platform(platform)
        cases = self._cases(sorted(set(wanted)), on, chosen_mode, aim, vouched=not asked)
        intents = _intents(cases)
        seen = run(_check_domains([case for case, _domain in cases.values()], asked))
        verdicts = dict(zip(cases, seen, strict=True))
        data, lines, statuses = [], [], []
        for name in wanted:
            shown = [with_intent(verdict, intents.get((name, verdict.kind))) for verdict in verdicts[name]]
            data.append({"domain": name, "checks": [_check(verdict, intended) for verdict, intended in shown]})
            lines += _table(name, shown)
            statuses += [verdict for verdict, _intended in shown]
        return Done(data, "\n".join(lines), _exit_status(statuses))

    def _name(self, text: str) -> str:
        try:
            return to_ascii(text)
        except NameRefused as refusal:
            self.misused(f"{text}: {name_sentence(refusal)}")

    def _resolver(self, text: str) -> Resolver:
        try:
            host, port = host_port(text, 53)
        except ImproperlyConfigured:
            self.misused(f"{text}: HOST:PORT is wanted")
        if not host or not 0 < port < 65536:
            self.misused(f"{text}: HOST:PORT is wanted")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):
            self.misused(f"{text}: there is no such host")
        return str(found[0][4][0]), port

    def _mode(self, mode: str | None, target: str) -> tuple[Mode, str]:
        try:
            chosen = Mode(mode.replace("-", "_")) if mode else None
        except ValueError:
            self.misused(f"{mode}: the mode is authoritative or non-authoritative")
        if target and chosen == Mode.AUTHORITATIVE:
            self.misused("--target: in authoritative mode there is no target server")
        try:
            aim = str(parse_target(target)) if target else ""
        except TargetRefused as refusal:
            self.misused(f"{target}: {target_sentence(refusal)}")
        return chosen or (Mode.NON_AUTHORITATIVE if target else Mode.AUTHORITATIVE), aim

    def _platform(self, slug: str | None) -> Platform | None:
        if slug is None:
            return Platform.objects.filter(is_default=True).first()
        platform = Platform.objects.filter(slug=slug).first()
        if platform is None:
            self.misused(f"{slug}: no such platform")
        return platform

    def _cases(
        self, names: Sequence[str], platform: Platform | None, mode: Mode, target: str, *, vouched: bool
    ) -> dict[str, tuple[Case, Domain | None]]:
        """A case for each name: by its attachment where it has one."""
        attached: dict[str, Domain] = {}
        domains = Domain.objects.filter(name__name__in=names).select_related("name")
        # Of several attachments a verified one counts, then one on the platform that was named, then the oldest.
        rank = lambda domain: (
            domain.is_verified,
            platform is not None and domain.platform_id == platform.pk,
            -domain.pk,
        )
        for domain in sorted(domains, key=rank):
            attached[domain.name.name] = domain
        authoritative = frozenset(domain.pk for domain in attached.values())
        cases: dict[str, tuple[Case, Domain | None]] = {
            domain.name.name: (case, domain)
            for domain, case in cases_of(attached.values(), authoritative=authoritative, vouched=vouched)
        }
        for name in names:
            if name not in cases:
                if platform is None:
                    self.misused("there is no default platform: name one with --platform")
                cases[name] = unattached_case(name, platform, mode, target, vouched=vouched), None
        return cases


async def _check_domains(cases: Sequence[Case], resolvers: Sequence[Resolver]) -> list[tuple[Verdict, ...]]:
    now = timezone.now()
    free = asyncio.Semaphore(AT_ONCE)
    async with engine(resolvers) as asking:

        async def one(case: Case) -> tuple[Verdict, ...]:
            async with free:
                return await check_run(case, asking.asker(), now, CHECK_RUN_SECONDS)

        return await asyncio.gather(*map(one, cases))


def _intents(cases: dict[str, tuple[Case, Domain | None]]) -> dict[tuple[str, str], str]:
    """(name, kind) -> fingerprint of what was marked as intended."""
    attached = [domain.pk for _case, domain in cases.values() if domain is not None]
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
        "found": [rrset(value) for value in verdict.found],
        "expected": [rrset(value) for value in verdict.expected],
        "fixes": [fix(value) for value in verdict.fixes],
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
