"""What was backed up comes back: every row of every table, on the same database and on the other one."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from domains.models import DnsProvider
from panel import backup
from panel.errors import Refused
from panel.models import Activity, Letter, Organization
from tests.factories import make_check, make_letter, make_run, make_share, make_tenant
from tests.installation import Installation
from tests.processes import ROOT, manage
from tests.servers.postgresql import PostgreSql

PASSPHRASE = "correct horse battery"

COMPARE = """
import django, hashlib, json, sys
django.setup()
from django.apps import apps
from panel import backup
out = {}
for model in backup.models_to_keep(apps):
    names = [field.column for field in backup._fields(model)]
    rows = [
        json.dumps(dict(zip(names, row, strict=True)), default=backup._plain, sort_keys=True)
        for row in backup._rows(model)
    ]
    out[model._meta.label] = [len(rows), hashlib.sha256("\\n".join(rows).encode()).hexdigest()]
print(json.dumps(out))
"""


OPEN = """
import django
django.setup()
from domains.models import DnsProvider
print(DnsProvider.objects.get().credentials)
"""


def python(code: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def contents(env: dict[str, str]) -> dict[str, list[Any]]:
    """Of every table: how many rows, and what they say."""
    found: dict[str, list[Any]] = json.loads(python(COMPARE, env))
    return found


@pytest.fixture
def full(process_environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """An installation with rows in many tables, secrets and odd characters among them."""
    tenant = make_tenant()
    make_check(tenant.domain, "MX", "wrong", facts={"hosts": ["żółw.example", None, 1.5]})
    make_share(tenant.domain)
    make_run(tenant.service)
    make_letter(tenant.organization)
    DnsProvider.objects.create(
        organization=tenant.organization, kind="powerdns", name='p"x\ny', credentials='{"key": "the-api-key"}'
    )
    Activity.objects.create(actor_label="x", verb="organization.changed", before={"a": None}, note="\u202eń")
    return process_environment | {"VAR_DIR": os.environ["VAR_DIR"], "BACKUP_PASSPHRASE": PASSPHRASE}


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """Another installation, just set up."""
    target = Installation(tmp_path / "empty")
    target.prepare()
    return {**target.env, "BACKUP_PASSPHRASE": PASSPHRASE}


def test_a_backup_restored_after_set_up_gives_back_every_row_of_every_table(
    full: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    done = manage("backup", str(file), env=full)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE(file.stat().st_mode) == stat.S_IMODE(Path(f"{file}.keys").stat().st_mode) == 0o600
    assert manage("setup", env=empty, timeout=180).returncode == 0
    before = contents(full)
    assert contents(empty) != before
    done = manage("restore", str(file), env=empty)
    assert done.returncode == 0, done.stderr
    assert contents(empty) == before
    assert sum(number for number, _digest in before.values()) > 100
    # and its secrets open with the keys that came back
    assert "the-api-key" in python(OPEN, empty)
    # and new rows get keys of their own
    done = manage("create_organization", "zz99999", "After", env=empty)
    assert done.returncode == 0, done.stderr
    assert manage("setup", env=empty, timeout=180).returncode == 0


def test_what_was_backed_up_on_one_database_is_restored_on_the_other(
    full: dict[str, str], empty: dict[str, str], tmp_path: Path, postgresql_server: PostgreSql
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("goes from SQLite to PostgreSQL and back")
    file, back = tmp_path / "there.zip", tmp_path / "back.zip"
    assert manage("backup", str(file), env=full).returncode == 0
    with postgresql_server.database("restored") as url:
        scaled = {**empty, "DATABASE_URL": url}
        done = manage("restore", str(file), env=scaled)
        assert done.returncode == 0, done.stderr
        assert manage("create_organization", "zz99999", "After", env=scaled).returncode == 0
        done = manage("backup", str(back), env=scaled)
        assert done.returncode == 0, done.stderr
    done = manage("restore", str(back), "--replace", env=empty)
    assert done.returncode == 0, done.stderr
    before, after = contents(full), contents(empty)
    same = {label for label in before if before[label] == after[label]}
    assert before.keys() - same == {"panel.Organization", "panel.Activity"}  # what was made meanwhile


def test_a_backup_holds_no_secret_in_the_clear(full: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "backup.zip"
    assert manage("backup", str(file), env=full).returncode == 0
    with zipfile.ZipFile(file) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    assert "the-api-key" not in text
    assert os.environ["ENCRYPTION_KEYS"] not in text + Path(f"{file}.keys").read_text()
    assert os.environ["SECRET_KEY"] not in text + Path(f"{file}.keys").read_text()


def test_a_wrong_passphrase_a_damaged_file_and_a_full_installation_change_nothing(
    full: dict[str, str], empty: dict[str, str], tmp_path: Path
) -> None:
    file = tmp_path / "backup.zip"
    assert manage("backup", str(file), env=full).returncode == 0
    assert manage("setup", env=empty, timeout=180).returncode == 0
    assert manage("create_organization", "ab12345", "Here already", env=empty).returncode == 0
    before = contents(empty)
    wrong = manage("restore", str(file), env={**empty, "BACKUP_PASSPHRASE": "another one, also long"})
    assert (wrong.returncode, "passphrase" in wrong.stderr) == (1, True)
    taken = manage("restore", str(file), env=empty)
    assert (taken.returncode, "--replace" in taken.stderr) == (1, True)
    with zipfile.ZipFile(file) as archive:
        largest = max(archive.infolist(), key=lambda entry: entry.compress_size)
    octets = bytearray(file.read_bytes())
    octets[largest.header_offset + 100 + len(largest.filename)] ^= 0xFF
    file.write_bytes(octets)
    damaged = manage("restore", str(file), "--replace", env=empty)
    assert (damaged.returncode, "damaged" in damaged.stderr) == (1, True)
    assert contents(empty) == before


@pytest.mark.django_db
def test_a_short_passphrase_seals_nothing(process_environment: dict[str, str], tmp_path: Path) -> None:
    env = process_environment | {"BACKUP_PASSPHRASE": "short"}
    done = manage("backup", str(tmp_path / "x"), env=env)
    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])


@pytest.mark.django_db(transaction=True)
def test_a_restore_is_refused_while_workers_run(
    process_environment: dict[str, str], full: dict[str, str], tmp_path: Path
) -> None:
    from panel.models import Heartbeat

    assert manage("backup", str(tmp_path / "b"), env=full).returncode == 0
    Heartbeat.beat("beat")
    done = manage("restore", str(tmp_path / "b"), "--replace", env=full)
    assert (done.returncode, "stop the panel" in done.stderr) == (1, True)
    assert Organization.objects.exists()
    assert Letter.objects.exists()


@pytest.mark.django_db
def test_what_a_newer_version_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "newer.zip"
    manifest = backup.Manifest("2026-01-01", "sqlite", {"panel": "9999_from_the_future"}, {})
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(backup.MANIFEST, str(manifest))
    monkeypatch.setattr(backup, "_empty", lambda: pytest.fail("touched"))
    with pytest.raises(Refused, match="newer"):
        backup.restore(file)
