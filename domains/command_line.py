"""What the commands about domains are asked with, and which attachment a name stands for."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from collections.abc import Sequence

from django.core.exceptions import ImproperlyConfigured

from panel.commands import Verb
from panel.models import Platform
from panel.settings import host_port

from .asking import Resolver
from .models import Domain
from .names import NameRefused, to_ascii
from .records import Mode
from .sentences import name_sentence, target_sentence
from .targets import TargetRefused, parse_target


class DomainVerb(Verb):
    """A verb about domains that may be attached or not."""

    def domain_arguments(self, parser: ArgumentParser) -> None:
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

    def name_of(self, text: str) -> str:
        try:
            return to_ascii(text)
        except NameRefused as refusal:
            self.misused(f"{text}: {name_sentence(refusal)}")

    def resolver_of(self, text: str) -> Resolver:
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

    def mode_of(self, mode: str | None, target: str) -> tuple[Mode, str]:
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

    def platform_of(self, slug: str | None) -> Platform | None:
        if slug is None:
            return Platform.objects.filter(is_default=True).first()
        platform = Platform.objects.filter(slug=slug).first()
        if platform is None:
            self.misused(f"{slug}: no such platform")
        return platform


def attachments(names: Sequence[str], platform: Platform | None) -> dict[str, Domain]:
    """The attachment that each name stands for, where it has one: of several a verified one, then one on the platform
    that was named, then the oldest."""
    found: dict[str, Domain] = {}
    domains = Domain.objects.filter(name__name__in=names).select_related("name")
    rank = lambda domain: (domain.is_verified, platform is not None and domain.platform_id == platform.pk, -domain.pk)
    for domain in sorted(domains, key=rank):
        found[domain.name.name] = domain
    return found
