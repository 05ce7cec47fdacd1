"""DKIM keys: the records that publish them (RFC 6376 §3.6.1, RFC 8463) and how they compare. Pure."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .taglist import NoTag, Tag, split_tags

ED25519_OCTETS = 32
KEY_TYPES = ("rsa", "ed25519")
MAX_TEXT = 4096  # characters: the longest RSA key in use takes some 1,500
_KEY_LETTERS = re.compile(r"[A-Za-z0-9+/\s]*\Z")
_BLANKS = re.compile(r"[ \t\r\n]+")


class DkimFaultCode(StrEnum):
    """What makes a text no key record. Closed list; sentences are made where shown."""

    TAG = "tag"  # not `name=value`
    DUPLICATE = "duplicate"
    VERSION = "version"  # `v` is not DKIM1 or not first
    KEY_MISSING = "key-missing"  # no `p`
    KEY = "key"  # `p` is no base64, or no key of its type
    TYPE = "type"  # `p` is a key, but not of the type that `k` says
    HASH = "hash"  # `h` leaves out the one hash that is still signed with
    SERVICE = "service"  # `s` leaves out e-mail


@dataclass(frozen=True, slots=True)
class DkimFault:
    code: DkimFaultCode
    position: int
    tag: str


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key record as parsed. With `faults` verifiers discard it."""

    text: str
    key_type: str  # `k`, lower case: rsa, ed25519, or one that nobody knows
    key: bytes  # what `p` says: DER for rsa, 32 octets for ed25519; empty: revoked
    hashes: tuple[str, ...]  # `h`; empty: all
    services: tuple[str, ...]  # `s`
    flags: tuple[str, ...]  # `t`
    faults: tuple[DkimFault, ...]
    values: tuple[tuple[str, str], ...] = ()  # of the tags, as they stand there

    def value(self, tag: str) -> str:
        return dict(self.values).get(tag, "")

    @property
    def obstacles(self) -> tuple[DkimFault, ...]:
        """Why verifiers cannot use the key for mail, its faults included."""
        more = []
        if self.hashes and "sha256" not in self.hashes:
            more.append(DkimFault(DkimFaultCode.HASH, 0, "h"))
        if not {"*", "email"} & set(self.services):
            more.append(DkimFault(DkimFaultCode.SERVICE, 0, "s"))
        return (*self.faults, *more)

    @property
    def revoked(self) -> bool:
        return not self.key and not self.faults

    @property
    def testing(self) -> bool:
        """`t=y`: verifiers treat mail as if it were not signed when the signature fails."""
        return "y" in self.flags

    @property
    def usable_for_mail(self) -> bool:
        """`s` allows e-mail, and `h` the one hash that is still signed with (RFC 8301)."""
        return bool({"*", "email"} & set(self.services)) and (not self.hashes or "sha256" in self.hashes)


class KeyMatch(StrEnum):
    """How the records at a selector's name compare with a key of ours, from best to worst."""

    EQUAL = "equal"
    RESTRICTED = "restricted"  # our key, but `s` or `h` keeps verifiers from using it
    OTHER = "other"
    WRONG_TYPE = "wrong-type"
    REVOKED = "revoked"
    SYNTAX = "syntax"
    ABSENT = "absent"  # no text there that could be a key record


@dataclass(frozen=True, slots=True)
class Match:
    """`record` is the one that compares best. `beside` counts the key records at the name that say something else:
    verifiers may take any of several (RFC 6376 §6.1.2)."""

    match: KeyMatch
    record: KeyRecord | None = None
    beside: int = 0


def resembles_key(text: str) -> bool:
    """Whether a TXT record at a selector's name is meant as a key: it has `p` or `k`, says DKIM1, or is a bare key.

    Others get there by wildcards, and say nothing about the selector.
    """
    if len(text) > MAX_TEXT:
        return False
    if len(text) >= 100 and _KEY_LETTERS.match(text.rstrip().removesuffix("=").removesuffix("=")):
        return True
    return any(isinstance(tag, Tag) and (tag.name in ("p", "k") or tag.value == "DKIM1") for tag in split_tags(text))


@lru_cache(maxsize=8192)
def parse_key(text: str) -> KeyRecord:
    """Parse a key record. Never raises: see `faults`."""
    tags: dict[str, Tag] = {}
    faults: list[DkimFault] = []
    for number, tag in enumerate(split_tags(text)):
        if isinstance(tag, NoTag):
            faults.append(DkimFault(DkimFaultCode.TAG, tag.position, tag.text.strip()))
        elif tag.name in tags:
            faults.append(DkimFault(DkimFaultCode.DUPLICATE, tag.position, tag.name))
        else:
            tags[tag.name] = tag
            if tag.name == "v" and (number > 0 or tag.value != "DKIM1"):
                faults.append(DkimFault(DkimFaultCode.VERSION, tag.position, tag.name))
    key_type = tags["k"].value.lower() if "k" in tags else "rsa"
    key = b""
    if "p" not in tags:
        faults.append(DkimFault(DkimFaultCode.KEY_MISSING, len(text), "p"))
    else:
        try:
            key = _key_octets(key_type, tags["p"].value)
        except ValueError:
            other = "k" in tags and any(_is_key(type_, tags["p"].value) for type_ in KEY_TYPES if type_ != key_type)
            code, at = (DkimFaultCode.TYPE, "k") if other else (DkimFaultCode.KEY, "p")
            faults.append(DkimFault(code, tags[at].position, at))
    return KeyRecord(
        text=text,
        key_type=key_type,
        key=key,
        hashes=_listed(tags, "h", ""),
        services=_listed(tags, "s", "*"),
        flags=_listed(tags, "t", ""),
        faults=tuple(faults),
        values=tuple((name, tag.value) for name, tag in tags.items()),
    )


def _is_key(key_type: str, value: str) -> bool:
    try:
        return bool(_key_octets(key_type, value))
    except ValueError:
        return False


def _listed(tags: dict[str, Tag], name: str, default: str) -> tuple[str, ...]:
    value = tags[name].value if name in tags else default
    return tuple(part.lower() for part in _BLANKS.sub("", value).split(":") if part)


def _key_octets(key_type: str, value: str) -> bytes:
    """Raises ValueError where `value` is no base64 or holds no key of that type."""
    value = _BLANKS.sub("", value)
    if not value:
        return b""
    try:
        octets = base64.b64decode(value + "=" * (-len(value) % 4), validate=True)
    except binascii.Error as error:
        raise ValueError(value) from error
    if key_type == "rsa" and _rsa_numbers(octets) is None:
        raise ValueError(value)
    if key_type == "ed25519" and len(octets) != ED25519_OCTETS:
        raise ValueError(value)
    return octets


@lru_cache(maxsize=4096)
def _rsa_numbers(der: bytes) -> tuple[int, int] | None:
    """Modulus and exponent of a SubjectPublicKeyInfo, or of a bare RSAPublicKey, which RFC 6376 also describes."""
    try:
        key = serialization.load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm):
        return None
    if not isinstance(key, rsa.RSAPublicKey):
        return None
    numbers = key.public_numbers()
    return numbers.n, numbers.e


def match_key(texts: Iterable[str], public_key: str, key_type: str = "rsa") -> Match:
    """Compare the TXT records (joined texts) at a selector's name with our key (base64, as it stands in `p=`)."""
    ours = _key_octets(key_type, public_key)
    found = [
        (list(KeyMatch).index(match), index, match, record)
        for index, record in enumerate(map(parse_key, filter(resembles_key, texts)))
        for match in [_compare(record, ours, key_type)]
    ]
    if not found:
        return Match(KeyMatch.ABSENT)
    _, _, match, record = min(found, key=lambda entry: entry[:2])
    return Match(match, record, sum(entry[2] != KeyMatch.EQUAL for entry in found if entry[3] is not record))


def _compare(record: KeyRecord, ours: bytes, key_type: str) -> KeyMatch:
    if record.faults:
        return KeyMatch.SYNTAX
    if record.revoked:
        return KeyMatch.REVOKED
    if record.key_type != key_type:
        return KeyMatch.WRONG_TYPE
    if record.key != ours and (key_type != "rsa" or _rsa_numbers(record.key) != _rsa_numbers(ours)):
        return KeyMatch.OTHER
    return KeyMatch.EQUAL if record.usable_for_mail else KeyMatch.RESTRICTED


def same_key(text: str, public_key: str) -> bool:
    """Whether one TXT record publishes our key."""
    return match_key([text], public_key).match in (KeyMatch.EQUAL, KeyMatch.RESTRICTED)
