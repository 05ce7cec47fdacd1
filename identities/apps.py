from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from panel import activity


class IdentitiesConfig(AppConfig):
    name = "identities"

    def ready(self) -> None:
        from . import session  # noqa: F401 - its signal receiver

        activity.register(
            {
                "identity_provider.created": _("identity provider added"),
                "identity_provider.changed": _("identity provider changed"),
                "identity_provider.removed": _("identity provider removed"),
                "identity.linked": _("identity of a person linked"),
                "identity.unlinked": _("identity of a person unlinked"),
                "identity.signed_in": _("signed in through an identity provider"),
                "identity.refused": _("sign-in through an identity provider refused"),
            }
        )
