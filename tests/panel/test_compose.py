"""The commands of docker-compose.yml and Dockerfile, word for word, against real PostgreSQL and Redis."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from panel.environment import encryption_key
from tests.processes import ROOT, environment
from tests.servers import PostgreSql, Redis
from tests.servers.process import free_port

SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
OURS = [name for name, service in SERVICES.items() if service["image"] == "configureme"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
EXAMPLE = dict(
    line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line and line[0] != "#"
)


def dockerfile_list(instruction: str) -> list[str]:
    found = re.search(rf"^\s*{instruction} (\[.*\])$", DOCKERFILE, re.MULTILINE)
    assert found, f"Dockerfile has no {instruction}"
    words: list[str] = json.loads(found.group(1))
    return words


class Containers:
    """The services' commands as processes of this machine: same commands, same variables, other addresses."""

    def __init__(self, folder: Path, database: str, redis: str) -> None:
        self.port = free_port()
        self.folder = folder
        folder.mkdir()
        example = {name: value for name, value in EXAMPLE.items() if name != "POSTGRES_PASSWORD"}
        filled = {"SECRET_KEY": secrets.token_urlsafe(50), "ENCRYPTION_KEYS": encryption_key(), "EMAIL_URL": ""}
        composed = {"DATABASE_URL": database, "REDIS_URL": redis, "DEMO": SERVICES["web"]["environment"]["DEMO"]}
        path = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "VAR_DIR": str(folder)}
        self.env = environment(**(example | filled | composed | path))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def local(self, command: list[str]) -> list[str]:
        return [
            word.replace("0.0.0.0:8000", f"127.0.0.1:{self.port}").replace(":8000", f":{self.port}") for word in command
        ]

    def run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.local(command), env=self.env, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def start(self, name: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                self.local(SERVICES[name]["command"]),
                env=self.env,
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self) -> dict[str, int]:
        for process in self.processes.values():
            process.terminate()
        return {name: process.wait(30) for name, process in self.processes.items()}

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()


@pytest.fixture
def containers(tmp_path: Path, postgresql_server: PostgreSql, redis_server: Redis) -> Iterator[Containers]:
    with postgresql_server.database("compose") as database:
        containers = Containers(tmp_path / "var", database, redis_server.url)
        yield containers
        for process in containers.processes.values():
            process.kill()
            process.wait()


def health_command(name: str) -> list[str]:
    test: list[str] = SERVICES[name].get("healthcheck", {}).get("test") or dockerfile_list("CMD")
    return test[1:] if test[0] == "CMD" else test


def test_every_command_starts_and_passes_its_own_health_check(containers: Containers) -> None:
    setup = containers.run(SERVICES["setup"]["command"])
    assert setup.returncode == 0, setup.stderr
    assert re.search(r"as admin@example.com with password \S+$", setup.stdout.strip())
    running = [name for name in OURS if name != "setup"]
    for name in running:
        containers.start(name)
    deadline = time.monotonic() + 90
    waiting = {name: health_command(name) for name in running}
    while waiting and time.monotonic() < deadline:
        waiting = {name: command for name, command in waiting.items() if containers.run(command).returncode != 0}
    assert not waiting, {name: containers.log(name)[-2000:] for name in waiting}
    ended = containers.stop()
    assert set(ended.values()) == {0}, ended


def test_the_image_runs_what_compose_runs_and_not_as_root() -> None:
    assert DOCKERFILE.rstrip().endswith(f"CMD {json.dumps(SERVICES['web']['command'])}")
    assert re.search(r"^USER panel$", DOCKERFILE, re.MULTILINE)
    assert not [
        name for name, service in SERVICES.items() if service.get("privileged") or service.get("user") == "root"
    ]


def test_every_queue_has_a_worker_and_beat_runs_once() -> None:
    commands = [SERVICES[name]["command"] for name in OURS]
    queues = [command[command.index("-Q") + 1] for command in commands if "-Q" in command]
    assert sorted(",".join(queues).split(",")) == ["background", "bulk", "interactive"]
    assert sum("beat" in command for command in commands) == 1


def test_everything_that_keeps_running_is_checked() -> None:
    unchecked = [
        name for name, service in SERVICES.items() if name not in {"setup", "mail-roles", "web"} and not check(service)
    ]
    assert not unchecked
    assert "HEALTHCHECK" in DOCKERFILE  # of web


def check(service: dict[str, Any]) -> bool:
    return bool(service.get("healthcheck", {}).get("test"))


def test_the_mail_servers_believe_the_webmail_alone_and_the_webmail_the_proxy() -> None:
    """About where people are: each by one address, in a network without anybody else."""
    addresses = {
        name: service["networks"]["webmail"]["ipv4_address"]
        for name, service in SERVICES.items()
        if "webmail" in (service.get("networks") or {})
    }
    assert set(addresses) == {"caddy", "mail", "webmail"}
    assert SERVICES["mail"]["environment"]["MAIL_WEBMAIL_NETWORKS"] == addresses["webmail"]
    assert SERVICES["webmail"]["environment"]["WEBMAIL_PROXY"] == addresses["caddy"]
    assert re.search(r":\d+\.\d+\.\d+-", SERVICES["webmail"]["image"]), "a version"
    mounted = [volume.split(":")[0] for volume in SERVICES["webmail"]["volumes"] if volume.startswith("./")]
    assert not [path for path in mounted if not (ROOT / path).exists()]


def test_the_example_names_only_what_is_documented() -> None:
    documented = set(re.findall(r"`([A-Z_]+)`", (ROOT / "docs" / "settings.md").read_text()))
    composed = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert set(EXAMPLE) - documented - composed == set()
    assert composed <= set(EXAMPLE)
