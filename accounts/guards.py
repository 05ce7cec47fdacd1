"""What other apps may not do while accounts are configured."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from panel.errors import Refused
from panel.models import Service

from .models import EmailAccount, Tally


def refuse_platform_change(sender: type[Service], service: Service, **kwargs: Any) -> None:
    """Configured mailboxes live on the platform: sent under the lock of the service's row."""
    counts = Tally.of(service.pk)
    if sum(counts.values()) > counts[EmailAccount.State.SLOT]:
        raise Refused(
            "accounts-configured", _("Accounts of this service are configured: it cannot move to another platform.")
        )
