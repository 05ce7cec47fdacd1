"""The Celery application. Messages are only wake-ups: what is due lives in the database."""

import os
import warnings

from celery import Celery, signals
from celery.exceptions import SecurityWarning

from . import spool
from .state import keep_private

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panel.settings")
# Celery warns whoever runs a worker as root, because messages could carry pickled code. Ours are JSON and nothing else.
warnings.filterwarnings("ignore", category=SecurityWarning)

spool.use()
app = Celery("panel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.celeryd_init.connect
@signals.beat_init.connect
def _private(**_: object) -> None:
    from django.conf import settings

    keep_private(settings.VAR_DIR)


from . import heartbeat  # noqa: E402, F401 - its signal receivers
