"""What Prometheus is told, and who may ask."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from diagnostics.models import CheckRun
from panel import metrics, outbox
from tests.factories import make_check, make_letter, make_run, make_tenant
from tests.processes import ROOT

pytestmark = pytest.mark.django_db
TOKEN = "a-long-and-random-token"


@pytest.fixture
def scraped(settings: Any, client: Client) -> Any:
    settings.METRICS_TOKEN = TOKEN

    def scrape() -> dict[str, float]:
        cache.delete("metrics")
        response = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert response.status_code == 200
        lines = [line for line in response.content.decode().splitlines() if line and not line.startswith("#")]
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}

    return scrape


def test_nobody_sees_them_without_token_or_network(client: Client, settings: Any) -> None:
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer żółw"}).status_code == 404
    assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
    import ipaddress

    settings.METRICS_TOKEN, settings.METRICS_NETWORKS = "", [ipaddress.ip_network("10.0.0.0/8")]
    assert client.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404


def test_the_database_says_colours_ages_queues_runs_and_letters(scraped: Any) -> None:
    tenant = make_tenant()
    make_check(tenant.domain, "MX", "wrong")
    make_check(tenant.domain, "SPF", "ok")
    now = timezone.now()
    CheckRun.objects.update_or_create(
        domain=tenant.domain,
        defaults={"organization": tenant.organization, "next_at": now, "checked_at": now - timedelta(hours=2)},
    )
    make_run(tenant.service, state="running")
    make_letter(created_at=now - timedelta(minutes=5))
    make_letter(state="failed")
    found = scraped()
    assert found['panel_checks{status="wrong",level="required"}'] == 1
    assert found['panel_checks{status="ok",level="required"}'] == 1
    assert 7200 <= found["panel_oldest_check_seconds"] < 7300
    assert found["panel_domains_due"] == 1
    assert found['panel_bulk_runs{state="running"}'] == 1
    assert found['panel_letters{state="waiting"}'] == 1
    assert 300 <= found["panel_oldest_letter_seconds"] < 400
    assert {f'panel_queue_messages{{queue="{queue}"}}' for queue in ("interactive", "background", "bulk")} <= set(found)


def test_requests_letters_tasks_and_provider_calls_are_counted(scraped: Any, client: Client) -> None:
    from domains.providers import Provider

    class Broken(Provider):
        def zones(self) -> list[str]:
            raise OSError

        def test(self, zone: str) -> None:
            return None

        read: Any = None
        write: Any = None

    before = scraped()
    client.get("/guide/")
    client.get("/no-such-page/")
    make_letter()
    outbox.deliver()
    metrics.saw_task("panel.tasks.prune", "SUCCESS")
    Broken().test("x")
    with pytest.raises(OSError):
        Broken().zones()
    after = scraped()

    def more(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert more('panel_http_request_seconds_count{method="GET",status="2xx",view="panel:guides"}') == 1
    assert more('panel_http_request_seconds_count{method="GET",status="4xx",view="none"}') == 1
    assert more('panel_letters_attempted_total{outcome="taken"}') == 1
    assert more('panel_tasks_total{state="SUCCESS",task="panel.tasks.prune"}') == 1
    module = __name__.rpartition(".")[2]
    assert more(f'panel_provider_calls_total{{call="test",outcome="done",provider="{module}"}}') == 1
    assert more(f'panel_provider_calls_total{{call="zones",outcome="failed",provider="{module}"}}') == 1


def test_what_other_processes_counted_is_added(
    scraped: Any, process_environment: dict[str, str], settings: Any
) -> None:
    name = 'panel_tasks_total{state="SUCCESS",task="of.another.process"}'
    before = scraped().get(name, 0)
    code = "import django; django.setup(); from panel import metrics; metrics.saw_task('of.another.process', 'SUCCESS')"
    env = process_environment | {"METRICS_TOKEN": TOKEN, "VAR_DIR": str(settings.VAR_DIR)}
    subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True)
    assert scraped()[name] - before == 1


def test_nothing_is_counted_where_nobody_asks(settings: Any, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(metrics, "counters", lambda: pytest.fail("counted"))
    assert client.get("/guide/").status_code == 200
