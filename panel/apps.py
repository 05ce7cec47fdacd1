from django.apps import AppConfig


class PanelConfig(AppConfig):
    name = "panel"

    def ready(self) -> None:
        from . import administrator  # noqa: F401 - its signal receivers
