"""Standard output and error that are written whole, or not without an error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

NOT_WRITTEN = 74  # exit status EX_IOERR of sysexits.h: no verb has it for anything else


@contextmanager
def whole_output() -> Iterator[None]:
    """Let what is printed inside reach its reader whole; where it cannot, exit with status NOT_WRITTEN.

    Python told not to buffer (PYTHONUNBUFFERED, as in every container) hands a text to the system once and forgets what
    a full pipe did not take: a write that was interrupted (the process was stopped and went on) cut the text, and the
    exit status did not tell. A buffered writer goes on until all is taken or raises. Lines are still written at once.
    """
    sys.stdout, sys.stderr = _whole(sys.stdout), _whole(sys.stderr)
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        # What is left in the buffers is for nobody: the interpreter's last flush must not complain of it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(NOT_WRITTEN)


def _whole(stream: TextIO) -> TextIO:
    raw = getattr(stream, "buffer", None)
    if not isinstance(stream, io.TextIOWrapper) or not isinstance(raw, io.RawIOBase):
        return stream
    encoding, errors = stream.encoding, stream.errors
    stream.flush()
    stream.detach()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=True)
