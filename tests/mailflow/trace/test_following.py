"""Log files that grow, are moved away, emptied and copied: each line is read once."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailflow.trace import following
from mailflow.trace.following import LogFile


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "postfix.log"


class Reader:
    """Who reads, and may be killed: its place is what was saved with the last lines."""

    def __init__(self, path: Path) -> None:
        self.path, self.lines = path, list[str]()
        self.file = LogFile(path)

    def read(self) -> list[str]:
        found = []
        while lines := self.file.read():
            found += [line for _name, line in lines]
        self.lines += found
        return found

    def restart(self) -> None:
        saved = self.file.saved()
        self.file = LogFile(self.path)
        self.file.restore(saved)


def add(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_lines_come_whole_and_once(path: Path) -> None:
    reader = Reader(path)
    assert reader.read() == []
    add(path, "one", "two")
    with path.open("a") as file:
        file.write("thr")
    assert reader.read() == ["one", "two"]
    reader.restart()
    add(path, "ee", "four")
    assert reader.read() == ["three", "four"]


def test_one_that_was_moved_away_is_read_to_its_end(path: Path) -> None:
    reader = Reader(path)
    add(path, "one")
    reader.read()
    add(path, "two")
    path.rename(path.with_name("postfix.log.1"))
    assert reader.read() == ["two"]
    add(path.with_name("postfix.log.1"), "three")  # by a server that has not opened the new one yet
    assert reader.read() == ["three"]
    add(path, "four")
    assert reader.read() == ["four"]


def test_moved_away_twice_while_nobody_read(path: Path) -> None:
    reader = Reader(path)
    add(path, "one")
    reader.read()
    add(path, "two")
    path.rename(path.with_name("postfix.log.2"))
    add(path, "three")
    path.rename(path.with_name("postfix.log.1"))
    os.utime(path.with_name("postfix.log.2"), (1, 1))
    add(path, "four")
    reader.restart()
    assert reader.read() == ["two", "three", "four"]


def test_one_that_was_copied_and_emptied(path: Path) -> None:
    reader = Reader(path)
    add(path, "one")
    reader.read()
    add(path, "two")
    shutil.copyfile(path, path.with_name("postfix.log.1"))
    os.truncate(path, 0)
    assert reader.read() == ["two"]
    add(path, "three")
    assert reader.read() == ["three"]


def test_emptied_and_already_longer_than_it_was(path: Path) -> None:
    reader = Reader(path)
    add(path, "one")
    reader.read()
    os.truncate(path, 0)
    add(path, "two, which is longer")
    assert reader.read() == ["two, which is longer"]


def test_what_is_no_line_is_left_out(path: Path) -> None:
    reader = Reader(path)
    path.write_bytes(b"x" * (3 << 20) + b"\n\xff\nafter\n")
    assert reader.read()[-2:] == ["\ufffd", "after"]


def test_nothing_is_lost_or_doubled_whatever_happens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "CHUNK", 200)
    for seed in range(60):
        chance = random.Random(seed)
        folder = path.parent / str(seed)
        folder.mkdir()
        log = folder / "postfix.log"
        add(log, "0 begin")
        reader, written, rotated = Reader(log), ["0 begin"], 0
        reader.read()
        for at in moments(chance):
            match at:
                case "write":
                    new = [f"{len(written) + n} {'x' * chance.randrange(90)}" for n in range(chance.randrange(1, 5))]
                    add(log, *new)
                    written += new
                case "read":
                    reader.read()
                case "restart":
                    reader.restart()
                case "move" if log.exists() and log.stat().st_size:
                    rotated += 1
                    log.rename(folder / f"postfix.log-{rotated:04}")
                    os.utime(folder / f"postfix.log-{rotated:04}", (rotated, rotated))
                case "copy" if log.exists() and log.stat().st_size:
                    rotated += 1
                    shutil.copyfile(log, folder / f"postfix.log-{rotated:04}")
                    os.utime(folder / f"postfix.log-{rotated:04}", (rotated, rotated))
                    os.truncate(log, 0)
        add(log, "end")
        reader.read()
        assert reader.lines == [*written, "end"], seed


def moments(chance: random.Random) -> Iterator[str]:
    for _number in range(40):
        yield chance.choice(["write", "write", "write", "read", "restart", "move", "copy"])
