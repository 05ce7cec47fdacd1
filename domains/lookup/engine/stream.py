"""One question over TCP, for answers that do not fit into a datagram (RFC 7766)."""

from __future__ import annotations

import asyncio
import struct

from .config import Endpoint


async def ask_by_stream(endpoint: Endpoint, query: bytes) -> bytes:
    """The whole answer. Raises OSError or EOFError where the connection fails; the caller bounds the time."""
    reader, writer = await asyncio.open_connection(*endpoint)
    try:
        writer.write(struct.pack("!H", len(query)) + query)
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        return await reader.readexactly(length)
    finally:
        writer.close()
