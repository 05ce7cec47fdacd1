"""The examples of docs/api-guide.md are run as they stand there."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest

from api.webhooks.signing import signature
from panel.models import Membership, Service
from tests.factories import make_platform
from tests.processes import ROOT

from .conftest import make_token

GUIDE = (ROOT / "docs" / "api-guide.md").read_text(encoding="utf-8")


def example(first_line: str) -> str:
    found = re.search(rf"```python\n({re.escape(first_line)}\n.*?)```", GUIDE, re.DOTALL)
    assert found, f"the guide has no example that begins with {first_line!r}"
    return found[1]


@pytest.mark.django_db(transaction=True)
def test_the_example_of_a_billing_system_works(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_platform("pro1", is_default=True)
    monkeypatch.setenv("PANEL_TOKEN", make_token(None, "organizations:write", "services:write")[1])
    shop: dict[str, Any] = {}
    exec(example("import os").replace("https://panel.example.com", live_server.url), shop)
    order = SimpleNamespace(customer="cust1", company="First", email="owner@cust1.example", id=77, mailboxes=3)
    name = shop["create"](order)
    assert shop["create"](order) == name, "a repeated call does no harm"
    assert Membership.objects.get().user.email == order.email
    shop["suspend"](name)
    with pytest.raises(RuntimeError, match="wrong-state"):
        shop["suspend"](name)
    shop["unsuspend"](name)
    shop["terminate"](name, "2099-01-31")
    assert Service.objects.get().state == Service.State.ACTIVE
    shop["terminate"](name)
    assert Service.objects.get().state == Service.State.ENDED


def test_the_example_that_verifies_webhooks_takes_ours_and_nothing_older(monkeypatch: pytest.MonkeyPatch) -> None:
    receiver: dict[str, Any] = {}
    exec(example("import base64, hashlib, hmac, time"), receiver)
    secret, body = "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQ=", b'{"type": "test"}'
    now = 1_800_000_000
    headers = {
        "webhook-id": "m1",
        "webhook-timestamp": str(now),
        "webhook-signature": signature(secret, "m1", now, body),
    }
    monkeypatch.setattr(receiver["time"], "time", lambda: now + 299)
    assert receiver["is_ours"](secret, headers, body)
    assert not receiver["is_ours"](secret, headers, body + b" ")
    monkeypatch.setattr(receiver["time"], "time", lambda: now + 301)
    assert not receiver["is_ours"](secret, headers, body)
