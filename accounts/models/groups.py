from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .accounts import Address


class MailGroup(models.Model):
    """One address with many members: each gets what is sent to it, once."""

    class Senders(models.TextChoices):
        EVERYONE = "everyone", _("everyone")
        ORGANIZATION = "organization", _("accounts of the organization")
        MEMBERS = "members", _("members of the group")
        NAMED = "named", _("only these addresses")

    service = models.ForeignKey("panel.Service", on_delete=models.PROTECT, related_name="groups")
    domain = models.ForeignKey("domains.Domain", on_delete=models.PROTECT, related_name="groups")
    address = models.OneToOneField(Address, on_delete=models.PROTECT, related_name="group")
    title = models.CharField(_("name"), max_length=64, blank=True)
    senders = models.CharField(_("who may write to it"), max_length=12, choices=Senders, default=Senders.EVERYONE)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return str(self.address)


class GroupMember(models.Model):
    """An account, or an address outside of the service."""

    group = models.ForeignKey(MailGroup, on_delete=models.CASCADE, related_name="members")
    account = models.ForeignKey(
        "accounts.EmailAccount", on_delete=models.CASCADE, null=True, related_name="group_memberships"
    )
    local_part = models.CharField(max_length=64, blank=True)
    domain = models.CharField(max_length=253, blank=True)  # A-labels

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="member_is_one",
                condition=Q(account__isnull=False, local_part="", domain="")
                | (Q(account=None) & ~Q(local_part="") & ~Q(domain="")),
            ),
            models.UniqueConstraint(
                fields=["group", "account"], condition=Q(account__isnull=False), name="member_account_once"
            ),
            models.UniqueConstraint(
                fields=["group", "local_part", "domain"], condition=Q(account=None), name="member_address_once"
            ),
        ]

    def __str__(self) -> str:
        return self.account.shown_address if self.account is not None else f"{self.local_part}@{self.domain}"


class GroupSender(models.Model):
    """An address that may write to a group for which senders are named."""

    group = models.ForeignKey(MailGroup, on_delete=models.CASCADE, related_name="named")
    address = models.CharField(max_length=320)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["group", "address"], name="group_sender_once")]

    def __str__(self) -> str:
        return self.address
