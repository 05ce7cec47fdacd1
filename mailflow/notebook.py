"""What the policy server has to remember although it is killed: lines in a file, read by whoever serves next.

Nothing is synced to the disk: a line outlives the process as soon as it is handed to the kernel, and a machine that
goes down takes the queue manager's memory with it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .addresses import Address
from .deciding import Accepted, Kept

LONGEST = 4_000_000  # octets of the file, before it is written anew


class Notebook:
    """Keeps what is noted in `accepted` and `kept`. Times are the kernel's, the same in all processes."""

    def __init__(self, path: Path, accepted: Accepted, kept: Kept) -> None:
        self._path, self._accepted, self._kept = path, accepted, kept
        self._file, self._octets = -1, 0

    def open(self) -> None:
        """Read what an earlier process has noted, and note from here on. Two processes at once would spoil it."""
        for entry in _entries(self._path):
            match entry:
                case ["accepted", str(local), str(domain), str(route), float(at)]:
                    self._accepted.restore(Address(local, domain), route, at)
                case ["kept", str(local), str(domain), bool(kept)]:
                    self._kept.note(Address(local, domain), kept=kept)
        self._accepted.noted = self._note_accepted
        self._kept.noted = self._note_kept
        self._begin()

    def close(self) -> None:
        os.close(self._file)

    def _note_accepted(self, address: Address, route: str, at: float) -> None:
        self._write(["accepted", *address, route, at])

    def _note_kept(self, address: Address, kept: bool) -> None:
        self._write(["kept", *address, kept])

    def _write(self, entry: list[Any]) -> None:
        """One call for one line. An OSError, of a full disk, goes up: what cannot be noted is not accepted."""
        self._octets += os.write(self._file, json.dumps(entry).encode() + b"\n")
        if self._octets > LONGEST:
            self._begin()

    def _begin(self) -> None:
        """A new file that holds only what still counts."""
        entries = [["accepted", *address, route, at] for address, route, at in self._accepted.all()]
        entries += [["kept", *address, True] for address in self._kept.all()]
        draft = self._path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        text = "".join(json.dumps(entry) + "\n" for entry in entries).encode()
        with os.fdopen(os.dup(file), "wb") as whole:
            whole.write(text)
        draft.replace(self._path)
        if self._file >= 0:
            os.close(self._file)
        self._file, self._octets = file, 0


def _entries(path: Path) -> list[Any]:
    """The last line may have been cut short by the end of its process."""
    found = []
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found
