"""Limits hold, however many others there are."""

from __future__ import annotations

import pytest

from diagnostics.sweep import breakers
from panel.limits import allowed

pytestmark = pytest.mark.django_db


def test_the_limits_of_a_thousand_strangers_give_nobody_a_fresh_one_and_wipe_no_counts() -> None:
    with breakers.Tally() as tally:
        tally.holds(1000, 5)
    for _ in range(3):
        assert allowed("sign-in", "boss", times=3, seconds=86_400)
    assert not allowed("sign-in", "boss", times=3, seconds=86_400)
    for number in range(1000):
        allowed("sign-in", f"10.0.{number // 256}.{number % 256}", times=3, seconds=86_400)
    assert not allowed("sign-in", "boss", times=3, seconds=86_400)
    with breakers.Tally() as tally:
        assert tally.holds(0, 200), "of 1,205"
