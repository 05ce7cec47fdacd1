"""Messages as files: none is lost or half read, however many write and read at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Empty
from typing import Any

from kombu import Connection

import panel.celery  # noqa: F401 - says which transport is meant
from panel.spool import SpoolChannel

WRITERS, READERS, EACH = 4, 4, 250


def test_no_message_is_lost_or_read_before_it_is_written(tmp_path: Path) -> None:
    folders = {name: str(tmp_path) for name in ("data_folder_in", "data_folder_out", "control_folder")}

    def channel() -> Any:
        channel = Connection("filesystem://", transport_options=folders).channel()
        assert isinstance(channel, SpoolChannel)
        return channel

    def write(writer: int) -> None:
        to = channel()
        for number in range(EACH):
            to._put("bulk", {"writer": writer, "number": number, "filler": "x" * 20_000})

    def read(_reader: int) -> list[tuple[int, int]]:
        taken, source, misses = [], channel(), 0
        while misses < 3 or len(list(tmp_path.glob("*.msg"))) or len(done) < WRITERS:
            try:
                message = source._get("bulk")
            except Empty:
                misses += 1
                continue
            taken.append((message["writer"], message["number"]))
        return taken

    done: list[int] = []
    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        readers = [pool.submit(read, number) for number in range(READERS)]
        for writer in [pool.submit(write, number) for number in range(WRITERS)]:
            writer.add_done_callback(lambda _: done.append(1))
        taken = [message for reader in readers for message in reader.result(timeout=60)]
    assert len(taken) == WRITERS * EACH
    assert len(set(taken)) == WRITERS * EACH
