"""What one check run may send to servers that it found through a customer's domain: the panel is nobody's cannon.

Whoever owns a domain names its name servers, and may name anybody's. Packets count while a server has shown no
authority over what it is asked for; one that has is what it was said to be, and its packets count no more. A server
that refused, or kept silent to two different questions with all their retransmissions, is asked no more in this run.
What is cut off so has the failure LIMIT: nobody could look, which turns nothing red.
"""

from __future__ import annotations

from ..answers import Failure, Question

PACKETS = 150  # of one run, to servers without authority
SILENT_QUESTIONS = 2
WAIT_SECONDS = 1.5  # for servers to show authority, before what is beyond the packets is cut off


class Allowance:
    """Counts the packets of one check run."""

    __slots__ = ("_authoritative", "_counted", "_dropped", "_silent", "_since", "packets", "sent")

    def __init__(self, packets: int = PACKETS) -> None:
        self.packets = packets
        self.sent = 0  # in all, for those who measure
        self._counted: dict[str, int] = {}  # packets by address, of servers without authority so far
        self._authoritative: set[str] = set()
        self._dropped: set[str] = set()
        self._silent: dict[str, set[Question]] = {}
        self._since: float | None = None  # when the packets ran out

    def drops(self, address: str) -> bool:
        """Whether this server is asked no more."""
        return address in self._dropped

    def wait(self, address: str, now: float) -> float | None:
        """Seconds until a packet to `address` may be tried again (0: it may be sent now); None: never."""
        if address in self._authoritative:
            return 0.0
        if address in self._dropped:
            return None
        if sum(self._counted.values()) < self.packets:
            self._since = None
            return 0.0
        if self._since is None:
            self._since = now
        return 0.1 if now - self._since < WAIT_SECONDS else None

    def count(self, address: str) -> None:
        """A packet leaves."""
        self.sent += 1
        if address not in self._authoritative:
            self._counted[address] = self._counted.get(address, 0) + 1

    def learn(self, question: Question, failure: Failure | None) -> None:
        """What a question to one server brought in the end."""
        address = question.server or ""
        if failure is None:
            self._authoritative.add(address)
            self._counted.pop(address, None)
            self._silent.pop(address, None)
        elif address in self._authoritative:
            return
        elif failure is Failure.REFUSED:
            self._dropped.add(address)
        elif failure in (Failure.TIMEOUT, Failure.UNREACHABLE):
            silent = self._silent.setdefault(address, set())
            silent.add(question)
            if len(silent) >= SILENT_QUESTIONS:
                self._dropped.add(address)
