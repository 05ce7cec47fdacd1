from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from panel import activity


class ApiConfig(AppConfig):
    name = "api"

    def ready(self) -> None:
        from . import receivers  # noqa: F401 - its signal receivers

        activity.register(
            {
                "token.created": _("API token made"),
                "token.revoked": _("API token revoked"),
                "webhook.created": _("webhook made"),
                "webhook.changed": _("webhook changed"),
                "webhook.secret_rotated": _("webhook's secret changed"),
                "webhook.removed": _("webhook removed"),
            }
        )
