"""Running the program as people run it: as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def environment(**changes: str) -> dict[str, str]:
    """This process's environment with the panel's real settings module, and `changes`.

    Only a test that names a database or Redis meets those on which the suite runs.
    """
    inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return inherited | {"DJANGO_SETTINGS_MODULE": "panel.settings"} | changes


def manage(*arguments: str, env: dict[str, str], timeout: float = 180) -> subprocess.CompletedProcess[str]:
    """Run `manage.py …` and wait for it."""
    return _run([sys.executable, "manage.py", *arguments], env, timeout)


def program(
    module: str, *arguments: str, env: dict[str, str], timeout: float = 180
) -> subprocess.CompletedProcess[str]:
    """Run `python -m …` and wait for it."""
    return _run([sys.executable, "-m", module, *arguments], env, timeout)


def _run(command: list[str], env: dict[str, str], timeout: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
    )
