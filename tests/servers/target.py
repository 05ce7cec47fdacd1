"""The other half of a split domain: an SMTP server that answers as the test wants, and keeps what it was told."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from .process import free_port

OK = "250 2.1.5 Ok"


@dataclass
class Session:
    helo: str = ""
    sender: str = ""
    recipients: list[str] = field(default_factory=list)
    message: bytes = b""
    lines: list[str] = field(default_factory=list)  # commands


class SmtpTarget:
    """`answer` decides on each RCPT; by default everybody is known. `pause`: seconds before it greets.

    `sessions` are all that came, `messages` those that were delivered.
    """

    def __init__(self, answer: Callable[[str], str] = lambda _recipient: OK) -> None:
        self.answer = answer
        self.after_data = OK
        self.pause = 0.0
        self.sessions: list[Session] = []
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()
        self.port = free_port()
        self._server: socketserver.ThreadingTCPServer | None = None

    @property
    def messages(self) -> list[Session]:
        return [session for session in self.sessions if session.message]

    @property
    def questions(self) -> list[Session]:
        """Sessions that asked and sent nothing."""
        return [session for session in self.sessions if session.recipients and not session.message]

    def start(self) -> None:
        target = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                target._converse(self)

        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def _converse(self, handler: socketserver.StreamRequestHandler) -> None:
        session = Session()
        with self._lock:
            self.sessions.append(session)
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self._talk(handler, session)
        except OSError:
            pass
        finally:
            with self._lock:
                self.at_once -= 1

    def _talk(self, handler: socketserver.StreamRequestHandler, session: Session) -> None:
        def say(text: str) -> None:
            handler.wfile.write(f"{text}\r\n".encode())

        time.sleep(self.pause)
        say("220 target.test ESMTP")
        while line := handler.rfile.readline().decode("latin-1").strip():
            session.lines.append(line)
            verb, _blank, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    session.helo = rest
                    say("250 target.test")
                case "MAIL":
                    session.sender = rest.partition("<")[2].partition(">")[0]
                    say("250 2.1.0 Ok")
                case "RCPT":
                    recipient = rest.partition("<")[2].partition(">")[0]
                    session.recipients.append(recipient)
                    say(self.answer(recipient))
                case "DATA":
                    say("354 go on")
                    lines = []
                    while (text := handler.rfile.readline()) not in {b".\r\n", b""}:
                        lines.append(text.removeprefix(b".") if text.startswith(b"..") else text)
                    session.message = b"".join(lines)
                    say(self.after_data)
                case "QUIT":
                    say("221 2.0.0 Bye")
                    return
                case _:
                    say("250 2.0.0 Ok")
