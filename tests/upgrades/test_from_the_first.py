"""A database that the first version made, with rows in its tables, becomes today's: on SQLite and on PostgreSQL.

`first.sql` is what `sqlite3 .dump` says of it: written once, by that version, and never changed.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, environment, manage
from tests.servers.postgresql import PostgreSql

FIRST = Path(__file__).with_name("first.sql")

# Through today's code, whatever the database: nothing is lost and what changed its form means the same.
LOOK = """
import django
django.setup()
from accounts.models import BulkRow, BulkRun, EmailAccount, Order
from diagnostics.models import Check, CheckChange, CheckRun, Share
from domains.models import DnsProvider, Domain, ZoneChange
from panel.actors import SYSTEM
from panel.models import Activity, Contact, Invitation, Membership, Organization, Service, User
print(Organization.objects.count(), Service.objects.count(), User.objects.count(), Membership.objects.count())
print(Invitation.objects.count(), Activity.objects.count(), Domain.objects.count(), EmailAccount.objects.count())
print(Order.objects.count(), BulkRun.objects.count(), BulkRow.objects.count(), Share.objects.count())
print(Check.objects.count(), CheckChange.objects.count(), CheckRun.objects.count(), ZoneChange.objects.count())
print(Organization.objects.get(code="cd12345").name, DnsProvider.objects.get().credentials)
for contact in Contact.objects.order_by("email"):
    print(contact.organization.code, contact.email, contact.confirmed_at is not None)
organization = Organization.create("ef12345", "Made afterwards", contacts=["x@people.example"], actor=SYSTEM)
print(organization.contact_addresses)
"""
SEEN = """
2 2 2 1
1 6 3 6
1 1 2 1
3 1 1 1
Żółw i synowie {"key": "the-api-key"}
ab12345 it@aurora.example False
ab12345 owner@aurora.example True
['x@people.example']
"""

# A back-up as the first version's tables are, from which the same rows come into another database.
ARCHIVE = """
import sys
from pathlib import Path
import django
django.setup()
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from panel import backup
loader = MigrationExecutor(connection).loader
state = loader.project_state(list(loader.applied_migrations))
print(sum(backup.write(Path(sys.argv[1]), state.apps).tables.values()))
"""


def python(code: str, env: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def first(tmp_path: Path) -> dict[str, str]:
    """The environment of an installation whose database is the first version's."""
    with sqlite3.connect(tmp_path / "panel.sqlite3") as database:
        database.executescript(FIRST.read_text(encoding="utf-8"))
    return environment(VAR_DIR=str(tmp_path), DEMO="0")


def test_on_sqlite(first: dict[str, str]) -> None:
    done = manage("migrate", "--no-input", env=first, timeout=120)
    assert done.returncode == 0, done.stderr
    assert python(LOOK, first).strip() == SEEN.strip()
    assert manage("makemigrations", "--check", "--dry-run", env=first).returncode == 0


def test_on_postgresql_as_a_back_up_of_then(
    first: dict[str, str], tmp_path: Path, postgresql_server: PostgreSql
) -> None:
    archive = tmp_path / "first.zip"
    assert int(python(ARCHIVE, first, str(archive))) > 200
    with postgresql_server.database("upgraded") as url:
        env = {**first, "DATABASE_URL": url}
        assert manage("migrate", "--no-input", env=env, timeout=120).returncode == 0
        done = manage("restore", str(archive), "--no-keys", env=env, timeout=120)
        assert done.returncode == 0, done.stderr
        assert python(LOOK, env).strip() == SEEN.strip()


def test_migrations_can_be_taken_back(first: dict[str, str]) -> None:
    """With rows in the tables, down to what the first version made."""
    assert manage("migrate", "--no-input", env=first, timeout=120).returncode == 0
    for app in ("accounts", "diagnostics", "domains", "panel"):
        done = manage("migrate", app, "0001", "--no-input", env=first, timeout=120)
        assert done.returncode == 0, done.stderr
    with sqlite3.connect(Path(first["VAR_DIR"]) / "panel.sqlite3") as database:
        contacts = database.execute("SELECT contacts FROM panel_organization WHERE code = 'ab12345'").fetchone()[0]
    assert contacts == '["owner@aurora.example", "it@aurora.example"]'
