"""From a stored provider to the object that talks to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .base import Provider, ProviderError
from .cloudflare import Cloudflare
from .other import Other
from .ovh import Ovh
from .powerdns import PowerDns
from .rfc2136 import Rfc2136

if TYPE_CHECKING:
    from ..models import DnsProvider


def open_provider(row: DnsProvider) -> Provider:
    """Nothing is asked yet. Raises ProviderError where the stored settings cannot work."""
    kinds: dict[str, Callable[[Mapping[str, Any], Mapping[str, str]], Provider]] = {
        "rfc2136": Rfc2136,
        "powerdns": PowerDns,
        "cloudflare": Cloudflare,
        "ovh": Ovh,
        "lexicon": Other,
    }
    try:
        credentials = json.loads(row.credentials or "{}")
        return kinds[row.kind](row.settings, credentials)
    except (KeyError, ValueError) as error:
        raise ProviderError("settings-missing", str(error)) from error
