from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from diagnostics.spf_cost import count
from domains import spf_cost
from tests.servers.knot import Knot

RECORDS = """
big TXT "v=spf1 include:one.senders.test include:two.senders.test a mx -all"
one TXT "v=spf1 ip4:192.0.2.1 -all"
two TXT "v=spf1 include:one.senders.test -all"
small TXT "v=spf1 ip4:192.0.2.2 -all"
big A 192.0.2.3
big MX 10 big
"""


@pytest.fixture
def knot(settings: Any) -> Iterator[Knot]:
    with Knot({"senders.test": RECORDS}) as server:
        settings.DNS_RESOLVERS = []
        settings.DNS_STUB_ZONES = {"senders.test": server.endpoint}
        yield server


def test_look_ups_are_counted_over_the_whole_tree_the_costliest_terms_first(knot: Knot) -> None:
    cost = count("example.test", "v=spf1 include:big.senders.test include:small.senders.test ~all")
    assert cost is not None
    assert cost.lookups == 7
    assert cost.terms[0] == ("include:big.senders.test", 6)
    assert not cost.beyond


def test_a_tree_that_does_not_answer_has_no_count(knot: Knot) -> None:
    knot.freeze()
    try:
        assert count("example.test", "v=spf1 include:big.senders.test ~all") is None
    finally:
        knot.thaw()


def test_plans_ask_this_counter() -> None:
    assert spf_cost._counters == [count]
