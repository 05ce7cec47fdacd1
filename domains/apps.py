from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

VERBS = {
    "domain.attached": _("domain attached"),
    "domain.detected": _("authoritative domain detected on trying to attach it"),
    "domain.verified": _("domain verified"),
    "domain.mode_changed": _("mode or target server of a domain changed"),
    "domain.footer": _("footer of a domain set"),
    "domain.footer_removed": _("footer of a domain removed"),
    "domain.detached": _("domain detached"),
    "domain.released": _("verification of a domain withdrawn"),
    "dispute.opened": _("dispute about a domain opened"),
    "dispute.released": _("disputed domain released to the claimant"),
    "dispute.kept": _("disputed domain left with its holder"),
    "provider.created": _("DNS provider added"),
    "provider.changed": _("DNS provider changed"),
    "provider.removed": _("DNS provider removed"),
    "zone.added": _("zone added"),
    "zone.listed": _("list of zones read from a DNS provider"),
    "zone.removed": _("zone removed"),
    "zone.applied": _("records of a zone changed"),
    "dkim.rotated": _("new DKIM key created"),
    "dkim.hosted": _("DKIM keys published by CNAME"),
    "platform.dkim_zone": _("zone for DKIM keys of a platform chosen"),
    "dkim.activated": _("new DKIM key signs"),
    "dkim.withdrawn": _("old DKIM key withdrawn"),
    "zone.undone": _("change of a zone undone"),
}


class DomainsConfig(AppConfig):
    name = "domains"

    def ready(self) -> None:
        from panel.activity import register

        from . import receivers  # noqa: F401 - connects itself

        register(VERBS)
