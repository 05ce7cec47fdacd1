"""How long it is known from where mailboxes were opened, and from where somebody tried to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from mailflow import forgetting
from mailflow.models import Block, DeviceUse, Failure
from tests.factories import make_app_password, make_tenant

pytestmark = pytest.mark.django_db

OLD, YOUNG = timezone.now() - timedelta(days=91), timezone.now() - timedelta(days=89)


def network(number: int) -> str:
    return f"2001:db8:0:{number:x}::/64"


def failure(mailbox: UUID, number: int, **fields: Any) -> Failure:
    return Failure.objects.create(mailbox=mailbox, network=network(number), **fields)


def networks() -> set[str]:
    return set(Failure.objects.values_list("network", flat=True))


def test_networks_from_which_nothing_came_of_late_are_forgotten() -> None:
    mailbox = uuid4()
    failure(mailbox, 1, failures=3, last_at=OLD)
    failure(mailbox, 2, success_at=OLD)
    failure(mailbox, 3, last_at=OLD, success_at=YOUNG)
    failure(mailbox, 4, last_at=YOUNG, success_at=OLD)
    failure(mailbox, 5, last_at=YOUNG)
    assert forgetting.forget() == 2
    assert networks() == {network(3), network(4), network(5)}


def test_nought_keeps_them_for_ever(settings: Any) -> None:
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, "SIGN_INS": 0}
    failure(uuid4(), 1, last_at=OLD)
    assert forgetting.forget() == 0


def test_strangers_from_many_networks_fill_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "NETWORKS_AT_MOST", 3)
    tried, other = uuid4(), uuid4()
    for number in range(10):
        failure(tried, number, failures=1, last_at=YOUNG + timedelta(minutes=number))
    known = failure(tried, 10, success_at=YOUNG)
    failure(other, 11, failures=1, last_at=YOUNG)
    assert forgetting.forget() == 7
    assert networks() == {network(number) for number in (7, 8, 9, 11)} | {known.network}


def test_blocks_that_are_over_and_uses_of_revoked_app_passwords_go() -> None:
    mailbox, now = uuid4(), timezone.now()
    Block.objects.create(mailbox=mailbox, kind="passwords", network="a", since=OLD, until=now - timedelta(minutes=1))
    Block.objects.create(mailbox=mailbox, kind="passwords", network="b", since=OLD, until=now + timedelta(minutes=1))
    Block.objects.create(mailbox=mailbox, kind="flood", since=OLD)
    device = make_app_password(make_tenant().account)
    DeviceUse.objects.create(number=device.pk, used_at=OLD, network="a")
    DeviceUse.objects.create(number=device.pk + 1, used_at=YOUNG, network="a")
    assert forgetting.forget() == 2
    assert list(Block.objects.order_by("pk").values_list("network", flat=True)) == ["b", ""]
    assert DeviceUse.objects.get().number == device.pk
