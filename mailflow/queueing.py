"""The queue of one mail machine, brought into the panel's database, and what staff want done with it carried out."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from panel.models import Platform

from .models import Machine, QueuedMessage
from .planning import program

SHOWN = 1000  # messages of a machine that get a row; the latest
RECIPIENTS = 20
REASON = 500  # characters
SECONDS = 30
QUEUE_ID = re.compile(r"[0-9A-Za-z]{5,40}\Z")
FIELDS = ("queue", "sender", "recipients", "size", "arrived_at")


@dataclass(frozen=True, slots=True)
class Waiting:
    queue_id: str
    queue: str
    sender: str
    recipients: list[list[str]]
    size: int
    arrived_at: datetime


def read_queue(lines: Iterable[str]) -> Iterator[Waiting]:
    """What `postqueue -j` prints: a JSON object a line."""
    for line in lines:
        try:
            said: dict[str, Any] = json.loads(line)
            recipients = [
                [str(one["address"])[:320], " ".join(str(one.get("delay_reason", "")).split())[:REASON]]
                for one in said["recipients"][:RECIPIENTS]
            ]
            arrived_at = datetime.fromtimestamp(int(said["arrival_time"]), UTC)
            queue_id, queue, sender = str(said["queue_id"]), str(said["queue_name"]), str(said["sender"])
            size = int(said["message_size"])
        except (ValueError, KeyError, TypeError):
            continue  # a line that was cut off
        if QUEUE_ID.match(queue_id):
            yield Waiting(queue_id, queue[:10], sender[:320], recipients, size, arrived_at)


def machine_of(name: str, platform: str) -> Machine | None:
    """The machine's row; None where the platform is gone."""
    found = Platform.objects.filter(slug=platform).first()
    return Machine.objects.get_or_create(name=name, platform=found)[0] if found is not None else None


def report(machine: Machine, postfix: Path) -> None:
    done = _run("postqueue", postfix, "-j")
    keep(machine, list(read_queue(done.stdout.split("\n"))))


@transaction.atomic
def keep(machine: Machine, waiting: list[Waiting]) -> None:
    """Write what changed since the last time; what staff asked for stays until it is done."""
    latest = sorted(waiting, key=lambda message: message.arrived_at)[-SHOWN:]
    stored = {message.queue_id: message for message in QueuedMessage.objects.filter(machine=machine)}
    new, changed = [], []
    for message in latest:
        row = stored.pop(message.queue_id, None)
        values = {name: getattr(message, name) for name in FIELDS}
        if row is None:
            new.append(QueuedMessage(machine=machine, queue_id=message.queue_id, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(row, name, value)
            changed.append(row)
    QueuedMessage.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    QueuedMessage.objects.bulk_create(new, ignore_conflicts=True)
    QueuedMessage.objects.bulk_update(changed, FIELDS, batch_size=200)
    Machine.objects.filter(pk=machine.pk).update(reported_at=timezone.now(), queued=len(waiting))


def act(machine: Machine, postfix: Path) -> int:
    """Retry and delete what staff asked for. Returns how many messages that were."""
    asked = list(QueuedMessage.objects.filter(machine=machine).exclude(action="")[:200])
    for message in asked:
        if message.action == QueuedMessage.Action.DELETE:
            _run("postsuper", postfix, "-d", message.queue_id)
            message.delete()
            continue
        if message.queue == "hold":
            _run("postsuper", postfix, "-H", message.queue_id)
        _run("postqueue", postfix, "-i", message.queue_id)
        QueuedMessage.objects.filter(pk=message.pk).update(action="")
    return len(asked)


def _run(name: str, postfix: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [program(name), "-c", str(postfix), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, errors="replace")  # noqa: S603
