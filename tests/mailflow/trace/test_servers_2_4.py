"""The same with Dovecot 2.4 and Postfix 3.10 of Debian 13, whose log lines are others."""

from __future__ import annotations

import pytest

from tests.mailflow.test_dovecot_2_4 import running

from .test_servers import (
    test_deferred_and_then_relayed,
    test_delivered,
    test_forwarded_by_alias_and_outside,
    test_refused_by_the_target_in_its_words,
    test_refused_with_the_words_said,
    test_relay_denied_is_staffs,
)

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = [
    "running",
    "test_deferred_and_then_relayed",
    "test_delivered",
    "test_forwarded_by_alias_and_outside",
    "test_refused_by_the_target_in_its_words",
    "test_refused_with_the_words_said",
    "test_relay_denied_is_staffs",
]
