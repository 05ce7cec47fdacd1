"""Accounts that are stopped from sending: by the policy server where one floods, or by staff. They receive, and their
people sign in and read."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import EmailAccount
from accounts.shown import shown
from panel import mail
from panel.activity import record
from panel.actors import SYSTEM, Actor
from panel.errors import Refused
from panel.models import Contact, Role, User

from .inbox import write_to_contacts
from .models import Block

BATCH = 200


@transaction.atomic
def block(account: EmailAccount, *, by: Actor) -> None:
    """Stop an account from sending. Raises Refused."""
    if account.mailbox_id is None:
        raise Refused("wrong-state", _("This account is not configured."))
    row, created = Block.objects.get_or_create(
        mailbox=account.mailbox_id, kind=Block.Kind.FLOOD, network="", defaults={"since": timezone.now()}
    )
    if not created:
        raise Refused("blocked-already", _("This account is already blocked."))
    record("account.blocked", actor=by, service=account.service, target=account.shown_address)
    Block.objects.filter(pk=row.pk).update(told_at=timezone.now())
    _tell(account)


@transaction.atomic
def unblock(account: EmailAccount, *, by: Actor) -> None:
    """Let it send again. Raises Refused."""
    mailbox = account.mailbox_id
    if mailbox is None or not Block.objects.filter(mailbox=mailbox, kind=Block.Kind.FLOOD).delete()[0]:
        raise Refused("not-blocked", _("This account is not blocked."))
    record("account.unblocked", actor=by, service=account.service, target=account.shown_address)


def may_unblock(user: User) -> bool:
    """Of those who own the organization: staff always, others where the operator allows it."""
    return user.is_staff or settings.MAIL_OWNERS_UNBLOCK


def tell() -> int:
    """Tell of what the policy server has blocked. Safe to run twice. Returns how many accounts were told of."""
    told = 0
    for found in Block.objects.filter(kind=Block.Kind.FLOOD, told_at=None).order_by("pk")[:BATCH]:
        with transaction.atomic():
            if not Block.objects.filter(pk=found.pk, told_at=None).update(told_at=timezone.now()):
                continue
            accounts = EmailAccount.objects.select_related("service__organization").filter(mailbox_id=found.mailbox)
            account = accounts.first()
            if account is None:  # reset meanwhile
                continue
            record("account.blocked", actor=SYSTEM, service=account.service, target=account.shown_address)
            _tell(account)
            told += 1
    return told


def _tell(account: EmailAccount) -> None:
    """Staff, the owners, and the organization's contacts."""
    organization = account.service.organization
    context = {
        "address": shown(account.shown_address),
        "service": account.service.name,
        "organization": organization.name,
        "page": settings.PUBLIC_URL + reverse("accounts:account", args=[account.service.name, account.pk]),
    }
    owners = User.objects.filter(memberships__organization=organization, memberships__role=Role.OWNER, is_active=True)
    staff = User.objects.filter(is_staff=True, is_active=True)
    people = list((owners | staff).distinct().order_by("pk"))
    others = Contact.told(organization).exclude(email__in=[person.email for person in people])
    mail.send("mailflow/mail/blocked.txt", people, context)
    write_to_contacts("mailflow/mail/blocked.txt", others, organization, context)
