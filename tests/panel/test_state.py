"""What an installation keeps on disk is for its own user."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from panel.state import complaint, exposed
from tests.installation import Installation, until
from tests.processes import manage, program


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    installation = Installation(tmp_path_factory.mktemp("private") / "var", DEMO="1")
    before = os.umask(0o022)
    try:
        installation.start()
    finally:
        os.umask(before)
    yield installation
    installation.stop()


def test_nothing_that_an_installation_writes_is_for_others(running: Installation) -> None:
    sent = manage("shell", "--no-imports", "-c", LETTER, env=running.env)
    assert sent.returncode == 0, sent.stderr
    until(lambda: list((running.folder / "mail").glob("*")), 60, "a worker delivers the letter")
    made = [running.folder, *running.folder.rglob("*")]
    assert len(made) > 20
    assert not [path for path in made if path.exists() and path.stat().st_mode & 0o007]


LETTER = "from panel import mail; mail.send('panel/mail/guessing.txt', 'anna@people.example', {})"


@pytest.mark.parametrize("name", ["env", "panel.sqlite3", "admin-password", "mail", "broker"])
def test_files_that_others_could_open_are_found(tmp_path: Path, name: str) -> None:
    tmp_path.chmod(0o755)
    path = tmp_path / name
    path.mkdir() if name in ("mail", "broker") else path.write_text("secret")
    path.chmod(0o640)
    assert exposed(tmp_path) == []
    path.chmod(0o644)
    assert exposed(tmp_path) == [path]
    assert str(path) in complaint(tmp_path)
    assert f"chmod -R o= {tmp_path}" in complaint(tmp_path)
    tmp_path.chmod(0o750)
    assert exposed(tmp_path) == [], "others do not get that far"


def test_nothing_starts_upon_files_that_others_could_open(running: Installation) -> None:
    """Set-up, web server, workers and beat alike."""
    commands = {
        "setup": lambda: manage("setup", env=running.env),
        "gunicorn": lambda: program(
            "gunicorn", "-c", "python:panel.gunicorn", "--bind", "127.0.0.1:0", env=running.env
        ),
        "worker": lambda: program("celery", "-A", "panel", "worker", "-Q", "bulk", env=running.env),
        "beat": lambda: program("celery", "-A", "panel", "beat", "--pidfile=", env=running.env),
    }
    database = running.folder / "panel.sqlite3"
    assert stat.S_IMODE(running.folder.stat().st_mode) == 0o700
    running.folder.chmod(0o755)
    database.chmod(0o644)
    try:
        for name, start in commands.items():
            ended = start()
            assert ended.returncode != 0, name
            assert "Other users of this machine can read or change" in ended.stderr, (name, ended.stderr)
    finally:
        database.chmod(0o600)
        running.folder.chmod(0o700)
