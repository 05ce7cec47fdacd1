"""The parts of a zipped workbook, and reading their XML as a stream."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

CHUNK = 1 << 16  # bytes


class Unreadable(Exception):  # noqa: N818 - an answer, not a mishap
    """No workbook that can be read."""


class Protected(Exception):  # noqa: N818 - likewise
    """The workbook is encrypted."""


class Package:
    """A zip archive whose part names are told apart as office programs do: `\\` is `/`, case does not matter."""

    def __init__(self, file: IO[bytes]) -> None:
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            raise Unreadable from error
        self._names = {_plain(name): name for name in self._archive.namelist()}

    def has(self, name: str) -> bool:
        return _plain(name) in self._names

    def ending(self, suffix: str) -> str:
        """A part whose name ends so, "" where there is none."""
        return next((name for name in self._names if name.endswith(suffix.lower())), "")

    def chunks(self, name: str) -> Iterator[bytes]:
        try:
            with self._archive.open(self._names[_plain(name)]) as part:
                while chunk := part.read(CHUNK):
                    yield chunk
        except (KeyError, zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise Unreadable from error


def _plain(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def target_of(base: str, target: str) -> str:
    """The part that a relationship of the part `base` points at."""
    target = target.replace("\\", "/")
    if target.startswith("/"):
        return target.lstrip("/")
    path = base.replace("\\", "/").split("/")[:-1]
    for step in target.split("/"):
        if step == "..":
            path = path[:-1]
        elif step not in ("", "."):
            path.append(step)
    return "/".join(path)


class Reader:
    """A stream of XML: subclasses hear of elements by their names without namespaces."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = lambda name, attributes: self.start(_local(name), attributes)
        self._parser.EndElementHandler = lambda name: self.end(_local(name))
        self._parser.CharacterDataHandler = self.text
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def start(self, name: str, attributes: dict[str, str]) -> None: ...

    def end(self, name: str) -> None: ...

    def text(self, data: str) -> None: ...

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise Unreadable from error

    def read(self, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            self.feed(chunk)
        self.feed(b"", last=True)


def _no_doctype(*_declaration: object) -> None:
    raise Unreadable


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def local(attributes: dict[str, str], name: str, default: str = "") -> str:
    """An attribute by its name without namespace."""
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.endswith(f":{name}")), default)


class Elements(Reader):
    """Calls `seen` with each element as it begins."""

    def __init__(self, seen: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__()
        self._seen = seen

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen(name, attributes)
