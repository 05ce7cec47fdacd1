"""What outgoing mail gets: DKIM signatures (RFC 6376), rsa-sha256, relaxed/relaxed, with the domain's active key; and
which footer.

Our own rather than dkimpy's, which does the arithmetic of RSA in Python; the tests hold every signature against it.
"""

from __future__ import annotations

import base64
import hashlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .addresses import Address
from .parts import Header
from .queries import Reader

KEYS_KEPT = 2000  # decrypted, in memory
SIGNED = (
    *("from", "to", "cc", "subject", "date", "message-id", "reply-to", "in-reply-to", "references"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)


@dataclass(frozen=True, slots=True)
class Footing:
    """The footer of a domain, and whose message is to have it."""

    text: str
    html: str
    only_outside: bool
    first_name: str
    last_name: str
    display_name: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What mail of a domain gets before it leaves."""

    domain: str
    selector: str
    key: RSAPrivateKey | None
    timestamp: int
    footing: Footing | None

    def signature(self, headers: Sequence[Header], body: bytes) -> str | None:
        """The value of the DKIM-Signature header, lines divided by LF; None where the domain has no key."""
        if self.key is None:
            return None
        return sign(self.key, self.selector, self.domain, headers, body, self.timestamp)


@dataclass
class Signer:
    """`decrypt` reads keys as the database has them."""

    reader: Reader
    platform: str
    decrypt: Callable[[str], str]
    clock: Callable[[], float] = time.time
    _keys: OrderedDict[str, RSAPrivateKey] = field(default_factory=OrderedDict)

    def outgoing(self, domain: str, login: Address) -> Outgoing:
        """In one question: the key of `domain`, and its footer for messages of `login`."""
        values = {"platform": self.platform, "domain": domain, "login_local": login.local, "login_domain": login.domain}
        rows = self.reader.rows("outgoing", values)
        keys = sorted((number, selector, key) for what, selector, key, number, *_rest in rows if what == "key")
        _number, selector, stored = keys[-1] if keys else (0, "", "")
        footing = None
        for what, text, html, only_outside, first_name, last_name, display_name in rows:
            if what == "footer":
                footing = Footing(
                    text=text,
                    html=html,
                    only_outside=bool(only_outside),
                    first_name=first_name,
                    last_name=last_name,
                    display_name=display_name,
                )
        return Outgoing(
            domain=domain,
            selector=selector,
            key=self._key(stored) if stored else None,
            timestamp=int(self.clock()),
            footing=footing,
        )

    def _key(self, stored: str) -> RSAPrivateKey:
        """What is stored is what it is kept under: a new key needs no word to us."""
        if stored not in self._keys:
            key = load_pem_private_key(self.decrypt(stored).encode(), None)
            if not isinstance(key, RSAPrivateKey):
                raise TypeError("a DKIM key that is no RSA key")
            self._keys[stored] = key
            if len(self._keys) > KEYS_KEPT:
                self._keys.popitem(last=False)
        self._keys.move_to_end(stored)
        return self._keys[stored]


def sign(key: RSAPrivateKey, selector: str, domain: str, headers: Sequence[Header], body: bytes, timestamp: int) -> str:
    names, chosen = [], []
    for name in SIGNED:
        found = [header for header in headers if header[0].lower().strip() == name.encode()]
        for header in reversed(found):  # §5.4.2: from the bottom up
            names.append(name)
            chosen.append(header)
    names.append("from")  # once more than there is: a second From would break the signature
    body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
    value = (
        f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector}; t={timestamp};\n\t"
        f"h={':'.join(names)};\n\tbh={body_hash};\n\tb="
    )
    signed = b"".join(relaxed_header(*header) + b"\r\n" for header in chosen)
    signed += relaxed_header(b"DKIM-Signature", value.encode())
    signature = base64.b64encode(key.sign(signed, PKCS1v15(), hashes.SHA256())).decode()
    return value + "\n\t ".join(signature[start : start + 70] for start in range(0, len(signature), 70))


def relaxed_header(name: bytes, value: bytes) -> bytes:
    """§3.4.2."""
    unfolded = re.sub(rb"\r?\n", b"", value)
    return name.strip().lower() + b":" + re.sub(rb"[ \t]+", b" ", unfolded).strip(b" \t")


def relaxed_body(body: bytes) -> bytes:
    """§3.4.4."""
    lines = re.sub(rb"[ \t]+", b" ", re.sub(rb"[ \t]+(?=\r\n|\Z)", b"", body))
    lines = lines.rstrip(b"\r\n") if not lines.strip(b"\r\n") else re.sub(rb"(\r\n)+\Z", b"", lines)
    return lines + b"\r\n" if lines else b""
