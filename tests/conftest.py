"""What all tests share: real servers, a real browser, a worker.

A server that is not installed skips the tests that need it and says how to get it; with CI=true that is an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection
from django.test import TransactionTestCase

from panel.catalogues import compile_catalogues
from panel.celery import app
from panel.health import QUEUES

from .processes import environment

pytest_plugins = ["tests.servers.fixtures", "tests.browser"]

_emptied = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def _emptied_again(case: TransactionTestCase) -> None:
    """Emptying all tables of PostgreSQL can meet a question of the mail servers that a test started, each waiting for
    the other: whoever is sent away by PostgreSQL asks again."""
    for left in (2, 1, 0):
        try:
            _emptied(case)
            return
        except CommandError as error:
            if left == 0 or "deadlock" not in str(error.__cause__):
                raise


TransactionTestCase._fixture_teardown = _emptied_again  # type: ignore[attr-defined]

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def uses_database(item: pytest.Item) -> bool:
    """Whether pytest-django lets the test near the database: it fails any other that tries."""
    fixtures: list[str] = getattr(item, "fixturenames", [])
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(fixtures)


def another_database_matters(item: pytest.Item) -> bool:
    """Whether the test could fail on another database only.

    Of a page in several shapes (light, dark, phone) one is enough: all ask the database the same.
    """
    parameters: dict[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return uses_database(item) and parameters.get("shape", "light") == "light"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only", action="store_true", help="only the tests that another database could make fail"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--database-only"):
        config.hook.pytest_deselected(items=[item for item in items if not another_database_matters(item)])
        items[:] = [item for item in items if another_database_matters(item)]


def pytest_configure() -> None:
    """A fresh clone has no compiled translations; set-up, which makes them, has not run there."""
    compile_catalogues(Path(__file__).parents[1] / "locale")


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker for all queues, in a thread of this process: it sees the test's database and settings."""
    app.amqp.queues.select(list(QUEUES))
    with app.connection_for_write() as broker:
        for queue in QUEUES:  # what earlier tests left in them
            bound = app.amqp.queues[queue](broker.default_channel)
            bound.declare()
            bound.purge()
    with start_worker(
        app, pool="solo", concurrency=1, loglevel="WARNING", perform_ping_check=False, shutdown_timeout=30
    ):
        yield


@pytest.fixture
def process_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which another process (`manage.py …`, a worker) sees this test's database and folders."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = f"postgresql://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return environment(DATABASE_URL=url, REDIS_URL=settings.REDIS_URL)


@pytest.fixture(autouse=True)
def _empty_caches(request: pytest.FixtureRequest) -> None:
    """Rate limits of one test are no business of the next. The database's cache is emptied with the database."""
    if settings.REDIS_URL and uses_database(request.node):
        from django.core.cache import cache

        cache.clear()


@pytest.fixture(autouse=True)
def _no_broker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that does not use the database has no broker either: so it need not run a second time on another."""
    if not uses_database(request.node):
        monkeypatch.setattr(app, "send_task", _refuse)
        monkeypatch.setattr(app, "connection_for_write", _refuse)
        monkeypatch.setattr(app, "connection_for_read", _refuse)


@pytest.fixture
def readings_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page asks for has been read before the page is made. How pages wait: tests/domains/test_readings.py."""
    from domains import readings

    monkeypatch.setattr(readings, "_wake", readings.perform)


def _refuse(*arguments: object, **options: object) -> None:
    pytest.fail("A test that uses the broker is to ask for the database, too: see --database-only")
