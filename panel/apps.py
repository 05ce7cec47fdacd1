from django.apps import AppConfig
from django.conf import settings


class PanelConfig(AppConfig):
    name = "panel"

    def ready(self) -> None:
        from . import administrator, migrating, signin  # noqa: F401 - their signal receivers

        migrating.connect()
        if settings.SENTRY_DSN:
            from . import sentry

            sentry.start(settings.SENTRY_DSN, settings.SENTRY_ENVIRONMENT)
