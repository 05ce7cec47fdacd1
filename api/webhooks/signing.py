"""Signatures of webhooks in the form of Standard Webhooks (standardwebhooks.com). Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
WINDOW = 300  # seconds that the clocks of both sides may differ; older messages are taken for replayed ones


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """`secrets`: of each there is a signature; receivers look for one that they can verify."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp, body) for secret in secrets),
    }


def verified(secret: str, given: Mapping[str, str], body: bytes, now: int) -> bool:
    """What a receiver does: whether the message is ours, unchanged and not an old one sent again."""
    try:
        timestamp = int(given.get("webhook-timestamp", ""))
    except ValueError:
        return False
    if abs(now - timestamp) > WINDOW:
        return False
    expected = signature(secret, given.get("webhook-id", ""), timestamp, body)
    return any(hmac.compare_digest(expected, one) for one in given.get("webhook-signature", "").split())
