"""When wrong passwords lock an account out, as its service's security policy says. Without servers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.lockout import DURATION, THRESHOLD
from accounts.models import PasswordPolicy
from mailflow.journal import Journal
from mailflow.models import Block, Failure
from mailflow.pacing import LONGEST, Pace, rate_of
from mailflow.protocols.dovecot import auth_policy
from mailflow.queries import reader_of
from mailflow.throttle import EVERYBODY, REFUSED, WAIT, Throttle
from panel.models import Activity, Role
from tests.factories import make_account, make_domain, make_member, make_organization, make_platform, make_service
from tests.mailflow.conftest import database_url, mailbox_of

HERE, THERE = "192.0.2.7", "198.51.100.7"


class Rows:
    """The views' answer: one account, with this policy."""

    def __init__(self, *policy: int | None) -> None:
        self.asked = Counter[str]()
        self.web_only = self.must_change = self.max_age = 0
        self.changed_at = datetime(2026, 11, 1, tzinfo=UTC)
        self.expires_from: datetime | None = None
        self._policy = policy

    def rows(self, query: str, values: Mapping[str, str]) -> list[tuple[Any, ...]]:
        password = ("", "{ARGON2ID}x", "00ff", *self._policy, 0, self.web_only, self.must_change)
        device = ("phone", "{ARGON2ID}y", "00ff", *self._policy, 7, 0, 0, self.changed_at, 0, None)
        return [(*password, self.changed_at, self.max_age, self.expires_from), device]

    def close(self) -> None: ...


class Written(Journal):
    """Remembers nothing of earlier processes."""

    async def read(self, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        return []


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **spans: int) -> None:
        self.now += timedelta(**spans)


class Door:
    def __init__(self, *policy: int | None) -> None:
        self.clock = Clock()
        self.rows = Rows(*policy)
        journal = Written("sqlite:////nowhere")
        self.throttle = Throttle(self.rows, "mail", journal, self.clock, webmail=("203.0.113.0/28",))

    def allows(self, remote: str = HERE, **said: str) -> int:
        return self._judge("allow", remote, **said)

    def fail(self, times: int, remote: str = HERE) -> None:
        for _time in range(times):
            self._judge("report", remote, success=False)

    def open(self, remote: str = HERE) -> None:
        self._judge("report", remote, success=True)

    def _judge(self, command: str, remote: str, **said: Any) -> int:
        words = {"login": "jan@aurora.test", "user": "jan@aurora.test", "remote": remote, **said}
        return asyncio.run(self.throttle.judge(command, words))


def test_without_a_policy_the_defaults_hold_for_one_network() -> None:
    door = Door(None, None, None, 0)
    door.fail(THRESHOLD - 1)
    assert door.allows() == 0
    door.fail(1)
    assert (door.allows(), door.allows(THERE)) == (REFUSED, 0)
    door.clock.later(minutes=DURATION)
    assert door.allows() == 0


def test_threshold_reset_and_duration_are_the_service_s() -> None:
    door = Door(3, 5, 60, 0)
    door.fail(2)
    door.clock.later(minutes=6)
    door.fail(2)
    assert door.allows() == 0
    door.fail(1)
    door.clock.later(minutes=59)
    assert door.allows() == REFUSED
    door.clock.later(minutes=1)
    assert door.allows() == 0
    door.fail(2)
    assert door.allows() == 0  # it counts from nothing again


def test_a_threshold_of_nothing_never_locks() -> None:
    door = Door(0, 5, 60, 1)
    door.fail(50)
    assert door.allows() == 0


def test_a_network_that_is_known_only_waits() -> None:
    door = Door(3, 5, 60, 0)
    door.open()
    door.fail(3)
    assert (door.allows(), door.allows(THERE)) == (WAIT, 0)


def test_a_lock_for_everybody_spares_no_network() -> None:
    door = Door(3, 5, 60, 1)
    door.open()
    door.fail(2, THERE)
    door.fail(1, "203.0.113.9")
    assert [door.allows(remote) for remote in (HERE, THERE, "203.0.113.9")] == [REFUSED] * 3
    door.clock.later(minutes=60)
    assert door.allows() == 0


def test_a_password_that_is_for_the_webmail_only_is_not_even_verified_elsewhere() -> None:
    door = Door(3, 5, 60, 0)
    door.open()
    assert not door.throttle.closed("jan@aurora.test")
    door.rows.web_only = 1
    assert (door.allows(), door.allows("203.0.113.5"), door.allows("203.0.113.16")) == (REFUSED, 0, REFUSED)
    assert door.throttle.closed("jan@aurora.test")
    assert not door.throttle.closed("jan@aurora.test")
    door.open("203.0.113.5")
    assert not door.throttle.closed("jan@aurora.test")


def test_a_password_that_has_expired_or_must_be_changed_opens_no_mail() -> None:
    door = Door(3, 5, 60, 0)
    door.open()
    door.rows.max_age = 30
    assert (door.allows(), door.throttle.closed("jan@aurora.test")) == (0, False)
    door.clock.later(days=4)
    assert (door.allows(), door.throttle.closed("jan@aurora.test")) == (REFUSED, True)
    assert door.allows("203.0.113.5") == REFUSED  # nor the webmail
    assert door.allows(user="phone") == 0
    door.rows.expires_from = door.clock() + timedelta(days=1)  # it is new that they expire
    assert door.allows() == 0
    door.clock.later(days=1)
    assert door.allows() == REFUSED
    door.rows.max_age = 0
    assert door.allows() == 0
    door.rows.must_change = 1
    assert door.allows() == REFUSED


def test_sign_ins_take_their_turn_at_the_pace_of_the_machine() -> None:
    door = Door(3, 5, 60, 0)
    clock = iter([0.0] * 1000)
    door.throttle.pace = Pace(10, lambda: next(clock))
    waits = [door.allows() for _try in range(40)]
    assert waits[:10] == [0] * 10  # a second's worth at once
    assert waits[10:] == [1] * 10 + [2] * 10 + [3] * 10
    assert max(door.allows() for _try in range(500)) == LONGEST
    calm = Pace(10)
    assert [calm.wait() for _try in range(5)] == [0] * 5
    assert Pace(0).wait() == 0
    assert rate_of(2) > 1


@pytest.mark.django_db(transaction=True)
def test_the_policy_comes_from_the_panel_and_a_lock_outlives_the_process() -> None:
    service = make_service(make_organization(), make_platform("mail"))
    jan = make_account(make_domain(service, "aurora.test"), "jan")
    url = database_url()

    def throttle() -> Throttle:
        return Throttle(reader_of(url), "mail", Journal(url))

    said = {"login": str(jan.address), "user": str(jan.address), "remote": HERE, "success": False}

    async def guess() -> int:
        guessed = throttle()
        for _time in range(2):
            await guessed.judge("report", said)
        keeping = asyncio.ensure_future(guessed.journal.keep())
        await asyncio.sleep(0.1)
        keeping.cancel()  # which writes a last time
        await asyncio.gather(keeping, return_exceptions=True)
        return await throttle().judge("allow", said)

    def locked() -> set[str]:
        return set(Block.objects.filter(mailbox=mailbox_of(jan)).values_list("network", flat=True))

    assert asyncio.run(guess()) == 0
    PasswordPolicy.objects.create(service=service, lockout_threshold=4, lockout_everybody=True)
    assert asyncio.run(guess()) == REFUSED
    assert locked() == {"192.0.2.0/24"}  # four from this network, two since all are counted
    assert asyncio.run(guess()) == REFUSED
    assert locked() == {"192.0.2.0/24", EVERYBODY}


@pytest.mark.django_db
def test_owners_set_the_lockout_and_the_account_s_page_shows_failures(client: Client) -> None:
    service = make_service(make_organization(), make_platform("mail"))
    jan = make_account(make_domain(service, "aurora.test"), "jan")
    client.force_login(make_member(service.organization, Role.OWNER))
    page = reverse("accounts:policy", args=[service.name])
    values = {"min_length": 9, "lockout_threshold": 5, "lockout_reset": 10, "lockout_duration": 30}
    assert client.post(page, {**values, "lockout_everybody": "on"}).status_code == 302
    stored = PasswordPolicy.objects.get(service=service)
    assert (stored.lockout_threshold, stored.lockout_duration, stored.lockout_everybody) == (5, 30, True)
    assert Activity.objects.filter(verb="policy.changed").count() == 1
    assert client.post(page, {**values, "lockout_duration": 0}).status_code == 200
    now = timezone.now()
    where = {"mailbox": mailbox_of(jan), "network": "192.0.2.0/24"}
    Failure.objects.create(**where, failures=5, first_at=now, last_at=now)
    Block.objects.create(**where, kind="passwords", since=now, until=now + timedelta(minutes=30))
    text = client.get(reverse("accounts:account", args=[service.name, jan.pk])).content.decode()
    assert "Wrong passwords" in text
    assert "192.0.2.0/24" in text
    assert "until" in text


def test_whoever_knows_no_secret_is_sent_away_and_what_is_no_sign_in_is_answered() -> None:
    asked = []

    async def judge(command: str, said: dict[str, Any]) -> int:
        asked.append((command, said["login"]))
        return 7

    async def converse() -> list[bytes]:
        server = await asyncio.start_server(lambda *streams: auth_policy(judge, "secret", *streams), "127.0.0.1", 0)
        answers = []
        for secret, body in (
            (b"secret", b'{"login": "jan@\xff"}'),
            (b"secret", b"[]"),
            (b"secret", b"{"),
            (b"s\xe9cret", b'{"login": "jan"}'),
        ):
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            head = b"POST /?command=allow HTTP/1.1\r\nX-Mailflow: %s\r\nContent-Length: %d\r\n\r\n" % (
                secret,
                len(body),
            )
            writer.write(head + body)
            writer.write_eof()
            answers.append(await reader.readuntil(b"}"))
            writer.close()
        server.close()
        return answers

    answers = asyncio.run(converse())
    assert [b'"status": 7' in answer for answer in answers] == [True, False, False, False]
    assert [answer.split(b" ", 2)[1] for answer in answers] == [b"200", b"200", b"200", b"403"]
    assert asked == [("allow", "jan@\ufffd")]
