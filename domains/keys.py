"""Making DKIM key pairs and the labels that belong to an organization's standing with a name."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_BITS = 2048  # RFC 8301 §3.2: signers should use at least 2048
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without letters and digits that look alike


@dataclass(frozen=True, slots=True)
class Identity:
    """What an organization publishes for a name that is new to it: a token and a DKIM key pair."""

    token: str  # label of the CNAME that verifies the domain
    selector: str
    private_key: str  # PEM, PKCS #8
    public_key: str  # base64 of SubjectPublicKeyInfo, as `p=` has it


def new_identity() -> Identity:
    """Random labels (60 bits for the token) and an RSA key. Takes a noticeable part of a second.

    The token begins with `_`: whoever hands out names below a domain to strangers (blogs, dynamic DNS, host names of
    customers) hands out none of those, so that only who runs the zone can publish it.
    """
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return Identity(f"_{_random(12)}-check", f"cm{_random(8)}", private.decode(), base64.b64encode(public).decode())


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
