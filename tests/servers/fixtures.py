"""Pytest fixtures for the servers (`pytest_plugins = ["tests.servers.fixtures"]`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .knot import Knot
from .postgresql import PostgreSql
from .powerdns import PowerDns
from .redis import Redis
from .unbound import Unbound


@pytest.fixture
def knot() -> Iterator[Knot]:
    """An authoritative server for `example.test.`, which is empty but for its SOA and NS; add what the test needs."""
    with Knot({"example.test": ""}) as server:
        yield server


@pytest.fixture
def unbound(knot: Knot) -> Iterator[Unbound]:
    """A caching resolver for everything below `test.`, which asks `knot`."""
    with Unbound({"test": knot.endpoint}) as server:
        yield server


@pytest.fixture
def powerdns() -> Iterator[PowerDns]:
    """A server with an HTTP API and the zone `example.test.`"""
    with PowerDns({"example.test": []}) as server:
        yield server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Redis]:
    """A Redis server for this session's tests; whoever fills it empties it."""
    with Redis() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgreSql]:
    """A PostgreSQL server with an empty database `panel`."""
    with PostgreSql() as server:
        yield server
