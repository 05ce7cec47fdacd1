"""The same with Dovecot 2.4 of Debian 13, whose log lines are others."""

from __future__ import annotations

import pytest

from tests.mailflow.test_dovecot_2_4 import running

from .test_servers import test_delivered, test_forwarded_by_alias_and_outside

pytestmark = pytest.mark.django_db(transaction=True)

__all__ = ["running", "test_delivered", "test_forwarded_by_alias_and_outside"]
