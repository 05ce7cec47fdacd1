"""What of the spam filter depends on Dovecot, with Dovecot 2.4 of Debian 13."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mailflow.conftest import started
from tests.mailflow.machine import MailMachine
from tests.servers.process import program
from tests.servers.trixie import require_trixie, wrap

from .test_spam import (
    filters,
    test_moving_teaches_the_filter,
    test_spam_is_moved_to_junk_and_other_mail_is_not,
    test_what_the_domain_wants_holds_for_the_next_message,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailMachine]:
    require_trixie()
    for name, package in (("rspamd", "rspamd"), ("redis-server", "redis-server"), ("sievec", "dovecot-sieve")):
        program(name, package)
    programs: Path = tmp_path_factory.mktemp("programs")
    wrap(programs, "/usr/sbin/dovecot", "/usr/bin/doveconf", "/usr/bin/doveadm")
    yield from started(django_db_blocker, "--spam", PATH=f"{programs}:{os.environ['PATH']}")


__all__ = [
    "filters",
    "test_moving_teaches_the_filter",
    "test_spam_is_moved_to_junk_and_other_mail_is_not",
    "test_what_the_domain_wants_holds_for_the_next_message",
]
