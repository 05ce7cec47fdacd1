from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

VERBS = {
    "account.blocked": _("account blocked for spam"),
    "queue.acted": _("messages of the queue tried again or deleted"),
    "account.unblocked": _("account unblocked"),
    "domain.spam": _("spam filter changed"),
    "domain.sender_listed": _("sender allowed or blocked"),
    "domain.sender_forgotten": _("sender taken off the list"),
}


class MailflowConfig(AppConfig):
    name = "mailflow"

    def ready(self) -> None:
        from panel.activity import register

        from .making import after_migrations, before_migrations

        pre_migrate.connect(before_migrations, sender=self, dispatch_uid="mailflow")
        post_migrate.connect(after_migrations, sender=self, dispatch_uid="mailflow")
        register(VERBS)
