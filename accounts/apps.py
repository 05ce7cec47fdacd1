from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from domains.signals import domain_changed
        from panel.activity import register
        from panel.models import platform_changing

        from .catching import end_where_it_cannot_be
        from .guards import refuse_platform_change
        from .words import VERBS

        register(VERBS)
        post_migrate.connect(_ensure_trigrams, sender=self, dispatch_uid="accounts")
        domain_changed.connect(end_where_it_cannot_be, dispatch_uid="accounts")
        platform_changing.connect(refuse_platform_change, dispatch_uid="accounts")


def _ensure_trigrams(using: str, **kwargs: Any) -> None:
    from . import trigrams

    if trigrams.is_migrated(using):
        trigrams.ensure(using)
