"""Settings of the web server, for `manage.py run` and the container alike: `gunicorn -c python:panel.gunicorn`."""

import os
from pathlib import Path

from .state import UMASK, keep_private

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
