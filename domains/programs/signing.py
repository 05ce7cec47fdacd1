"""Profiles signed as CMS, so that a device says who made them."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from django.conf import settings


def signed(profile: bytes) -> bytes:
    """As it is where the settings name no certificate. They are read anew each time: certificates are renewed."""
    if not (settings.PROFILE_CERTIFICATE and settings.PROFILE_KEY):
        return profile
    own, *chain = x509.load_pem_x509_certificates(Path(settings.PROFILE_CERTIFICATE).read_bytes())
    key = serialization.load_pem_private_key(Path(settings.PROFILE_KEY).read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ValueError("PROFILE_KEY: only RSA and elliptic curves sign profiles")
    builder = pkcs7.PKCS7SignatureBuilder().set_data(profile).add_signer(own, key, hashes.SHA256())
    for certificate in chain:
        builder = builder.add_certificate(certificate)
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])
