"""A target may refuse a message that it took the recipient of: who is told, and who is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from domains.models import Domain
from tests.mailflow.conftest import PASSWORD, account_at, database_url
from tests.mailflow.machine import MailMachine, require_servers, soon
from tests.processes import environment
from tests.servers import Knot, Unbound
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def machine(platform: object, knot: Knot, unbound: Unbound) -> Iterator[MailMachine]:
    """With a resolver that knows example.test."""
    require_servers()
    knot.add("forbids.example.test.", "TXT", ['"v=spf1 -all"'])
    knot.add("allows.example.test.", "TXT", ['"v=spf1 ip4:127.0.0.1 -all"'])
    machine = MailMachine(
        environment(
            DATABASE_URL=database_url(),
            REDIS_URL="",
            VAR_DIR=str(settings.VAR_DIR),
            DNS_RESOLVERS=unbound.host_port,
        ),
        "--native-lookup",
    )
    try:
        machine.start()
        yield machine
    finally:
        machine.close()


def test_one_bounce_but_never_to_a_sender_that_failed_spf(
    machine: MailMachine, domain: Domain, split: Domain, target: SmtpTarget
) -> None:
    account_at(domain, "writer")
    target.after_data = "550 5.7.1 we do not like this message"
    # A sender of ours, from whom the outside would not be believed, but whose domain says nothing: it is told.
    assert machine.send(f"there@{split}", sender=f"writer@{domain}", subject="to be refused")[0] == 250
    soon(lambda: len(machine.subjects(f"writer@{domain}", PASSWORD)) == 1, "the bounce")
    assert "Undelivered Mail" in machine.subjects(f"writer@{domain}", PASSWORD)[0]
    assert machine.send(f"there@{split}", sender="a@allows.example.test")[0] == 250
    soon(lambda: machine.logs().count("sender non-delivery notification") == 2, "the second bounce")
    assert machine.send(f"there@{split}", sender="a@forbids.example.test")[0] == 250
    soon(lambda: len(target.messages) == 3, "the third message at the target")
    soon(lambda: machine.logs().count("said: 550 5.7.1") == 3, "its refusal")
    senders = [session.sender for session in target.messages]
    assert senders == [f"writer@{domain}", "a@allows.example.test", "mailflow-nobody@mx1.pro.test"]
    soon(lambda: "discard" in machine.logs(), "its bounce goes nowhere")
    assert "to=<a@forbids.example.test>" not in machine.logs()
