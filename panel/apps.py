from django.apps import AppConfig
from django.conf import settings
from django.db.models.signals import post_migrate


class PanelConfig(AppConfig):
    name = "panel"

    def ready(self) -> None:
        from . import administrator, migrating, signin, trigrams  # noqa: F401 - their signal receivers

        migrating.connect()
        post_migrate.connect(trigrams.ensure_all, sender=self, dispatch_uid="panel")
        if settings.SENTRY_DSN:
            from . import sentry

            sentry.start(settings.SENTRY_DSN, settings.SENTRY_ENVIRONMENT)
