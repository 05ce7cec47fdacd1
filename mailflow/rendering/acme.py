"""Certificates that an ACME client keeps in a folder: certbot's `live`, or Caddy's `certificates`.

Servers read a copy: they start before there is a certificate, with one that is signed by itself, and an ACME client
may write certificate and key one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .files import put


def newest(folder: Path, host: str) -> tuple[str, str] | None:
    """Certificate with its chain and key, as PEM: of those for `host` whose key fits, the one that is valid longest."""
    found = []
    for certificate, key in _kept(folder, host):
        try:
            pem, private = certificate.read_text(), key.read_text()
            read = x509.load_pem_x509_certificate(pem.encode())
            fits = load_pem_private_key(private.encode(), None).public_key() == read.public_key()
        except (OSError, ValueError, TypeError):
            continue
        if fits:
            found.append((read.not_valid_after_utc, pem, private))
    return max(found)[1:] if found else None


def take(folder: Path | None, host: str, certificate: Path, key: Path) -> bool:
    """Copy what the ACME client has for `host`, if it is another one. Whether anything changed."""
    found = newest(folder, host) if folder is not None else None
    if found is None or (certificate.exists() and certificate.read_text() == found[0]):
        return False
    put(key, found[1], 0o600)
    put(certificate, found[0])
    return True


def _kept(folder: Path, host: str) -> Iterator[tuple[Path, Path]]:
    own = folder / host
    yield own / "fullchain.pem", own / "privkey.pem"
    for issuer in sorted(folder.glob("*")):
        yield issuer / host / f"{host}.crt", issuer / host / f"{host}.key"
