"""Pytest fixtures for the servers (`pytest_plugins = ["tests.servers.fixtures"]`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .knot import Knot
from .powerdns import PowerDns
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
