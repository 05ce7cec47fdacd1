"""`mailflow check`: are the running servers in step with the panel, and does the world find them?"""

from __future__ import annotations

import http.client
import ipaddress
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dns.reversename
from cryptography import x509
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from domains.asking import engine
from domains.lookup.answers import Answer, Question
from domains.lookup.engine import Engine
from domains.lookup.engine import run as run_loop
from domains.reach import Unreachable, addresses_of
from domains.rrset import absolute

from . import teaching
from .deciding import Platform, platform_of
from .queries import DatabaseAway, reader_of
from .running import greeting
from .serving import Setup
from .spf import evaluate

SECONDS = 5.0  # for the answers to one question


@dataclass(frozen=True, slots=True)
class Finding:
    what: str
    ok: bool
    text: str


def findings(directory: Path, *, days: int, local: bool = False) -> list[Finding]:
    """`days`: for which certificates must still be valid. `local`: only what runs here, nothing that the DNS says."""
    setup = Setup.read(directory / "policy.json")
    found = [_policy_server(setup), *_ports(setup), _certificate(setup, days), *_filter(setup), *_webmail(setup)]
    platform = None
    try:
        rows = reader_of(settings.MAIL_READER_URL or settings.DATABASE_URL).rows("platforms", {})
        platform = next((platform_of(row) for row in rows if row[0] == setup.platform), None)
        ok = platform is not None
        text = _("can be read") if ok else _("platform %(slug)s no longer exists") % {"slug": setup.platform}
    except DatabaseAway as error:
        ok, text = False, str(error)
    found.append(Finding(_("views of the database"), ok, text))
    if platform is not None and not local:
        found += [*_postmaster(setup), *(_host(setup, host) for host in sorted(platform.hosts))]
        if not setup.native:  # the world asks the DNS, whatever the hosts file says
            found += run_loop(_outbound(platform))
    return found


def _policy_server(setup: Setup) -> Finding:
    what = _("policy server")
    try:
        with socket.socket(socket.AF_UNIX) as policy:
            policy.settimeout(SECONDS)
            policy.connect(str(setup.sockets / "sessions"))
            policy.sendall(b"[]\n")
            json.loads(policy.makefile("rb").readline())
    except (OSError, ValueError) as error:
        return Finding(what, False, str(error))
    return Finding(what, True, _("answers"))


def _ports(setup: Setup) -> Iterator[Finding]:
    host = setup.addresses[0] if setup.addresses else "127.0.0.1"
    for port, tls, wanted in [
        *((port, False, "220") for port in setup.plain),
        *((port, True, "220") for port in setup.wrapped),
        *([(setup.imap, True, "* OK")] if setup.imap else []),
    ]:
        said = greeting(host, port, tls=tls).strip()
        ok = said.startswith(wanted)
        yield Finding(_("port %(port)d") % {"port": port}, ok, said if ok else said or _("no answer"))


def _filter(setup: Setup) -> Iterator[Finding]:
    if not setup.spam:
        return
    try:
        wrong = teaching.answers(Path(setup.spam) / "scan")
    except (OSError, http.client.HTTPException) as error:
        wrong = str(error) or type(error).__name__
    text = _("is away, so mail is delivered unmarked: %(error)s") % {"error": wrong} if wrong else _("answers")
    yield Finding(_("spam filter"), not wrong, text)


def _webmail(setup: Setup) -> Iterator[Finding]:
    if not setup.webmail:
        return
    connection = http.client.HTTPConnection("127.0.0.1", setup.webmail, timeout=SECONDS)
    try:
        connection.request("GET", "/")
        status = connection.getresponse().status
        ok, text = status == 200, _("answers") if status == 200 else str(status)
    except (OSError, http.client.HTTPException) as error:
        ok, text = False, str(error) or _("no answer")
    finally:
        connection.close()
    yield Finding(_("webmail"), ok, text)


def _postmaster(setup: Setup) -> Iterator[Finding]:
    """Every SMTP server takes mail to <postmaster>: what nobody reads bounces."""
    if setup.postmaster is not None:
        nobody = _("nobody reads it: make an administrator or set MAIL_POSTMASTER, then start the servers again")
        yield Finding(_("mail to <postmaster>"), bool(setup.postmaster), setup.postmaster or nobody)


def _certificate(setup: Setup, days: int) -> Finding:
    what = _("certificate")
    try:
        certificate = x509.load_pem_x509_certificate(Path(setup.certificate).read_bytes())
    except (OSError, ValueError) as error:
        return Finding(what, False, f"{setup.certificate}: {error}")
    left = (certificate.not_valid_after_utc - datetime.now(UTC)).days
    text = ngettext("valid for %(n)d more day", "valid for %(n)d more days", left) % {"n": left}
    if left < 0:
        text = _("has expired")
    return Finding(what, left >= days, text)


def _host(setup: Setup, host: str) -> Finding:
    try:
        if setup.native:
            found = sorted({str(info[4][0]) for info in socket.getaddrinfo(host, None)})
        else:
            found = [str(address) for address in addresses_of(host)]
    except Unreachable as error:
        silent = error.code == "unresolved"
        return Finding(host, False, _("could not be looked up") if silent else _("has no address"))
    except OSError:
        return Finding(host, False, _("has no address"))
    return Finding(host, True, ", ".join(found))


async def _outbound(platform: Platform) -> list[Finding]:
    """PTR and SPF of the addresses that mail leaves from."""
    found = []
    async with engine() as asking:
        for address in sorted(platform.outbound):
            found.append(await _ptr(asking, address))
            found.append(await _spf(asking, address, platform.spf_include))
    return found


async def _ptr(asking: Engine, address: str) -> Finding:
    """RFC 1912 §2.1: the name of an address has that address."""
    what = _("PTR of %(address)s") % {"address": address}
    names = await _ask(asking, dns.reversename.from_address(address).to_text(), "PTR")
    kind = "AAAA" if ":" in address else "A"
    backs = [await _ask(asking, absolute(name), kind) for name in names.values]
    for name, back in zip(names.values, backs, strict=True):
        if address in {str(ipaddress.ip_address(value)) for value in back.values}:
            return Finding(what, True, name)
    if any(answer.failure is not None for answer in (names, *backs)):
        return Finding(what, False, _("could not be looked up"))
    if not names.values:
        return Finding(what, False, _("there is none"))
    words = _("%(names)s does not have this address") % {"names": ", ".join(names.values)}
    return Finding(what, False, words)


async def _ask(asking: Engine, name: str, kind: str) -> Answer:
    return await asking.ask(Question(name, kind), asking.loop.time() + SECONDS)


async def _spf(asking: Engine, address: str, include: str) -> Finding:
    result = await evaluate(asking, address, include, seconds=SECONDS * 2)
    text = f"{include}: {result}" if result not in {"", "temperror"} else _("could not be looked up")
    return Finding(_("SPF of %(address)s") % {"address": address}, result == "pass", text)
