from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

VERBS = {
    "check.intended": _("check marked as intended"),
    "check.not_intended": _("check no longer marked as intended"),
    "instructions.shared": _("link to instructions created"),
    "instructions.revoked": _("link to instructions revoked"),
    "brake.released": _("held results released"),
    "mx.postponed": _("change of the MX put off"),
    "mx.resumed": _("change of the MX no longer put off"),
}


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"

    def ready(self) -> None:
        from panel.activity import register

        from . import receivers  # noqa: F401 - connects itself

        register(VERBS)
