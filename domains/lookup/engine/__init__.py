"""Asking the DNS: many questions at once, over sockets of our own, without ever mistaking silence for an answer.

    async with Engine(config) as engine:
        answer = await engine.ask(Question("example.com.", "MX"))

A look, which asks many questions at once, hands them to `Engine.start` with a callback instead, with the domain's
name: what it asks about that and below goes out in rounds (`round.py`), all else one by one (`job.py`).

Pure asyncio, no Django. `run` runs a coroutine on uvloop where that is installed.
"""

from .asking import Engine
from .config import Endpoint, EngineConfig, system_resolvers
from .loop import run, spare_collector
from .server import Health

__all__ = ["Endpoint", "Engine", "EngineConfig", "Health", "run", "spare_collector", "system_resolvers"]
