"""What people moved into Junk or out of it, taught to the spam filter: a few messages at a time, so that a person who
moves ten thousand holds nothing up. While the filter is away they wait; beyond some hundreds none is kept."""

from __future__ import annotations

import http.client
import logging
import socket
from pathlib import Path

log = logging.getLogger(__name__)

AT_ONCE = 20  # messages of one round
SECONDS = 5  # for one
PATHS = {"spam": "/learnspam", "ham": "/learnham"}
KNOWN = 208  # it has learned the message before


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(SECONDS)
        self.sock.connect(str(self._path))


def answers(worker: Path) -> str:
    """What one of the filter's workers says when it is asked whether it is there: empty where it works. A socket takes
    connections also while nobody listens. Raises OSError or http.client.HTTPException where it is away."""
    connection = _Connection(worker)
    try:
        connection.request("GET", "/ping")
        reply = connection.getresponse()
        said = reply.read(1000).decode("utf-8", "replace").strip()
    finally:
        connection.close()
    return "" if reply.status == 200 else f"{reply.status} {said}"


def teach(lessons: Path, controller: Path) -> int:
    """How many messages were taught. Raises OSError or http.client.HTTPException where the filter is away."""
    taught = 0
    waiting = sorted(path for path in lessons.iterdir() if path.name.partition(".")[0] in PATHS)
    for path in waiting[:AT_ONCE]:
        user, _newline, message = path.read_bytes().partition(b"\n")
        connection = _Connection(controller)
        try:
            headers = {"Deliver-To": user.decode("ascii", "replace").strip()}
            connection.request("POST", PATHS[path.name.partition(".")[0]], body=message, headers=headers)
            reply = connection.getresponse()
            said = reply.read(1000).decode("utf-8", "replace")
        finally:
            connection.close()
        if reply.status not in {200, KNOWN}:
            log.warning("the spam filter does not learn a message: %d %s", reply.status, said)
        path.unlink(missing_ok=True)
        taught += reply.status == 200
    return taught
