"""A PostgreSQL server in a directory of its own, started by an unprivileged user: it refuses to run as root."""

from __future__ import annotations

import glob
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from .process import STOP_SECONDS, Server, free_port, program


def _newest(name: str) -> str | None:
    """Debian keeps the servers' programs out of the path, a folder for each version."""
    versions = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(Path(path).parts[4]))
    return versions[-1] if versions else shutil.which(name)


def _binary(name: str) -> str:
    return _newest(name) or program(name, PostgreSql.package)


class PostgreSql(Server):
    """`url` names the empty database `panel`; its user may make others. It is fast, not durable."""

    package = "postgresql"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()

    @staticmethod
    def installed() -> bool:
        return _newest("initdb") is not None

    @property
    def url(self) -> str:
        return self.url_of("panel")

    def url_of(self, database: str) -> str:
        return f"postgresql://panel@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """The address of a database that is there, empty, for as long as the block runs."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
            try:
                yield self.url_of(name)
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _unprivileged(self, *command: str) -> list[str]:
        if os.geteuid() != 0:
            return list(command)
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--", *command]

    def command(self) -> list[str]:
        data = self.directory / "data"
        if not data.exists():
            if os.geteuid() == 0:
                shutil.chown(self.directory, "postgres", "postgres")
            subprocess.run(
                self._unprivileged(
                    _binary("initdb"),
                    *(
                        "-D",
                        str(data),
                        "-U",
                        "panel",
                        "--auth=trust",
                        "--no-sync",
                        "--encoding=UTF8",
                        "--locale=C.UTF-8",
                    ),
                ),
                check=True,
                capture_output=True,
                cwd=self.directory,
            )
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.directory,
            "max_connections": 200,
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._unprivileged(_binary("postgres"), "-D", str(data), *settings)

    def answers(self) -> bool:
        try:
            with psycopg.connect(self.url_of("postgres"), autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'panel'").fetchone():
                    connection.execute("CREATE DATABASE panel")
        except psycopg.Error:
            return False
        return True

    def stop(self) -> None:
        """At once: it would wait for its clients to leave."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
        super().stop()
