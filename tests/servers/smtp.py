"""A mail server in a thread: it takes letters, or refuses, says nothing, drips, or hangs up."""

from __future__ import annotations

import socket
import socketserver
import threading
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType

from .process import free_port

WAYS = ("takes", "refuses", "busy", "silent", "drips", "hangs up after data", "slow")


class Smtp:
    """`way` can be changed at any time; `letters` are what it took, in order. `slow`: one second for each letter."""

    def __init__(self, way: str = "takes") -> None:
        self.way = way
        self.letters: list[EmailMessage] = []
        self.connections = 0
        self.port = free_port()
        self._over = threading.Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def __enter__(self) -> Smtp:
        smtp = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                smtp.connections += 1
                try:
                    smtp._talk(self)
                except OSError:  # the client has gone
                    return

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", self.port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def words(self, number: int = 0) -> list[str]:
        """Of the plain text of one letter, as a person reads it."""
        body = self.letters[number].get_body(("plain",))
        return str(body.get_content()).split() if body else []

    def recipients(self) -> list[str]:
        return [str(letter["To"]) for letter in self.letters]

    def _talk(self, line: socketserver.StreamRequestHandler) -> None:
        if self.way == "silent":
            self._over.wait()
            return
        if self.way == "drips":
            while not self._over.wait(0.2):
                line.wfile.write(b"2")
            return
        say = lambda text: line.wfile.write(f"{text}\r\n".encode())
        say("220 smtp.test")
        while command := line.rfile.readline():
            word = command[:4].upper()
            if word == b"EHLO":
                say("250 smtp.test")
            elif word == b"RCPT" and self.way == "refuses":
                say("550 5.1.1 nobody of this name")
            elif word == b"RCPT" and self.way == "busy":
                say("451 4.3.0 later")
            elif word == b"DATA":
                say("354 go on")
                self._take(line)
                if self.way == "hangs up after data":
                    line.connection.shutdown(socket.SHUT_RDWR)
                    return
                say("250 taken")
            elif word == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def _take(self, line: socketserver.StreamRequestHandler) -> None:
        octets = b""
        while (part := line.rfile.readline()) not in (b".\r\n", b""):
            octets += part
        if self.way == "slow":
            time.sleep(1)
        self.letters.append(message_from_bytes(octets, policy=policy.default))
