"""What Sieve sends: messages that a rule or a person's own script passes on, and automatic replies.

Dovecot runs a small program for each (rendering/sieve.py), which hands the message to the agent. One that a rule of the
panel passes on goes into the queue for an address of the machine, whose target is looked up once it leaves. One that an
own script passes on is held against the same policy here. A reply is signed, and leaves without a sender.
"""

from __future__ import annotations

import logging
import re
import subprocess
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from threading import Lock

from django.db.models import Q

from accounts.models import EmailAccount

from . import passing_on
from .addresses import Address, split
from .passing_on import Outflow, Passage
from .planning import program
from .signing import Header, Signer

log = logging.getLogger(__name__)

SECONDS = 60
TAKEN, LATER = "2 Taken", "4 It cannot be sent now"
REDIRECTED, DELIVERED = b"x-sieve-redirected-from", b"delivered-to"


@dataclass(frozen=True, slots=True)
class Sieve:
    host: str
    postfix: Path
    dovecot_conf: Path
    outflow: Outflow
    signer: Signer
    _signing: Lock = field(default_factory=Lock)  # each message has a thread

    def take(self, handed: bytes) -> str:
        """One message with its envelope, as the program hands it over. The reply begins with 2 or 4, as SMTP's."""
        envelope, _blank, message = handed.partition(b"\n\n")
        sender, *recipients = envelope.decode("utf-8", "replace").split("\n")
        headers, body = parsed(message)
        by = next((value for name, value in headers[:5] if name.lower() == REDIRECTED), None)
        answers = [
            self._pass_on(split(text_of(by)), sender, recipient, message)
            if by is not None
            else self._reply(split(sender), recipient, headers, body)
            for recipient in recipients
        ]
        return max(answers, default=TAKEN)

    def _pass_on(self, by: Address, sender: str, recipient: str, message: bytes) -> str:
        # Dovecot's LMTP has just written the mailbox's address there; what is beneath it tells of circles.
        message = without_first(message, DELIVERED)
        to = split(recipient)
        account = account_of(by)
        if account is None:
            return LATER
        if passing_on.owner_of(to, self.host) == account.pk:
            return self._queue(sender, recipient, message)
        if passing_on.may(account.service, to.local, to.domain, host=self.host):
            own = account.address_key
            passing = Passage(service=account.service.name, by=own, sender=own, to=recipient)
            if passing_on.pass_on(passing, sender, message, self.postfix, self.outflow).startswith("2"):
                return TAKEN
        return self._keep(account, message)

    def _reply(self, by: Address, recipient: str, headers: list[Header], body: bytes) -> str:
        account = account_of(by)
        written = [split(parseaddr(text_of(value))[1]) for name, value in headers if name.lower() == b"from"]
        author = account_of(written[0]) if len(written) == 1 else None
        if account is None or author is None or author.pk != account.pk:
            log.warning("a reply of %s in another's name is not sent", by)
            return TAKEN
        own = account.address_key
        if not self.outflow.takes(Passage(service=account.service.name, by=own, sender="", to=recipient)):
            log.warning("a reply of %s is one too many and not sent", by)
            return TAKEN
        signature = self._signature(written[0].domain, headers, body)
        message = b"".join(name + b":" + value + b"\r\n" for name, value in headers) + b"\r\n" + body
        if signature is not None:
            message = b"DKIM-Signature: " + signature.replace("\n", "\r\n").encode() + b"\r\n" + message
        return self._queue("", recipient, message)

    def _signature(self, domain: str, headers: list[Header], body: bytes) -> str | None:
        with self._signing:
            try:
                return self.signer.outgoing(domain, Address("", domain)).signature(headers, body)
            finally:
                self.signer.reader.close()  # a connection of SQLite belongs to its thread

    def _keep(self, account: EmailAccount, message: bytes) -> str:
        """In the inbox: to Dovecot each refusal of its program is one for now, and the message would wait for days."""
        command = [program("doveadm"), "-c", str(self.dovecot_conf), "save", "-u", account.address_key, "-m", "INBOX"]
        return self._run(command, message)

    def _queue(self, sender: str, recipient: str, message: bytes) -> str:
        return self._run([program("sendmail"), "-C", str(self.postfix), "-i", "-f", sender, "--", recipient], message)

    def _run(self, command: list[str], message: bytes) -> str:
        body = message.replace(b"\r\n", b"\n")
        try:
            done = subprocess.run(command, input=body, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own words
        except subprocess.TimeoutExpired:
            return LATER
        if done.returncode:
            log.warning("what Sieve sends is not taken: %s", done.stderr.decode("utf-8", "replace")[:300])
            return LATER
        return TAKEN


def account_of(address: Address) -> EmailAccount | None:
    """Whose address it is, or alias, with a detail or without."""
    names = {str(address), f"{address.base}@{address.domain}"}
    rows = EmailAccount.objects.select_related("service__organization")
    found = rows.filter(address_key__in=names).first()
    if found is not None:
        return found
    local = Q(aliases__address__local_part__in={address.local, address.base})
    return rows.filter(local, aliases__address__name__name=address.domain).first()


def parsed(message: bytes) -> tuple[list[Header], bytes]:
    """Headers as they are written, folded lines with them, and the body, its lines divided by CRLF."""
    head, _blank, body = message.replace(b"\r\n", b"\n").partition(b"\n\n")
    headers = []
    for line in re.split(rb"\n(?![ \t])", head):
        name, _colon, value = line.partition(b":")
        headers.append((name, value.replace(b"\n", b"\r\n")))
    return headers, body.replace(b"\n", b"\r\n")


def without_first(message: bytes, name: bytes) -> bytes:
    """Without the first header of this name."""
    text = message.replace(b"\r\n", b"\n")
    head, blank, body = text.partition(b"\n\n")
    lines = re.split(rb"\n(?![ \t])", head)
    at = next((n for n, line in enumerate(lines) if line.partition(b":")[0].strip().lower() == name), None)
    if at is not None:
        del lines[at]
    return b"\n".join(lines) + blank + body


def text_of(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()
