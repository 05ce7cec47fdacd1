"""Celery's messages as files, for an installation without Redis: a file is there whole, or not at all.

kombu's own transport opens the file under its final name and then writes: a worker that comes between reads nothing,
loses the message and dies of it, with all that it had under way.
"""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import Any

from kombu import transport
from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


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


class Transport(filesystem.Transport):
    SpoolChannel = SpoolChannel


def use() -> None:
    """Mean this transport by `filesystem://`."""
    transport.TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"
