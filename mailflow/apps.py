from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MailflowConfig(AppConfig):
    name = "mailflow"

    def ready(self) -> None:
        from .making import after_migrations, before_migrations

        pre_migrate.connect(before_migrations, sender=self, dispatch_uid="mailflow")
        post_migrate.connect(after_migrations, sender=self, dispatch_uid="mailflow")
