"""What a command prints reaches its reader whole, or the command fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from panel.models import Platform
from panel.output import NOT_WRITTEN
from tests.servers import free_port

ROOT = Path(__file__).parents[2]


def diagnose(environment: dict[str, str], names: int) -> subprocess.Popen[bytes]:
    words = [f"name-{number}.example" for number in range(names)]
    return subprocess.Popen(
        [sys.executable, "manage.py", "diagnose", "--json", "--resolver", f"127.0.0.1:{free_port()}", *words],
        cwd=ROOT,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        bufsize=0,
    )


@pytest.mark.django_db(transaction=True)
def test_a_command_that_is_stopped_and_goes_on_writes_all_of_it_to_a_slow_reader(
    process_environment: dict[str, str], platform: Platform
) -> None:
    process = diagnose(process_environment, 40)
    assert process.stdout is not None
    time.sleep(0.5)
    read = process.stdout.read(1)  # the pipe is full behind it: the writer waits in the middle of its text
    for _ in range(20):
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.02)
        process.send_signal(signal.SIGCONT)
        time.sleep(0.02)
        read += os.read(process.stdout.fileno(), 500)
    while more := process.stdout.read(65_536):
        read += more
    assert process.wait(60) in (0, 1, 2)
    assert len(read) > 65_536, "more than a pipe holds"
    assert len(json.loads(read)) == 40


@pytest.mark.django_db(transaction=True)
def test_a_command_whose_reader_has_gone_ends_with_an_error(
    process_environment: dict[str, str], platform: Platform
) -> None:
    process = diagnose(process_environment, 40)
    assert process.stdout is not None
    process.stdout.read(1)
    process.stdout.close()
    assert process.wait(60) == NOT_WRITTEN
