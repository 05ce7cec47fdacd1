"""A spam filter that takes questions and answers none: see mailflow/protocols/screening.py."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from mailflow.protocols import screening
from mailflow.protocols.screening import Passing, Screen

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{"score": 7, "symbols": {}} '


def message() -> Passing:
    return Passing([("Queue-Id", "1")], [b"Subject: x\r\n\r\n"], 14)


def test_a_filter_that_hangs_is_waited_for_a_few_times_and_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screening, "SECONDS", 0.2)
    asked, answering = [], False

    async def filtering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if answering:
            writer.write(ANSWER)
        else:
            await reader.read()  # until whoever asked has gone
        writer.close()

    async def told() -> list[bytes]:
        nonlocal answering
        async with await asyncio.start_unix_server(filtering, str(tmp_path / "scan")):
            screen = Screen(str(tmp_path / "scan"))
            found = [await screen._judged(message()) for _time in range(screening.SLOW_AT_MOST + 5)]
            answering = True
            found.append(await screen._judged(message()))
            screen._asks_from = 0  # the pause is over
            return [*found, await screen._judged(message())]

    *passed, judged = asyncio.run(told())
    assert set(passed) == {b""}
    assert b"7.0" in judged
    assert len(asked) == screening.SLOW_AT_MOST + 1
