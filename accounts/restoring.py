"""Kept mail of an account that was reset, back into a slot: staff's verb, while the mail is still there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from domains.names import NameRefused, to_ascii
from panel.activity import record
from panel.errors import Refused

from . import batch, rules
from .hashing import hash_of_nothing
from .models import EmailAccount, RetiredMailbox
from .preview import RowProblem
from .words import fault_words

if TYPE_CHECKING:
    from panel.actors import Actor


@transaction.atomic
def purge(mailbox: RetiredMailbox, *, by: Actor) -> None:
    """Let kept mail go at once."""
    mailbox.purge()
    record("mailbox.purged", actor=by, service=mailbox.service, target=mailbox.address)


@transaction.atomic
def restore(mailbox: RetiredMailbox, *, by: Actor, address: str = "") -> EmailAccount:
    """Configure the service's oldest slot with the mail that was kept. Raises Refused.

    `address`: another than it had (name@domain, A-label form). Nobody knows its password: one is set next.
    """
    service = batch.locked(mailbox.service_id)
    kept = RetiredMailbox.objects.select_for_update().filter(pk=mailbox.pk, purge_at__gt=timezone.now()).first()
    if kept is None:
        raise Refused("mailbox-gone", _("This mail is no longer kept."))
    name, _at, domain = (address or kept.address).lower().rpartition("@")
    try:
        domain = to_ascii(domain)
    except NameRefused as refusal:
        raise Refused("address-form", fault_words(RowProblem.ADDRESS_FORM), field="address") from refusal
    for rule in (*rules.broken_by_name(name), *rules.broken_by_address(name, domain)):
        raise Refused(rule, fault_words(rule), field="address")
    placement = batch.Placement(name=name, domain=domain, password_hash=hash_of_nothing())
    (answer,) = batch.place(service, [placement], now=timezone.now())
    if isinstance(answer, RowProblem):
        raise Refused(answer, fault_words(answer), field="address")
    mailbox_id = kept.mailbox_id
    kept.delete()
    EmailAccount.objects.filter(pk=answer.pk).update(mailbox_id=mailbox_id)
    answer.mailbox_id = mailbox_id
    record(
        "mailbox.restored",
        actor=by,
        service=service,
        target=answer.shown_address,
        before={"address": mailbox.address, "slot": answer.slot_token},
    )
    return answer
