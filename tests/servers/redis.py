"""A Redis server."""

from __future__ import annotations

import shutil

import redis

from .process import Server, free_port, program


class Redis(Server):
    """Keeps nothing on disk. `url` names its database 0."""

    package = "redis-server"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    @staticmethod
    def installed() -> bool:
        return shutil.which("redis-server") is not None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        options = {"port": self.port, "bind": "127.0.0.1", "dir": self.directory, "save": "", "appendonly": "no"}
        return [
            program("redis-server", self.package),
            *(part for name, value in options.items() for part in (f"--{name}", str(value))),
        ]

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
