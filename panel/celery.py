"""The Celery application. Messages are only wake-ups: what is due lives in the database."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

from . import spool

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panel.settings")
# Celery warns whoever runs a worker as root, because messages could carry pickled code. Ours are JSON and nothing else.
warnings.filterwarnings("ignore", category=SecurityWarning)

spool.use()
app = Celery("panel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from . import heartbeat  # noqa: E402, F401 - its signal receivers
