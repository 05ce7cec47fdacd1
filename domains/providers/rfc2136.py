"""DNS servers that take dynamic updates (RFC 2136), signed with TSIG (RFC 8945).

A list of writes is one update message: its prerequisites hold every record set to what was seen, so that a zone
changed meanwhile refuses all of it instead of being overwritten.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update
import dns.xfr
import dns.zone

from ..reach import Unreachable, pinned
from ..rrset import RRset
from . import deadline
from .base import TYPES, Provider, ProviderError, Published, Write, removals_first, require_room
from .values import distinct, same

ALGORITHMS = ("hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1", "hmac-md5")
SECONDS = 6.0  # for one exchange
UDP_SECONDS = 2.0  # after which a datagram counts as lost, and the question is asked by TCP
WORKERS = 8
MOST_QUESTIONS = 2_000  # of one reading: names times types
DEFAULT_TTL = 3600
PROBE = "cm-wildcard-probe"  # a label that nobody publishes
MAX_NAME = 254  # characters of a name with its final dot

# What the server's RCODE means for a person. RFC 2136 §2.2, RFC 8945 §5.2.
_RCODES = {
    dns.rcode.REFUSED: "refused",
    dns.rcode.NOTAUTH: "not-authoritative",
    dns.rcode.NOTZONE: "not-authoritative",
    dns.rcode.YXDOMAIN: "zone-changed",
    dns.rcode.YXRRSET: "zone-changed",
    dns.rcode.NXDOMAIN: "zone-changed",
    dns.rcode.NXRRSET: "zone-changed",
    dns.rcode.NOTIMP: "updates-unknown",
    dns.rcode.FORMERR: "server-error",
    dns.rcode.SERVFAIL: "server-error",
}


class Rfc2136(Provider):
    def __init__(self, settings: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
        self.host = str(settings["server"])
        self.port = int(settings.get("port") or 53)
        self.key = str(settings.get("key_name") or "")
        self.algorithm = str(settings.get("algorithm") or ALGORITHMS[0])
        self.secret = credentials.get("secret", "")
        self.catalog = str(settings.get("catalog") or "")
        self._address: str | None = None

    def zones(self) -> list[str]:
        """The members of the catalog zone (RFC 9432), by zone transfer."""
        if not self.catalog:
            raise ProviderError("cannot-list")
        prefix = f".zones.{self.catalog}."
        return sorted(
            target.rstrip(".")
            for owner, type_, target in self._transfer(self.catalog)
            if type_ == "PTR" and owner.endswith(prefix) and owner.count(".") == prefix.count(".")
        )

    def test(self, zone: str) -> None:
        """Reads the SOA, then sends an update that only requires it: the server checks the key and the rights."""
        self._require_zone(zone)
        update = self._update(zone)
        update.present(dns.name.from_text(zone + "."), "SOA")
        self._send(update)

    def _transfer(self, zone: str) -> list[tuple[str, str, str]]:
        """(owner, type, value) of all records of `zone`, by AXFR."""
        try:
            transferred = dns.zone.Zone(dns.name.from_text(zone + "."), relativize=False)
            query, _serial = dns.xfr.make_query(transferred, keyring=self._keyring(), keyalgorithm=self._algorithm())
            dns.query.inbound_xfr(
                self.address, transferred, query, port=self.port, timeout=SECONDS, lifetime=deadline.left(SECONDS * 3)
            )
        except (dns.exception.DNSException, OSError) as error:
            raise _explained(error) from error
        return [
            (name.to_text().lower(), _named(record), record.to_text().lower())
            for name, _ttl, record in transferred.iterate_rdatas()
        ]

    def read(self, zone: str, names: Iterable[str]) -> Published:
        self._require_zone(zone)  # and a server that is away is told by one question, not by each
        wanted = set(names)
        asked = wanted | {name.removeprefix("*.") for name in wanted}
        questions = [(name, type_) for name in sorted(asked) for type_ in TYPES]
        if len(questions) > MOST_QUESTIONS:
            raise ProviderError("server-error", f"{len(questions)} questions")
        ends = deadline.job_ends()

        def ask(question: tuple[str, str]) -> list[RRset]:
            with deadline.until(ends):
                return self._ask(*question)

        pool = ThreadPoolExecutor(WORKERS)
        try:
            answers = list(pool.map(ask, questions))
        finally:
            pool.shutdown(cancel_futures=True)
        published: dict[tuple[str, str], RRset] = {}
        for rrsets in answers:
            published.update({(rrset.name, rrset.type): rrset for rrset in rrsets})
        made_up = {name for name in {name for name, _ in published} if self._by_wildcard(name, published)}
        # A wildcard below a name that is not there is not there either: another one above answered for it, too.
        made_up |= {name for name, _ in published if name.startswith("*.") and name.removeprefix("*.") in made_up}
        unasked = asked - wanted
        return {key: rrset for key, rrset in published.items() if key[0] not in made_up and key[0] not in unasked}

    def _by_wildcard(self, name: str, published: Published) -> bool:
        """Whether a wildcard made up what was said at `name` (RFC 4592): a name below it, which nobody published, gets
        the same. Were the name itself there, no wildcard above it would speak for what is below."""
        below = f"{PROBE}.{name}"
        if name.startswith("*.") or len(below) > MAX_NAME:
            return False
        type_, rrset = next((type_, rrset) for (owner, type_), rrset in published.items() if owner == name)
        if type_ == "NS":
            return False
        return any(set(said.values) == set(rrset.values) for said in self._ask(below, type_))

    def write(self, zone: str, writes: Sequence[Write], done: Callable[[int], None]) -> None:
        now = self.read(zone, {write.key[0] for write in writes})
        update = self._update(zone)
        self._require_room(update, zone, writes, now)
        for write in removals_first(writes):
            current = now.get(write.key)
            if not same(current, write.before) and not same(current, write.after):
                raise ProviderError("zone-changed", f"{write.key[0]} {write.key[1]}")
            self._require(update, write, current)
            if not same(current, write.after):
                self._change(update, write)
        self._send(update)
        done(len(writes))

    def _require_room(
        self, update: dns.update.UpdateMessage, zone: str, writes: Sequence[Write], now: Published
    ) -> None:
        """Besides what was read: prerequisites, since a server drops silently what cannot stand beside an alias."""
        require_room(zone, writes, now)
        taken = {owner for owner, _type in now}
        new = [write.key for write in writes if write.after is not None and not same(now.get(write.key), write.after)]
        for name in dict.fromkeys(name for name, type_ in new if type_ == "CNAME" and name not in taken):
            update.absent(dns.name.from_text(name))
        for name in dict.fromkeys(name for name, type_ in new if type_ != "CNAME" and (name, "CNAME") not in now):
            update.absent(dns.name.from_text(name), "CNAME")

    def _require_zone(self, zone: str) -> None:
        if not any(rrset.type == "SOA" for rrset in self._ask(f"{zone}.", "SOA")):
            raise ProviderError("not-authoritative", zone)

    def _require(self, update: dns.update.UpdateMessage, write: Write, current: RRset | None) -> None:
        name, type_ = dns.name.from_text(write.key[0]), write.key[1]
        if current is None:
            update.absent(name, type_)
        else:
            update.present(name, type_, *current.values)

    def _change(self, update: dns.update.UpdateMessage, write: Write) -> None:
        name, type_ = dns.name.from_text(write.key[0]), write.key[1]
        update.delete(name, type_)
        if write.after is not None:
            ttl = DEFAULT_TTL if write.after.ttl is None else write.after.ttl
            update.add(name, ttl, type_, *distinct(write.after))

    @property
    def address(self) -> str:
        """Resolved once, and then used for everything: a second answer cannot lead elsewhere."""
        if self._address is None:
            try:
                self._address = pinned(self.host, self.port)
            except Unreachable as error:
                raise ProviderError(error.code, self.host) from error
        return self._address

    def _keyring(self) -> dict[dns.name.Name, dns.tsig.Key] | None:
        if not self.key:
            return None
        try:
            return {dns.name.from_text(self.key): dns.tsig.Key(self.key, self.secret, self._algorithm())}
        except (ValueError, dns.exception.DNSException) as error:
            raise ProviderError("tsig-malformed") from error

    def _algorithm(self) -> dns.name.Name:
        if self.algorithm == "hmac-md5":
            return dns.tsig.HMAC_MD5
        return dns.name.from_text(self.algorithm)

    def _update(self, zone: str) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone + ".", keyring=self._keyring(), keyalgorithm=self._algorithm())

    def _send(self, update: dns.update.UpdateMessage) -> None:
        try:
            response = dns.query.tcp(update, self.address, timeout=deadline.left(SECONDS), port=self.port)
        except (dns.exception.DNSException, OSError) as error:
            raise _explained(error) from error
        _require_success(response)

    def _ask(self, name: str, type_: str) -> list[RRset]:
        """The record set at `name` and `type_`, or the delegation that takes the name away; nothing: no such record."""
        try:
            response = self._query(name, type_, self._keyring())
        except dns.exception.FormError:  # some servers do not sign what they answer to a question
            response = self._query(name, type_, None)
        if response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            _require_success(response)
        owner = dns.name.from_text(name)
        if not response.flags & dns.flags.AA:
            referrals = [_plain(rrset) for rrset in response.authority if rrset.rdtype == dns.rdatatype.NS]
            if not referrals:
                raise ProviderError("not-authoritative", name)
            return referrals
        return [_plain(rrset) for rrset in response.answer if rrset.name == owner and _named(rrset) == type_]

    def _query(self, name: str, type_: str, keyring: Any) -> dns.message.Message:
        query = dns.message.make_query(name, type_, flags=0)
        if keyring:
            query.use_tsig(keyring, algorithm=self._algorithm())
        try:
            try:
                response, _tcp = dns.query.udp_with_fallback(
                    query, self.address, timeout=deadline.left(UDP_SECONDS), port=self.port, ignore_unexpected=True
                )
            except dns.exception.Timeout:
                response = dns.query.tcp(query, self.address, timeout=deadline.left(SECONDS), port=self.port)
        except dns.exception.FormError:
            if keyring:
                raise
            raise ProviderError("server-error", "FormError") from None
        except (dns.exception.DNSException, OSError) as error:
            raise _explained(error) from error
        return response


def _named(rrset: Any) -> str:
    return dns.rdatatype.to_text(rrset.rdtype)


def _plain(rrset: Any) -> RRset:
    type_ = _named(rrset)
    values = tuple(sorted(record.to_text() for record in rrset))  # as published: prerequisites compare octets
    return RRset(rrset.name.to_text().lower(), type_, rrset.ttl, values)


def _require_success(response: dns.message.Message) -> None:
    rcode = response.rcode()
    if rcode == dns.rcode.NOERROR:
        return
    raise ProviderError(_RCODES.get(rcode, "server-error"), dns.rcode.to_text(rcode))


def _explained(error: Exception) -> ProviderError:
    """What went wrong on the way, as a code for people."""
    if isinstance(error, ProviderError):
        return error
    for kind, code in (
        (dns.tsig.PeerBadKey, "tsig-key"),
        (dns.tsig.PeerBadSignature, "tsig-secret"),
        (dns.tsig.PeerBadTime, "tsig-time"),
        (dns.tsig.BadTime, "tsig-time"),
        (dns.tsig.BadSignature, "tsig-secret"),
        (dns.message.UnknownTSIGKey, "tsig-key"),
        (dns.exception.Timeout, "timeout"),
        (dns.xfr.TransferError, "transfer-refused"),
        (OSError, "unreachable"),
    ):
        if isinstance(error, kind):
            return ProviderError(code, type(error).__name__)
    return ProviderError("server-error", type(error).__name__)
