"""Secrets of one bulk run: AES-256-GCM under a key of its own, so that forgetting the key forgets them all."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Sequence

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12  # bytes


def new_key() -> str:
    return base64.b64encode(AESGCM.generate_key(256)).decode()


class Vault:
    def __init__(self, key: str) -> None:
        self._cipher = AESGCM(base64.b64decode(key))

    def seal(self, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, None)

    def open(self, sealed: bytes | memoryview) -> bytes:
        data = bytes(sealed)
        return self._cipher.decrypt(data[:NONCE], data[NONCE:], None)

    def seal_cells(self, cells: Sequence[str]) -> bytes:
        return self.seal(json.dumps(list(cells), ensure_ascii=False).encode())

    def open_cells(self, sealed: bytes | memoryview) -> list[str]:
        return list(json.loads(self.open(sealed)))
