"""The process that follows the logs, over the database that the tests have."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.db.models import QuerySet

from domains.models import Domain
from mailflow.models import TracedMessage
from mailflow.queries import DatabaseAway
from mailflow.trace import tracing
from mailflow.trace.tracing import Tracer
from panel.models import Platform
from tests.factories import make_domain, make_organization, make_platform, make_service
from tests.mailflow.conftest import database_url

MACHINE = "mx9.pro.test"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def platform() -> Platform:
    return make_platform("mail", is_default=True)


@pytest.fixture
def aurora(platform: Platform) -> Domain:
    return make_domain(make_service(make_organization(), platform), "aurora.test")


@pytest.fixture
def directory(tmp_path: Path, aurora: Domain) -> Path:
    (tmp_path / "policy.json").write_text(json.dumps({"host": MACHINE, "platform": aurora.platform.slug}))
    for name in ("log", "trace"):
        (tmp_path / name).mkdir()
    return tmp_path


def rows() -> QuerySet[TracedMessage]:
    """Not those of the servers of other tests."""
    return TracedMessage.objects.filter(machine=MACHINE)


def tracer(directory: Path, url: str = "") -> Tracer:
    url = url or database_url()
    made = Tracer(directory, reader_url=url, writer_url=url, days=7)
    made.restore()
    return made


def write(directory: Path, *said: str, at: datetime | None = None) -> None:
    at = at or datetime.now(UTC)
    with (directory / "log" / "postfix.log").open("a") as file:
        file.writelines(f"{at:%b %e %H:%M:%S} mx1 postfix/{line}\n" for line in said)


def message(number: int, recipient: str = "jan@aurora.test") -> list[str]:
    name = f"4cGqXy{number:06}"
    return [
        "smtpd[1]: connect from unknown[127.0.0.1]",
        f"smtpd[1]: {name}: client=unknown[127.0.0.1]",
        f"cleanup-inbound/cleanup[1]: {name}: message-id=<{number}@outside.test>",
        f"qmgr[1]: {name}: from=<a@outside.test>, size=700, nrcpt=1 (queue active)",
        f"lmtp[1]: {name}: to=<{recipient}>, relay=mx1.pro.test[/run/lmtp], delay=0.1, delays=0.05/0.01/0.01/0.03, "
        f"dsn=2.0.0, status=sent (250 2.0.0 <{recipient}> S{number} Saved)",
        f"qmgr[1]: {name}: removed",
        "smtpd[1]: disconnect from unknown[127.0.0.1] ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5",
    ]


def refusal(recipient: str) -> str:
    return (
        f"smtpd[1]: NOQUEUE: reject: RCPT from unknown[127.0.0.1]: 550 5.1.1 <{recipient}>: Recipient address "
        f"rejected: no; from=<a@outside.test> to=<{recipient}> proto=ESMTP helo=<h>"
    )


def finish(found: Tracer) -> None:
    while found.work():
        pass


def test_rows_are_as_the_panel_reads_them(directory: Path, aurora: Domain) -> None:
    write(directory, *message(1))
    finish(tracer(directory))
    [row] = rows().select_related("organization", "service")
    assert (row.organization, row.service) == (aurora.service.organization, aurora.service)
    assert (row.sender_domain, row.recipient, row.recipient_domain) == (
        "outside.test",
        "jan@aurora.test",
        "aurora.test",
    )
    assert abs(row.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [(state, words) for _at, state, words in row.steps] == [
        ("accepted", ""),
        ("delivered", "250 2.0.0 <jan@aurora.test> S1 Saved"),
    ]


@pytest.mark.parametrize("saved_once", [False, True])
def test_killed_at_any_line_nothing_is_doubled_or_lost(directory: Path, *, saved_once: bool) -> None:
    """Killed: it does not come to write its place, or only long after the rows."""
    if saved_once:
        write(directory, "qmgr[1]: 4cGqXy: removed")
        first = tracer(directory)
        finish(first)
        first.close()
    lines = [line for number in range(8) for line in [*message(number), refusal(f"n{number}@aurora.test")]]
    for line in lines:
        write(directory, line)
        killed = tracer(directory)
        finish(killed)
        if "message-id" not in line:
            killed.close()
    states = rows().values_list("state", flat=True)
    assert sorted(states) == ["delivered"] * 8 + ["refused"] * 8
    assert set(rows().filter(state="delivered").values_list("sender", flat=True)) == {"a@outside.test"}


def test_while_the_database_is_away_it_waits(directory: Path) -> None:
    write(directory, *message(1), refusal("x@aurora.test"))
    away = tracer(directory, "sqlite:////nowhere/at/all")
    for _time in range(3):
        with pytest.raises(DatabaseAway):
            away.work()
    away.close()
    finish(tracer(directory))
    assert rows().count() == 2


def test_a_domain_that_moves_takes_its_new_mail_along(directory: Path, aurora: Domain, platform: Platform) -> None:
    found = tracer(directory)
    write(directory, *message(1))
    finish(found)
    other = make_service(make_organization(), platform)
    Domain.objects.filter(pk=aurora.pk).update(service=other)
    time.sleep(tracing.KNOWN_FOR)
    write(directory, *message(2))
    finish(found)
    owners = rows().order_by("pk").values_list("organization", flat=True)
    assert list(owners) == [aurora.service.organization_id, other.organization_id]


def test_refusals_of_a_minute_are_bounded(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "EACH_A_MINUTE", 5)
    monkeypatch.setattr(tracing, "STRANGERS_A_MINUTE", 2)
    write(directory, *(refusal(f"n{number}@{domain}") for number in range(20) for domain in ("aurora.test", "x.test")))
    write(directory, *message(1))
    finish(tracer(directory))
    refused = rows().filter(state="refused").order_by("pk").values_list("organization", flat=True)
    assert sorted(number is None for number in refused) == [False] * 5 + [True] * 2
    assert rows().filter(state="delivered").count() == 1


def test_what_is_older_than_it_is_kept_gets_no_row(directory: Path) -> None:
    write(directory, *message(1), at=datetime.now(UTC) - timedelta(days=8))
    finish(tracer(directory))
    assert not rows().exists()


def test_a_row_that_the_database_refuses_keeps_no_other_from_being_written(directory: Path) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE mailflow_trace ADD CONSTRAINT odd CHECK (recipient <> 'n3@aurora.test')")
        else:
            cursor.execute(
                "CREATE TRIGGER odd BEFORE INSERT ON mailflow_trace WHEN new.recipient = 'n3@aurora.test'"
                " BEGIN SELECT RAISE(ABORT, 'odd'); END"
            )
    try:
        write(directory, *(refusal(f"n{number}@aurora.test") for number in range(6)))
        finish(tracer(directory))
    finally:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("ALTER TABLE mailflow_trace DROP CONSTRAINT odd")
            else:
                cursor.execute("DROP TRIGGER odd")
    assert rows().count() == 5


def test_a_message_costs_less_than_two_milliseconds(directory: Path) -> None:
    """Of this process; deliveries wait for none of it."""
    count = 3000
    write(directory, *(line for number in range(count) for line in message(number)))
    found = tracer(directory)
    started = time.process_time()
    finish(found)
    each = (time.process_time() - started) / count
    assert rows().count() == count
    print(f"{each * 1e6:.0f} µs of a core for a message")
    assert each < 0.002
