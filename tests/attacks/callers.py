"""Callers who mean no good: slow ones, greedy ones, and what they cost."""

from __future__ import annotations

import contextlib
import http.client
import http.cookiejar
import re
import socket
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event, Thread

from tests.installation import Installation, descendants

MIB = 1024 * 1024


def web_processes(installation: Installation) -> list[int]:
    return [pid for pid, args in descendants(installation.pid).items() if "panel.gunicorn" in args]


def peak_memory(pids: list[int]) -> int:
    """The most that these processes have had in memory so far, in bytes."""
    lines = [line for pid in pids for line in Path(f"/proc/{pid}/status").read_text().splitlines()]
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def temporary_files(pids: list[int]) -> list[str]:
    """Files that these processes have open and that have no name any more, as spooled bodies have none."""
    targets = []
    for pid in pids:
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                targets.append(str(link.readlink()))
    own = "/wgunicorn-"  # by which a worker shows that it lives
    return [target for target in targets if target.endswith("(deleted)") and own not in target]


def post(port: int, path: str, size: int, *, host: str = "127.0.0.1") -> tuple[int, float]:
    """Post `size` bytes; status (0 where the connection broke) and seconds."""
    begun = time.monotonic()
    client = http.client.HTTPConnection(host, port, timeout=60)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        client.request("POST", path, b"a" * size, kind)
        status = client.getresponse().status
    except (OSError, http.client.HTTPException):
        status = 0
    finally:
        client.close()
    return status, time.monotonic() - begun


def get(port: int, path: str, *, host: str = "127.0.0.1") -> tuple[int, float]:
    begun = time.monotonic()
    client = http.client.HTTPConnection(host, port, timeout=30)
    try:
        client.request("GET", path)
        response = client.getresponse()
        response.read()
    finally:
        client.close()
    return response.status, time.monotonic() - begun


def at_once[T](count: int, do: Callable[[int], T]) -> list[T]:
    with ThreadPoolExecutor(count) as threads:
        futures: list[Future[T]] = [threads.submit(do, number) for number in range(count)]
        return [future.result() for future in futures]


@contextlib.contextmanager
def dripping(
    port: int, count: int, head: bytes, *, every: float = 1.0, again: bool = True
) -> Iterator[Callable[[], int]]:
    """`count` connections that say `head` and then a byte every few seconds. Yields how many are open still."""
    sockets: list[socket.socket] = []
    stop = Event()

    def connect() -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port), timeout=5)
        made.sendall(head)
        made.setblocking(False)
        return made

    def closed(item: socket.socket) -> bool:
        try:
            return item.recv(65536) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def drip() -> None:
        while not stop.wait(every):
            for index, item in enumerate(sockets):
                with contextlib.suppress(OSError):
                    item.send(b"x")
                if again and closed(item):
                    item.close()
                    with contextlib.suppress(OSError):
                        sockets[index] = connect()

    sockets += [connect() for _ in range(count)]
    thread = Thread(target=drip)
    thread.start()
    try:
        yield lambda: sum(not closed(item) for item in sockets)
    finally:
        stop.set()
        thread.join()
        for item in sockets:
            item.close()


class Person:
    """Somebody with a browser, as far as forms go."""

    def __init__(self, port: int) -> None:
        self.address = f"http://localhost:{port}"
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def get(self, path: str) -> str:
        with self.opener.open(self.address + path, timeout=60) as response:
            text: str = response.read().decode()
            return text

    def token(self, path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.get(path))
        assert found, path
        return found.group(1)

    def sign_in(self, email: str, password: str) -> None:
        path = "/account/login/"
        form = {"csrfmiddlewaretoken": self.token(path), "login": email, "password": password}
        with self.opener.open(self.address + path, urllib.parse.urlencode(form).encode(), timeout=60) as response:
            assert "/login/" not in response.url, response.read().decode()

    def upload(self, path: str, data: bytes, *, token: str | None = None) -> tuple[int, str, str]:
        """Status, address and text of what the upload of a file is answered by."""
        body, kind = multipart(token if token is not None else self.token(path), data)
        request = urllib.request.Request(self.address + path, body, {"Content-Type": kind})
        try:
            with self.opener.open(request, timeout=60) as response:
                return response.status, response.url, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.url, error.read().decode()

    @property
    def cookie(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.cookies)


def multipart(token: str, data: bytes) -> tuple[bytes, str]:
    """A form with a CSRF token and a file, and its Content-Type."""
    parts = (
        b'--cut\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n' + token.encode() + b"\r\n",
        b'--cut\r\nContent-Disposition: form-data; name="file"; filename="staff.csv"\r\n'
        b"Content-Type: text/csv\r\n\r\n" + data + b"\r\n--cut--\r\n",
    )
    return b"".join(parts), "multipart/form-data; boundary=cut"
