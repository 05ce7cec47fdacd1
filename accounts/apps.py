from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from panel.activity import register
        from panel.models import platform_changing

        from .guards import refuse_platform_change
        from .words import VERBS

        register(VERBS)
        platform_changing.connect(refuse_platform_change, dispatch_uid="accounts")
