"""Settings of the web server, for `manage.py run` and the container alike: `gunicorn -c python:panel.gunicorn`."""

from __future__ import annotations

import os
from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from .state import UMASK, keep_private

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panel.settings")


class Log(Logger):
    """The server's own lines, written as all others are and hiding what they hide: the master's, too."""

    def setup(self, cfg: Config) -> None:
        from .logs import formatter

        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(formatter())


logger_class = Log
wsgi_app = "panel.wsgi:application"
worker_class = "panel.server.Worker"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60  # seconds without a sign of life from a worker
graceful_timeout = 8
control_socket_disable = True
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
loglevel = "warning"
umask = UMASK
max_requests = 20_000  # then a worker is replaced, should a library leak
max_requests_jitter = 2_000


def on_starting(server: object) -> None:
    keep_private(Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parent.parent / "var"))
