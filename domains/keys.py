"""Making DKIM key pairs and the labels that belong to an organization's standing with a name."""

from __future__ import annotations

import base64
import secrets

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

RSA_BITS = 2048  # RFC 8301 §3.2: signers should use at least 2048
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without letters and digits that look alike


def new_key() -> tuple[str, str]:
    """A private key (PEM, PKCS #8) and its public key (base64 of SubjectPublicKeyInfo, as `p=` has it)."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), base64.b64encode(public).decode()


def new_token() -> str:
    """A label for the CNAME that proves the right to a name: 60 random bits."""
    return f"{_random(12)}-check"


def new_selector() -> str:
    return f"cm{_random(8)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
