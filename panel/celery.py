"""The Celery application. Messages are only wake-ups: what is due lives in the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panel.settings")

app = Celery("panel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from . import heartbeat  # noqa: E402, F401 - its signal receivers
