"""Mail that leaves the platform by forwarding or by a group, put into the queue again with an envelope of our own.

It was sent to us: in its sender's name we may not pass it on, as his SPF record says (RFC 7208 appendix D.3). So the
envelope's sender becomes the address that was written to; the message stays as it is, and with it its signature. What
comes back goes to the mailbox that forwards, and of a group to nobody.
"""

from __future__ import annotations

import logging
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from accounts import outside
from accounts.models import ForwardTarget, GroupMember, InboxRule
from panel.models import Organization, Service

from .addresses import Address, split
from .deciding import BOUNCES, FORWARD, MEMBER, RULE, is_of_own_use
from .limits import Limits
from .planning import program

log = logging.getLogger(__name__)

SECONDS = 60
GONE = "550 5.1.1 The mail of this address is not passed on any more"
LOOP = "550 5.4.6 This message has been here before: it is passed on in a circle"
LATER = "451 4.7.1 So much mail was passed on within an hour that this message is passed on later"
TRACE = b"delivered-to:"
_RULE = re.compile(r"(\d{1,18})-(\d{1,3})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Passage:
    """`by`: the address that was written to; `sender`: of the new envelope. `to` is empty where it is over."""

    service: str
    by: str
    sender: str
    to: str


OVER = Passage("", "", "", "")


class Outflow:
    """How much of it leaves within an hour: one address outside gets no more of a service's than an account may send,
    and all of them together no more than a service. One message to a group is a thousand that leave, and whoever wants
    somebody buried in mail needs no account of his own to write from."""

    def __init__(self, account: int, service: int) -> None:
        self._limits = Limits(account, service)
        self._lock = Lock()  # each delivery has a thread

    def takes(self, passing: Passage) -> bool:
        """Count one message, unless it is one too many."""
        with self._lock:
            to = passing.to.lower()
            return not self._limits.exceeded(f"{passing.service} {to}", passing.service, to)


def passage(recipient: str, *, host: str) -> Passage | None:
    """What a recipient of ours stands for; None for any other address."""
    address = split(recipient)
    for prefix, find in ((FORWARD, _forward), (MEMBER, _member)):
        number = address.local.removeprefix(prefix)
        if address.domain == host and number != address.local and number.isascii() and number.isdigit():
            return find(int(number), host) or OVER
    numbers = _RULE.fullmatch(address.local.removeprefix(RULE))
    if address.domain == host and address.local.startswith(RULE) and numbers:
        return _rule(int(numbers[1]), int(numbers[2]), host) or OVER
    return None


def _forward(number: int, host: str) -> Passage | None:
    target = ForwardTarget.objects.select_related("forwarding__account__service__organization").filter(pk=number)
    found = target.first()
    if found is None or not may(found.forwarding.account.service, found.local_part, found.domain, host=host):
        return None
    account = found.forwarding.account
    own = account.address_key
    return Passage(service=account.service.name, by=own, sender=own, to=str(found))


def _member(number: int, host: str) -> Passage | None:
    rows = GroupMember.objects.select_related("group__address__name", "group__service__organization", "account")
    found = rows.filter(pk=number).first()
    if found is None or not (found.account_id or may(found.group.service, found.local_part, found.domain, host=host)):
        return None
    local, _at, domain = str(found.group).partition("@")
    group = str(found.group)
    return Passage(service=found.group.service.name, by=group, sender=f"{local}{BOUNCES}@{domain}", to=str(found))


def _rule(number: int, place: int, host: str) -> Passage | None:
    """What the action of an inbox rule at this place forwards to."""
    rules = InboxRule.objects.select_related("account__service__organization").filter(pk=number, enabled=True)
    found = rules.first()
    to = dict(found.rule.forwards).get(place) if found else None
    if found is None or to is None:
        return None
    account, address = found.account, split(to)
    if not may(account.service, address.local, address.domain, host=host):
        return None
    return Passage(service=account.service.name, by=account.address_key, sender=account.address_key, to=to)


def owner_of(rule: Address, host: str) -> int | None:
    """The account whose inbox rule this address of the machine stands for."""
    numbers = _RULE.fullmatch(rule.local.removeprefix(RULE)) if is_of_own_use(rule, host) else None
    return InboxRule.objects.filter(pk=numbers[1]).values_list("account", flat=True).first() if numbers else None


def may(service: Service, name: str, domain: str, *, host: str) -> bool:
    """As the views say it: the service and the organization have not ended, and the policy lets it out. Nothing goes to
    what is of this machine's own use: who may send to a group was asked before."""
    if is_of_own_use(Address(name, domain), host):
        return False
    over = service.state == Service.State.ENDED or service.organization.state == Organization.State.ENDED
    return not over and (outside.allowed(service) or bool(outside.owners(service, [(name, domain)])))


def pass_on(passing: Passage, sender: str, message: bytes, postfix: Path, outflow: Outflow) -> str:
    """The reply to whoever hands the message over. A bounce keeps its empty sender."""
    if not passing.to:
        return GONE
    trace = b"Delivered-To: " + passing.by.encode()
    if any(line.lower() == trace.lower() for line in _traces(message)):
        return LOOP
    if not outflow.takes(passing):
        return LATER
    command = [program("sendmail"), "-C", str(postfix), "-i", "-f", passing.sender if sender else "", "--", passing.to]
    body = trace + b"\n" + message.replace(b"\r\n", b"\n")
    try:
        done = subprocess.run(command, input=body, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603 - our own words
    except subprocess.TimeoutExpired:
        return "451 4.3.0 The message cannot be passed on now"
    if done.returncode:
        log.warning("a message of %s is not passed on: %s", passing.by, done.stderr.decode("utf-8", "replace")[:300])
        return "451 4.3.0 The message cannot be passed on now"
    return "250 2.0.0 Passed on"


def _traces(message: bytes) -> list[bytes]:
    """Delivered-To of the message's own headers."""
    head = message.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    return [line.strip() for line in head.split(b"\n") if line.lower().startswith(TRACE)]
