"""Where zones can be changed. One interface (`Provider`), one module for each way of talking to a provider."""

from .base import Provider, ProviderError, Published, Write
from .opening import open_provider

__all__ = ["Provider", "ProviderError", "Published", "Write", "open_provider"]
