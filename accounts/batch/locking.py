"""What is held while accounts change, and whether somebody was faster."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from domains.models import Domain, Name
from panel.errors import Refused
from panel.models import Service

from ..models import EmailAccount
from ..models.accounts import Seen

AT_ONCE = 500  # rows that one statement names; SQLite and PostgreSQL both like it
NOT_CONFIGURED = _("This account is not configured, or its state has changed in the meantime.")
State = EmailAccount.State


def locked(service_id: int) -> Service:
    """The service, its row locked until the transaction ends. Refuses where nothing may be changed."""
    rows = Service.objects.select_for_update(no_key=True, of=("self",)).select_related("organization", "platform")
    service = rows.get(pk=service_id)
    service.require_open()
    return service


def domains_for_update(service: Service, names: Iterable[str]) -> dict[str, Domain]:
    """The service's attachments of these names, under the rows of the names."""
    ids = [name.pk for name in Name.objects.select_for_update(no_key=True).filter(name__in=names).order_by("name")]
    return {d.name.name: d for d in Domain.objects.select_related("name").filter(service=service, name_id__in=ids)}


class Stale(Refused):
    """The account is no longer what its form was opened on."""

    def __init__(self) -> None:
        super().__init__("stale", _("This account has been changed in the meantime."))


def require_unchanged(account: EmailAccount, seen: Seen | None) -> None:
    """Every verb adds one to the version under the service's row: where it is the one that was seen, nothing happened.

    Takes the version in the same statement that compares it.
    """
    if seen is None:
        return
    rows = EmailAccount.objects.filter(pk=account.pk, version=seen.version, mailbox_id=seen.mailbox_id)
    if not rows.update(version=F("version") + 1):
        raise Stale
