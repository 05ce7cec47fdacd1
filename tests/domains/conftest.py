"""What the tests of `domains` share."""

from __future__ import annotations

import pytest

from domains.reach import Unreachable


@pytest.fixture(autouse=True)
def _nobody_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No counter of look-ups is registered: this app asks no DNS.

    The counter that `diagnostics` registers would ask the resolver that never answers, and come to the same after
    seconds of patience at every plan. It is held against servers in tests/diagnostics.
    """
    monkeypatch.setattr("domains.spf_cost._counters", [])


@pytest.fixture
def nothing_resolves(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host has an address that could be learned: what the resolver that never answers comes to, without the wait."""

    def addresses_of(host: str) -> None:
        raise Unreachable("unresolved", host)

    monkeypatch.setattr("domains.reach.addresses_of", addresses_of)
