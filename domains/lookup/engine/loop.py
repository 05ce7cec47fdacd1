"""The event loop that the engine runs best on."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Coroutine

try:
    import uvloop
except ImportError:  # no wheel for this platform: the standard loop does the same, slower
    new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
else:
    new_event_loop = uvloop.new_event_loop


def run[T](main: Coroutine[object, object, T]) -> T:
    """`asyncio.run`, on uvloop where it is installed."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)


def spare_collector() -> None:
    """Keep the garbage collector from walking through all that lives long while millions of small objects come and go.

    For a process about to ask many questions. What the engine makes holds no cycles: counting references frees it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
