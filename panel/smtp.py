"""Sending by SMTP with a deadline: a mail server that says nothing, or a byte now and then, holds no worker.

A socket's timeout counts from the last byte, so that somebody who drips may hold a connection for ever. Here a timer
shuts the socket down when a letter, with whatever connecting it took, is not done within MAIL_DEADLINE.
"""

from __future__ import annotations

import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp


class EmailBackend(smtp.EmailBackend):
    """Django's, with a deadline for each letter and for saying good-bye."""

    GOOD_BYE = 2.0  # seconds

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._line: socket.socket | None = None

    @property
    def connection_class(self) -> Any:
        """smtplib's class, which tells this object of its socket as soon as there is one."""
        tell = self._remember

        class Plain(smtplib.SMTP):
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                sock = socket.create_connection((host, port), timeout, self.source_address)
                tell(sock)
                return sock

        class Tls(smtplib.SMTP_SSL):
            def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
                sock = socket.create_connection((host, port), timeout, self.source_address)
                tell(sock)
                return self.context.wrap_socket(sock, server_hostname=host)

        return Tls if self.use_ssl else Plain

    def _remember(self, sock: socket.socket) -> None:
        self._forget()
        self._line = sock.dup()  # wrapping for TLS takes the first descriptor away

    def _forget(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def open(self) -> bool | None:
        with self._deadline(settings.MAIL_DEADLINE):
            return super().open()

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        with self._deadline(settings.MAIL_DEADLINE):
            return super().send_messages(email_messages)

    def close(self) -> None:
        try:
            with self._deadline(self.GOOD_BYE):
                super().close()
        finally:
            self._forget()

    @contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Raises TimeoutError, in place of whatever the broken connection raised, when the time was over."""
        over = threading.Event()

        def cut() -> None:
            over.set()
            line = self._line
            if line is not None:
                try:
                    line.shutdown(socket.SHUT_RDWR)
                except OSError:  # it ended by itself meanwhile
                    return

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except (smtplib.SMTPException, OSError) as error:
            if over.is_set():
                raise TimeoutError(f"the mail server was not done within {seconds:g} s") from error
            raise
        finally:
            timer.cancel()
