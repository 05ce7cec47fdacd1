"""The catch-all of a domain: one account that takes mail to its unknown addresses, where the domain is authoritative.

In the other mode unknown addresses are the target server's: so a change of mode ends it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from domains import signals
from domains.models import Domain
from panel.activity import record
from panel.actors import SYSTEM
from panel.errors import Refused

from . import batch, preview
from .columns import Field
from .models import CatchAll, EmailAccount
from .preview import RowProblem
from .words import fault_words

if TYPE_CHECKING:
    from panel.actors import Actor


def account_named(domain: Domain, text: str) -> EmailAccount:
    """The account of the domain's service that has this address; a bare name is meant at the domain. Raises Refused."""
    row = preview.parse(0, {Field.ADDRESS: text}, default_domain=domain.name.name)
    accounts = EmailAccount.objects.filter(service=domain.service_id, address_key=row.address)
    account = accounts.exclude(state=EmailAccount.State.SLOT).first() if row.address else None
    if account is None:
        raise Refused(RowProblem.NO_ACCOUNT, _("No account of this service has this address."), field="account")
    return account


@transaction.atomic
def set_catch_all(domain: Domain, account: EmailAccount | None, *, by: Actor) -> None:
    """From the next message on; None ends it. Raises Refused."""
    service = batch.locked(domain.service_id)
    fresh = batch.domains_for_update(service, [domain.name.name]).get(domain.name.name)
    if fresh is None:
        raise Refused(RowProblem.DOMAIN_UNKNOWN, fault_words(RowProblem.DOMAIN_UNKNOWN))
    before = CatchAll.objects.select_related("account").filter(domain=fresh).first()
    if account is None:
        if before is not None:
            _end(before, domain.name.name, by=by)
        return
    if not fresh.is_verified:
        raise Refused(RowProblem.DOMAIN_PENDING, fault_words(RowProblem.DOMAIN_PENDING))
    if not fresh.is_authoritative:
        raise Refused("not-authoritative", _("Unknown addresses of this domain are the target server's."))
    account = EmailAccount.objects.get(pk=account.pk)
    if account.is_slot or account.service_id != service.pk:
        raise Refused("wrong-state", batch.NOT_CONFIGURED, field="account")
    CatchAll.objects.update_or_create(domain=fresh, defaults={"account": account})
    was = {"account": before.account.shown_address} if before else None
    now = {"account": account.shown_address}
    if was != now:
        record("domain.catch_all", actor=by, service=service, target=domain.name.name, before=was, after=now)


def end_where_it_cannot_be(sender: object, *, domain: Domain, what: str, **kwargs: Any) -> None:
    """The domain's mode was changed, or its name given to somebody else."""
    if what not in {signals.MODE, signals.RELEASED}:
        return
    with transaction.atomic():
        found = CatchAll.objects.select_related("account", "domain__name").filter(domain_id=domain.pk).first()
        if found is not None and not (found.domain.is_authoritative and found.domain.is_verified):
            _end(found, found.domain.name.name, by=SYSTEM)


def _end(catch_all: CatchAll, name: str, *, by: Actor) -> None:
    before = {"account": catch_all.account.shown_address}
    service = catch_all.account.service
    catch_all.delete()
    record("domain.catch_all_ended", actor=by, service=service, target=name, before=before)
