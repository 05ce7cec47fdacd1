"""The base of every command-line verb: one form of arguments, answers and exit statuses.

A verb writes what it is asked with `arguments`, does it in `act` and returns `Done`. What it will not do it says by
raising `Refused` (or by calling `refuse`), what it cannot understand by calling `misused`. Exit status 0: done;
1: refused, with the reason; 3: wrong usage, arguments that argparse turns away included; a verb's own meanings come
with `Done.status`.

With --json stdout carries one JSON document and nothing else; everything that is said to people goes to stderr then.
Words are in the language of the environment (LC_ALL, LC_MESSAGES, LANG), where the panel speaks it.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from typing import Any, NoReturn

from django.core.management import BaseCommand, CommandError
from django.core.management.base import CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import translation
from django.utils.translation import gettext as _

from .errors import Refused
from .models import Organization, Service

REFUSED = 1
USAGE = 3


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb did: `data` for --json, `text` for people (nothing is printed where it is empty)."""

    data: Any
    text: str = ""
    status: int = 0


class Misused(CommandError):  # noqa: N818 - like Refused, an answer
    """The verb cannot be understood."""

    def __init__(self, message: str) -> None:
        super().__init__(message, returncode=USAGE)


class VerbParser(CommandParser):
    """Turns away wrong arguments with status 3 instead of argparse's 2."""

    def error(self, message: str) -> NoReturn:
        if self.called_from_command_line:
            self.print_usage(sys.stderr)
        raise Misused(message)


class Verb(BaseCommand):
    requires_system_checks = []
    suppressed_base_arguments = {
        "--version",
        "--verbosity",
        "-v",
        "--settings",
        "--pythonpath",
        "--traceback",
        "--no-color",
        "--force-color",
    }

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare what the verb is asked with."""

    def act(self, *args: Any, **options: Any) -> Done:
        """Do it, given the arguments by name. Raises Refused."""
        raise NotImplementedError

    def refuse(self, code: str, message: str) -> NoReturn:
        """End with status 1 and this reason."""
        raise Refused(code, message)

    def misused(self, message: str) -> NoReturn:
        """End with status 3."""
        raise Misused(message)

    def say(self, line: str) -> None:
        """A line for people while the verb is at work: to stderr, so that stdout keeps what was asked for."""
        self.stderr.write(line, style_func=str)

    # What Django calls.

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.__class__ = VerbParser
        return parser

    def run_from_argv(self, argv: list[str]) -> None:
        with translation.override(language_of_environment()):
            try:
                super().run_from_argv(argv)
            except Misused as error:  # from the parser, before Django looks after errors
                self.stderr.write(f"{error}")
                sys.exit(error.returncode)

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.arguments(parser)
        parser.add_argument("--json", action="store_true", help="answer with JSON on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.get("json", False)
        try:
            done = self.act(**options)
        except Refused as refusal:
            if as_json:
                self._print_json({"refused": refusal.code, "reason": str(refusal)})
            self.stderr.write(str(refusal))
            sys.exit(REFUSED)
        if as_json:
            self._print_json(done.data)
        elif done.text:
            self.stdout.write(done.text)
        if done.status:
            sys.exit(done.status)

    def _print_json(self, data: Any) -> None:
        self.stdout.write(json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))


def language_of_environment() -> str:
    """The first of LC_ALL, LC_MESSAGES and LANG that says something, if the panel speaks it; English otherwise."""
    wanted = next((value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), "")
    code = wanted.partition(".")[0].partition("@")[0].replace("_", "-").lower()
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return "en"


def utf_8(argument: str) -> str:
    """An argument with escapes for its octets that are not UTF-8, which no database takes and no terminal shows."""
    return os.fsencode(argument).decode(errors="backslashreplace")


def organization_named(code: str) -> Organization:
    """Raises Refused."""
    code = utf_8(code)
    found = Organization.objects.filter(code=code).first()
    if found is None:
        raise Refused("no-such-organization", _("There is no organization %(code)s.") % {"code": code})
    return found


def service_named(name: str) -> Service:
    """With its organization and platform. Raises Refused."""
    name = utf_8(name)
    found = Service.objects.select_related("organization", "platform").filter(name=name).first()
    if found is None:
        raise Refused("no-such-service", _("There is no service %(name)s.") % {"name": name})
    return found
