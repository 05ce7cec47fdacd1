"""Reads log files as they grow: each line once, whatever becomes of the file and of whoever reads it.

A place is told by the file's first octets, not by its name: a file that was moved away is read to its end under the
name that it has now (`postfix.log.1`), one that was copied and emptied in its copy; then the one that took its place
is read from its beginning. Compressed files are not read: rotate with `delaycompress`.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

CHUNK = 1 << 18  # octets at once
LONGEST = 1 << 16  # octets of a line; what is longer is none of the servers'
HEAD = 256  # first octets, by which a file is known


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Up to where a file was read; `head`: a digest of its first `known` octets."""

    offset: int = 0
    known: int = 0
    head: str = ""


class LogFile:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = LogPlace()

    def saved(self) -> dict[str, Any]:
        return asdict(self.place)

    def restore(self, saved: dict[str, Any]) -> None:
        self.place = LogPlace(**saved)

    def read(self) -> list[tuple[str, str]]:
        """The next whole lines, a chunk of them at most, each with a name that no other line has. None: there are none
        yet."""
        while True:
            files = self._from_place()
            more = len(files) > 1 and _size(files[1]) > 0  # asked first: who writes there has written all of this one
            before = self.place.offset
            lines = self._read(files[0])
            if lines:
                return lines
            if self.place.offset == before:
                if not more:
                    return []
                self.place = _beginning(files[1])

    def _from_place(self) -> list[Path]:
        """The file that the place is in and those that came after it. One that cannot be found any more has nothing to
        give: then it is the one that is written now, from its beginning."""
        if self._has_place(self.path):
            return [self.path]
        files = [*self._rotated(), self.path]
        for number, path in enumerate(files):
            if self.place.known and self._has_place(path):
                return [path, *files[number + 1 :]]
        self.place = LogPlace()
        return [self.path]

    def _rotated(self) -> list[Path]:
        """The oldest first."""
        found = []
        for path in self.path.parent.glob(f"{self.path.name}[.-]*"):
            try:
                found.append((path.stat().st_mtime_ns, path.name, path))
            except OSError:
                continue
        return [path for _at, _name, path in sorted(found) if path.suffix not in {".gz", ".xz", ".bz2", ".zst"}]

    def _has_place(self, path: Path) -> bool:
        return _size(path) >= self.place.offset and _digest(path, self.place.known) == self.place.head

    def _read(self, path: Path) -> list[tuple[str, str]]:
        offset = self.place.offset
        try:
            with path.open("rb") as file:
                head = file.read(HEAD)
                file.seek(offset)
                data = file.read(CHUNK)
        except OSError:
            return []
        end = data.rfind(b"\n") + 1
        if not end and len(data) > LONGEST:
            end = len(data)
        lines = []
        for line in data[:end].split(b"\n")[:-1] if data[:end].endswith(b"\n") else []:
            if len(line) <= LONGEST:
                text = line.decode("utf-8", "replace").rstrip("\r")
                lines.append((f"{offset} {text}", text))
            offset += len(line) + 1
        offset = self.place.offset + end
        self.place = LogPlace(offset, len(head), _digest_of(head))
        return lines


def _beginning(path: Path) -> LogPlace:
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError:
        return LogPlace()
    return LogPlace(0, len(head), _digest_of(head))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(path: Path, known: int) -> str:
    if not known:
        return ""
    try:
        with path.open("rb") as file:
            return _digest_of(file.read(known))
    except OSError:
        return "nothing"


def _digest_of(head: bytes) -> str:
    return hashlib.blake2b(head, digest_size=16).hexdigest() if head else ""
