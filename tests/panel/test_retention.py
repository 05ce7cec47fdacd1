"""Each rule: what is older goes, what is younger stays, in batches."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import BulkRow
from diagnostics.models import CheckChange
from domains.models import ZoneChange
from panel import retention
from panel.models import Activity, Invitation, Letter
from panel.retention import RULES, prune
from tests.factories import make_letter, make_order, make_run, make_share, make_tenant

pytestmark = pytest.mark.django_db


def make_row(model: str, **fields: Any) -> Any:
    """Some row of it."""
    tenant = make_tenant()
    match model:
        case "diagnostics.CheckChange":
            words = {"old_status": "ok", "new_status": "wrong", "old_level": "required", "new_level": "required"}
            return CheckChange.objects.create(domain=tenant.domain, kind="MX", **words, **fields)
        case "panel.Activity":
            return Activity.objects.create(actor_label="x", verb="user.created", **fields)
        case "accounts.BulkRow":
            run = make_run(tenant.service, state="done", finished_at=fields["run__finished_at"])
            return BulkRow.objects.create(run=run, number=1, state="done")
        case "accounts.BulkRun":
            return make_run(tenant.service, state="done", **fields)
        case "accounts.Order":
            return make_order(tenant.service, state="approved", **fields)
        case "domains.ZoneChange":
            return ZoneChange.objects.create(zone_name="x.example", service=tenant.service, plan=[], **fields)
        case "diagnostics.Share":
            return make_share(tenant.domain, **fields)
        case "panel.Invitation":
            token = timezone.now().isoformat()
            who = {"organization": tenant.organization, "email": "a@people.example", "role": "viewer"}
            return Invitation.objects.create(**who, digest=token, **fields)
        case "sessions.Session":
            return Session.objects.create(session_key=timezone.now().isoformat(), session_data="", **fields)
        case "panel.Letter":
            return make_letter(state="sent", **fields)
    raise AssertionError(f"no test for {model}: write one")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.setting)
def test_what_is_older_than_its_rule_goes_and_what_is_younger_stays(rule: retention.RetentionRule) -> None:
    keep = rule.keep()
    assert keep is not None
    now = timezone.now()
    old = make_row(rule.model, **{rule.age: now - keep - timedelta(minutes=1)})
    young = make_row(rule.model, **{rule.age: now - keep + timedelta(minutes=10)})
    assert prune()[rule.setting] == 1
    model = apps.get_model(rule.model)
    assert not model._default_manager.filter(pk=old.pk).exists()
    assert model._default_manager.filter(pk=young.pk).exists()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.setting)
def test_nought_keeps_for_ever(rule: retention.RetentionRule, settings: Any) -> None:
    settings.KEEP_DAYS = {**settings.KEEP_DAYS, rule.setting: 0}
    make_row(rule.model, **{rule.age: timezone.now() - timedelta(days=5000)})
    assert prune()[rule.setting] == 0


def test_it_goes_in_batches_and_stops_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    old = timezone.now() - timedelta(days=5000)
    for _ in range(5):
        Activity.objects.create(actor_label="x", verb="user.created", at=old)
    assert prune(seconds=0)["ACTIVITY"] == 0
    assert prune()["ACTIVITY"] == 5


def test_what_is_open_stays_however_old() -> None:
    tenant = make_tenant()
    old = timezone.now() - timedelta(days=5000)
    make_order(tenant.service, ordered_at=old)
    make_run(tenant.service, state="running", created_at=old)
    make_letter(created_at=old)
    ZoneChange.objects.create(zone_name="x.example", service=tenant.service, plan=[], created_at=old)
    assert not any(prune().values())
    assert Letter.objects.filter(state="waiting").exists()


def test_letters_in_files_go(settings: Any, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path
    (tmp_path / "mail").mkdir()
    old, young = tmp_path / "mail" / "old.log", tmp_path / "mail" / "young.log"
    for path in (old, young):
        path.write_text("letter")
    long_ago = (timezone.now() - timedelta(days=15)).timestamp()
    os.utime(old, (long_ago, long_ago))
    assert prune()["MAIL_FILES"] == 1
    assert [path.name for path in (tmp_path / "mail").iterdir()] == ["young.log"]


def test_every_rule_is_documented() -> None:
    from tests.processes import ROOT

    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert not [rule.setting for rule in RULES if f"`KEEP_{rule.setting}`" not in text]
