"""What a migration does to a PostgreSQL that is being written to."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.processes import environment, manage
from tests.servers.postgresql import PostgreSql
from tests.upgrades.test_from_the_first import python

CONCURRENT = """
import django
django.setup()
from django.db import connection, models
from django.db.migrations.state import ProjectState
from django.apps import apps
from panel.concurrently import AddIndex
state = ProjectState.from_apps(apps)
after = state.clone()
op = AddIndex("activity", models.Index(fields=["verb"], name="activity_of_test"))
op.state_forwards("panel", after)
with connection.schema_editor(atomic=False) as editor:
    op.database_forwards("panel", editor, state, after)
with connection.cursor() as cursor:
    cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'activity_of_test'::regclass")
    print(cursor.fetchone())
with connection.schema_editor(atomic=False) as editor:
    op.database_backwards("panel", editor, after, state)
"""


@pytest.fixture
def scaled(postgresql_server: PostgreSql, tmp_path: Any) -> Any:
    with postgresql_server.database("locks") as url:
        env = environment(VAR_DIR=str(tmp_path), DEMO="0", DATABASE_URL=url)
        assert manage("migrate", "--no-input", env=env, timeout=120).returncode == 0
        yield env, url


def test_an_index_is_made_while_others_write_and_after_an_attempt_that_failed(scaled: Any) -> None:
    env, url = scaled
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("CREATE INDEX activity_of_test ON panel_activity (verb)")  # stands for the invalid one
    with psycopg.connect(url) as writer:  # its transaction is open: a lock that shuts writers out would wait for it
        writer.execute("LOCK TABLE panel_heartbeat IN ROW EXCLUSIVE MODE")
        assert "(True,)" in python(CONCURRENT, env)


def test_a_migration_that_does_not_get_its_lock_gives_up_before_everybody_waits(scaled: Any) -> None:
    env, url = scaled
    assert manage("migrate", "panel", "0004", "--no-input", env=env).returncode == 0
    with psycopg.connect(url) as reader:
        reader.execute("SELECT * FROM panel_organization")  # holds the weakest lock for as long as it is open
        done = manage("migrate", "panel", "--no-input", env=env, timeout=60)
    assert done.returncode != 0
    assert "lock timeout" in done.stderr
    assert manage("migrate", "--no-input", env=env, timeout=60).returncode == 0
