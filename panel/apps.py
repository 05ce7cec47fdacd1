from django.apps import AppConfig


class PanelConfig(AppConfig):
    name = "panel"

    def ready(self) -> None:
        from . import administrator, migrating, signin  # noqa: F401 - their signal receivers

        migrating.connect()
