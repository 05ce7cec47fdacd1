"""`manage.py plan_domain`: what to change in a zone so that a domain works here, and change it."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from domains.command_line import DomainVerb, attachments
from domains.facts import facts
from domains.models import Domain, ZoneChange
from domains.names import to_unicode
from domains.platforms import platform_facts
from domains.providers import ProviderError
from domains.records import DomainFacts, Kind, Mode
from domains.rrset import Fix, fix_to_json
from domains.rules.check_input import CheckInput, PreparedInput
from domains.rules.deciding import Left
from domains.rules.zone_view import below
from domains.sentences import LEFT, ZONE_FILE_FAULTS, provider_sentence
from domains.usecases import apply
from domains.zones.changes import run
from domains.zones.plan import KINDS, Plan
from domains.zones.planning import BOXES, Preview, preview
from domains.zones.reading import ZoneReading, gather, intents_of, read_for
from domains.zones.zone_file import ZoneFile, ZoneFileError, changed, read_zone_file
from panel.actors import COMMAND_LINE
from panel.commands import Done
from panel.models import Platform

CHANGES = 2  # exit status: there are changes left, or something is unknown
PATIENCE = 300  # seconds that a change at a provider is waited for
PAUSE = 0.5


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and where its zone is: a file, or at the provider of an attached domain."""

    plan: Plan
    preview: Preview
    file: ZoneFile | None
    domain: Domain | None


class Command(DomainVerb):
    help = "Say what to change in a zone so that a domain works on a platform; with --apply, change it."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="domain name")
        self.domain_arguments(parser)
        parser.add_argument(
            "--zone-file", metavar="FILE", help="plan against this file instead of the zone that is managed here"
        )
        parser.add_argument(
            "--apply", action="store_true", help="make the changes; with a file, print it as it is after them"
        )
        parser.add_argument("--mx", action="store_true", help="with --apply: change the MX, too, which moves mail")
        parser.add_argument("--raise-serial", action="store_true", help="with --apply and a file: count its serial up")

    def act(
        self,
        *,
        name: str,
        platform: str | None,
        mode: str | None,
        target: str,
        resolvers: list[str],
        zone_file: str | None,
        apply: bool,
        mx: bool,
        raise_serial: bool,
        **options: Any,
    ) -> Done:
        wanted = self.name_of(name)
        asked = [self.resolver_of(text) for text in resolvers]
        chosen_mode, aim = self.mode_of(mode, target)
        on = self.platform_of(platform)
        if raise_serial and zone_file is None:
            self.misused("--raise-serial: only with --zone-file")
        domain = attachments([wanted], on).get(wanted)
        if zone_file is not None:
            planned = self._over_file(zone_file, wanted, domain, on, chosen_mode, aim, asked)
        else:
            planned = self._at_provider(wanted, domain, asked)
        if not apply:
            return self._told(wanted, planned)
        kinds = [kind for kind in KINDS if mx or kind != Kind.MX]
        if planned.file is not None:
            return self._file_changed(wanted, planned, planned.file, kinds, raise_serial, as_json=options["json"])
        return self._applied(wanted, planned, mx)

    # -- planning

    def _over_file(
        self,
        path: str,
        name: str,
        domain: Domain | None,
        platform: Platform | None,
        mode: Mode,
        target: str,
        resolvers: Sequence[Any],
    ) -> Planned:
        try:
            octets = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
        except OSError as error:
            self.refuse("zone-file", f"{path}: {error.strerror}")
        try:
            file = read_zone_file(octets.decode("utf-8", "surrogateescape"))
        except ZoneFileError as error:
            words = str(ZONE_FILE_FAULTS[error.code]) % {"detail": error.detail}
            self.refuse("zone-file", f"{path}:{error.line}: {words}")
        if not below(f"{name}.", file.apex):
            zone = file.apex.rstrip(".")
            self.refuse("other-zone", _("%(name)s is not in the zone %(zone)s.") % {"name": name, "zone": zone})
        if domain is not None:
            domain_facts, its_platform = facts(domain)
            intents: Mapping[Kind, str] = intents_of(domain)
        else:
            if platform is None:
                self.misused("there is no default platform: name one with --platform")
            domain_facts = DomainFacts(name=name, mode=mode, target=target)
            its_platform = platform_facts(platform, timezone.localdate())
            intents = {}
        prepared = PreparedInput(CheckInput(domain=domain_facts, platform=its_platform), timezone.now())
        reading = gather(prepared, file.data(), intents, resolvers=resolvers)
        return self._planned(name, reading, intents, file, domain)

    def _at_provider(self, name: str, domain: Domain | None, resolvers: Sequence[Any]) -> Planned:
        if domain is None or domain.zone is None:
            self.refuse(
                "no-zone",
                _("%(name)s has no zone that is managed here: name a file with --zone-file.") % {"name": name},
            )
        try:
            reading = read_for(domain, resolvers)
        except ProviderError as error:
            self.refuse(error.code, f"{provider_sentence(error.code)} {error.detail}".rstrip())
        return self._planned(name, reading, intents_of(domain), None, domain)

    def _planned(
        self,
        name: str,
        reading: ZoneReading,
        intents: Mapping[Kind, str],
        file: ZoneFile | None,
        domain: Domain | None,
    ) -> Planned:
        shown = preview(reading, intents)
        if shown.delegated_at is not None:
            self.refuse(
                "delegated",
                _("The zone delegates %(cut)s to other name servers: the records of %(name)s belong there.")
                % {"cut": shown.delegated_at.rstrip("."), "name": name},
            )
        if shown.plan is None:
            self.refuse("no-plan", _("Reading the zone takes too many queries."))
        return Planned(shown.plan, shown, file, domain)

    # -- telling and applying

    def _told(self, name: str, planned: Planned) -> Done:
        left = planned.plan.left()
        data = _data(name, planned, left)
        lines = [to_unicode(name)]
        for decision in planned.plan.decisions:
            for fix in decision.verdict.fixes if decision.fixes_anything else ():
                lines += [f"  {decision.kind:7} {fix.action:8} {fix.name} {fix.type} {v}" for v in fix.values]
        lines += _left_lines(left)
        if len(lines) == 1:
            lines.append(_("  nothing to change"))
        unfinished = bool(planned.plan.fixes()) or Left.UNKNOWN in left.values()
        return Done(data, "\n".join(lines), CHANGES if unfinished else 0)

    def _file_changed(
        self, name: str, planned: Planned, file: ZoneFile, kinds: Sequence[Kind], raise_serial: bool, *, as_json: bool
    ) -> Done:
        fixes = planned.plan.writable(kinds)
        text = changed(file, fixes, raise_serial=raise_serial)
        serial = read_zone_file(text).serial
        left = planned.plan.left(kinds)
        for line in _left_lines(left):
            self.say(line.strip())
        if serial is not None and serial == file.serial and text != file.text:
            self.say(_("The serial is unchanged: %(serial)s.") % {"serial": serial})
        elif serial is not None and serial == file.serial:
            self.say(_("Nothing was changed; the serial is unchanged: %(serial)s.") % {"serial": serial})
        data = _data(name, planned, left) | {
            "zone_file": text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"),
            "serial": serial,
            "serial_raised": serial != file.serial,
        }
        if not as_json:
            self._print_file(text)
        return Done(data, "", _status_after(left))

    def _print_file(self, text: str) -> None:
        """To the last octet, those that are no UTF-8 included."""
        out = getattr(self.stdout, "_out", self.stdout)
        octets = getattr(out, "buffer", None)
        if octets is None:
            self.stdout.write(text, ending="")
            return
        out.flush()
        octets.write(text.encode("utf-8", "surrogateescape"))
        octets.flush()

    def _applied(self, name: str, planned: Planned, mx: bool) -> Done:
        assert planned.domain is not None
        kinds = [kind for kind in KINDS if mx or kind != Kind.MX]
        confirmed = planned.preview.fingerprint
        change = apply(planned.domain, planned.preview, BOXES, mx=mx, confirmed=confirmed, actor=COMMAND_LINE)
        if change is not None:
            self._waited_for(change)
        left = planned.plan.left(kinds)
        lines = [to_unicode(name)]
        fixes: Sequence[Fix] = planned.plan.writable(kinds)
        lines += [f"  {fix.action:8} {fix.name} {fix.type} {v}" for fix in fixes for v in fix.values]
        lines += _left_lines(left)
        return Done(_data(name, planned, left), "\n".join(lines), _status_after(left))

    def _waited_for(self, change: ZoneChange) -> None:
        """Does it here, unless a worker is at it already. Refuses where it was not done."""
        ends = time.monotonic() + PATIENCE
        while not run(change.pk):
            change.refresh_from_db()
            if change.state not in ZoneChange.UNFINISHED:
                break
            if time.monotonic() > ends:
                self.refuse("timeout", _("The change is still being worked on."))
            time.sleep(PAUSE)
        change.refresh_from_db()
        if change.state != ZoneChange.State.DONE:
            self.refuse(change.error or "failed", f"{provider_sentence(change.error)} {change.detail}".rstrip())


def _data(name: str, planned: Planned, left: Mapping[Kind, Left]) -> dict[str, Any]:
    return {
        "domain": name,
        "zone": planned.plan.zone.apex.rstrip("."),
        "fixes": [
            {"kind": str(decision.kind), **fix_to_json(fix)}
            for decision in planned.plan.decisions
            if decision.fixes_anything
            for fix in decision.verdict.fixes
        ],
        "left": [{"kind": str(kind), "reason": str(why)} for kind, why in left.items()],
    }


def _left_lines(left: Mapping[Kind, Left]) -> list[str]:
    return [f"  {kind:7} {_('left')} ({why}): {LEFT[why]}" for kind, why in left.items()]


def _status_after(left: Mapping[Kind, Left]) -> int:
    open_ones = {Left.UNKNOWN, Left.NOT_CONFIRMED, Left.ZONE_BELOW}
    return CHANGES if open_ones & set(left.values()) else 0
