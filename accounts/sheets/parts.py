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


type Start = Callable[[dict[str, str]], None]
type End = Callable[[], None]


class XmlReader:
    """A stream of XML. Subclasses say in `starts` and `ends` what is done at which element, named without namespace.

    A large sheet has millions of elements: those that nobody asked for cost one look into a dictionary.
    """

    def __init__(self) -> None:
        self.starts: dict[str, Start] = {}
        self.ends: dict[str, End] = {}
        self.texts: list[str] = []  # of the element that is listened to
        self._start_of: dict[str, Start | None] = {}  # the same by the names that the file has
        self._end_of: dict[str, End | None] = {}
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = _no_doctype

    def listen(self) -> None:
        """Keep the texts from here on in `texts`."""
        self._parser.CharacterDataHandler = self.texts.append

    def stop_listening(self) -> None:
        self._parser.CharacterDataHandler = None

    def feed(self, chunk: bytes, *, last: bool = False) -> None:
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            raise Unreadable from error

    def read(self, chunks: Iterator[bytes]) -> None:
        for chunk in chunks:
            self.feed(chunk)
        self.feed(b"", last=True)

    def forget_names(self) -> None:
        """`starts` and `ends` are others now."""
        self._start_of.clear()
        self._end_of.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        try:
            act = self._start_of[name]
        except KeyError:
            act = self._start_of[name] = self.starts.get(_local(name))
        if act is not None:
            act(attributes)

    def _end(self, name: str) -> None:
        try:
            act = self._end_of[name]
        except KeyError:
            act = self._end_of[name] = self.ends.get(_local(name))
        if act is not None:
            act()


def _no_doctype(*_declaration: object) -> None:
    raise Unreadable


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def local(attributes: dict[str, str], name: str, default: str = "") -> str:
    """An attribute by its name without namespace."""
    if not attributes:
        return default
    if name in attributes:
        return attributes[name]
    return next((value for key, value in attributes.items() if key.endswith(f":{name}")), default)


class Elements(XmlReader):
    """Calls `seen` with each element as it begins."""

    def __init__(self, seen: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__()
        self._seen = seen

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._seen(_local(name), attributes)
