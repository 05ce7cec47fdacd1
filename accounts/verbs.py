"""What can be done to one account, recorded in the activity log: batches of one.

Each verb is refused (`Stale`) where the account is no longer as its caller has `seen` it, if that is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import Actor
from panel.errors import Refused
from panel.models import Service

from . import batch, rules
from .batch import KEY_FIELDS, NAME_FIELDS, NOT_CONFIGURED, Placement, State, locked, require_unchanged
from .hashing import hash_of_nothing
from .models import EmailAccount, PasswordLink
from .models.accounts import Seen
from .preview import RowProblem
from .words import fault_words


@transaction.atomic
def configure(
    account: EmailAccount, placement: Placement, *, by: Actor, owner: bool = False, seen: Seen | None = None
) -> None:
    """Turn this slot into a mailbox. Raises Refused: taken, pending domain, reserved name, no slot any more."""
    service = locked(account.service_id)
    require_unchanged(account, seen)
    if placement.name in rules.RESERVED and not owner:
        raise _refusal(rules.NameRule.NAME_RESERVED)
    slot = EmailAccount.objects.filter(pk=account.pk, state=State.SLOT).first()
    if slot is None:
        raise Refused("not-a-slot", _("This account has been configured or cancelled in the meantime."))
    (answer,) = batch.place(service, [placement], now=timezone.now(), slots=[slot])
    if isinstance(answer, RowProblem):
        raise _refusal(answer)
    record(
        "account.configured",
        actor=by,
        service=service,
        target=placement.address,
        before={"slot": slot.slot_token},
        after=_names(slot),
    )
    account.refresh_from_db()


def suspend(account: EmailAccount, *, by: Actor, seen: Seen | None = None) -> None:
    """Stop login and sending; mail still arrives."""
    _change(account, batch.suspend, "account.suspended", by=by, seen=seen)


def resume(account: EmailAccount, *, by: Actor, seen: Seen | None = None) -> None:
    _change(account, batch.resume, "account.resumed", by=by, seen=seen)


def reset(account: EmailAccount, *, by: Actor, seen: Seen | None = None) -> None:
    """Back to a slot. Its mail is kept for 30 days; a later configuration of the slot never opens it."""
    _change(account, batch.reset, "account.reset", by=by, seen=seen)


@transaction.atomic
def _change(
    account: EmailAccount,
    change: Callable[[Service, Sequence[EmailAccount], datetime], set[int]],
    verb: str,
    *,
    by: Actor,
    seen: Seen | None = None,
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    before = EmailAccount.objects.get(pk=account.pk)
    if not change(service, [account], timezone.now()):
        raise Refused("wrong-state", NOT_CONFIGURED)
    account.refresh_from_db()
    record(
        verb,
        actor=by,
        service=service,
        target=before.shown_address,
        before={"state": before.state},
        after={"state": account.state},
    )


@transaction.atomic
def set_password(
    account: EmailAccount, password_hash: str, *, by: Actor, seen: Seen | None = None, by_owner: bool = False
) -> None:
    service = locked(account.service_id)
    require_unchanged(account, seen)
    if not batch.set_passwords(service, {account.pk: password_hash}, timezone.now(), by_owner=by_owner):
        raise Refused("wrong-state", NOT_CONFIGURED)
    account.refresh_from_db()
    record("account.password", actor=by, service=service, target=account.shown_address)


@transaction.atomic
def make_link(account: EmailAccount, *, by: Actor, seen: Seen | None = None) -> tuple[str, PasswordLink]:
    """A link with which its person sets the password. Returns its secret, too. Until it is used the account holds the
    hash of a random password that nobody knows."""
    token, hashed, now = PasswordLink.new_token(), hash_of_nothing(), timezone.now()
    service = locked(account.service_id)
    require_unchanged(account, seen)
    mailbox = EmailAccount.objects.values_list("mailbox_id", flat=True).get(pk=account.pk)
    if not mailbox or not batch.set_passwords(service, {account.pk: hashed}, now):
        raise Refused("wrong-state", NOT_CONFIGURED)
    link = PasswordLink.objects.create(
        account=account,
        digest=PasswordLink.digest_of(token),
        mailbox_id=mailbox,
        expires_at=PasswordLink.expiry(now),
    )
    record("account.link", actor=by, service=service, target=account.shown_address)
    return token, link


@transaction.atomic
def set_quota(account: EmailAccount, quota: int | None, *, by: Actor) -> None:
    """MiB; None: the service's, 0: without limit."""
    service = locked(account.service_id)
    before = EmailAccount.objects.select_for_update().get(pk=account.pk)
    if before.is_slot:
        raise Refused("wrong-state", NOT_CONFIGURED)
    if before.quota == quota:
        return
    EmailAccount.objects.filter(pk=account.pk).update(quota=quota, version=F("version") + 1)
    record(
        "account.quota",
        actor=by,
        service=service,
        target=before.shown_address,
        before={"quota": before.quota},
        after={"quota": quota},
    )
    account.refresh_from_db()


@transaction.atomic
def rename(
    account: EmailAccount, placement: Placement, *, by: Actor, owner: bool = False, seen: Seen | None = None
) -> None:
    """Change address and names; the mailbox stays, so no mail moves. The placement's hash is not used."""
    service = locked(account.service_id)
    require_unchanged(account, seen)
    fresh = EmailAccount.objects.select_related("domain__name").get(pk=account.pk)
    before = {"address": fresh.shown_address, **_names(fresh)}
    if fresh.is_slot:
        raise Refused("wrong-state", NOT_CONFIGURED)
    now = timezone.now()
    fresh.first_name, fresh.last_name = placement.first_name, placement.last_name
    fresh.display_name, fresh.changed_at = placement.display_name, now
    if placement.address != fresh.address_key:
        if placement.name in rules.RESERVED and not owner:
            raise _refusal(rules.NameRule.NAME_RESERVED)
        (problem,) = batch.readdress(service, [(fresh, placement.name, placement.domain)], now=now)
        if problem:
            raise _refusal(problem)
    fresh.version += 1
    fresh.set_keys(placement.address)
    fresh.save(update_fields=[*NAME_FIELDS, *KEY_FIELDS, "changed_at", "version"])
    after = {"address": placement.address, **_names(fresh)}
    record("account.renamed", actor=by, service=service, target=placement.address, before=before, after=after)
    account.refresh_from_db()


def _names(account: EmailAccount) -> dict[str, str]:
    return {name: getattr(account, name) for name in NAME_FIELDS}


def _refusal(problem: RowProblem | rules.NameRule) -> Refused:
    return Refused(problem, fault_words(problem), field="name")
