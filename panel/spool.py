"""Celery's messages as files, for an installation without Redis: a file is there whole, or not at all.

kombu's own transport opens the file under its final name and then writes: a worker that comes between reads nothing,
loses the message and dies of it, with all that it had under way. It also takes a message by moving it to the folder
for temporary files: where that is another file system, a move is a copy, and two workers can take the same message.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import transport
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads


class SpoolChannel(filesystem.Channel):
    def _put(self, queue: str, payload: Any, **kwargs: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}"
        unfinished = folder / f"{name}.unfinished"
        try:
            unfinished.write_text(dumps(payload), encoding="utf-8")
            os.replace(unfinished, folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"no message can be put into {folder}") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{name}.taken"
            try:
                os.rename(folder / name, taken)
            except FileNotFoundError:  # another worker was quicker
                continue
            try:
                payload = taken.read_bytes()
                taken.unlink()
            except OSError as error:
                raise ChannelError(f"a message cannot be taken from {folder}") from error
            return loads(bytes_to_str(payload))
        raise Empty


class Transport(filesystem.Transport):
    Channel = SpoolChannel


def use() -> None:
    """Mean this transport by `filesystem://`."""
    transport.TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
