from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..records import Mode as RecordsMode


class Domain(models.Model):
    """A domain name attached to a service."""

    class Mode(models.TextChoices):
        AUTHORITATIVE = RecordsMode.AUTHORITATIVE.value, _("authoritative")
        NON_AUTHORITATIVE = RecordsMode.NON_AUTHORITATIVE.value, _("non-authoritative")

    class State(models.TextChoices):
        PENDING = "pending", _("pending")
        VERIFIED = "verified", _("verified")

    class Proof(models.TextChoices):
        TOKEN = "token", _("the CNAME at its name servers")
        OPERATOR = "operator", _("the operator's word")

    service = models.ForeignKey("panel.Service", on_delete=models.PROTECT, related_name="domains")
    platform = models.ForeignKey("panel.Platform", on_delete=models.PROTECT, related_name="domains")
    name = models.ForeignKey("domains.Name", on_delete=models.PROTECT, related_name="domains")
    ownership = models.ForeignKey("domains.Ownership", on_delete=models.PROTECT, related_name="domains")
    mode = models.CharField(_("mode"), max_length=20, choices=Mode)
    target_host = models.CharField(_("target server"), max_length=253, blank=True)
    target_port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    zone = models.ForeignKey("domains.Zone", on_delete=models.SET_NULL, null=True, blank=True, related_name="domains")
    verified_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=10, choices=Proof, blank=True)
    proof_lost_at = models.DateTimeField(null=True, blank=True)  # the record is gone; takes nothing away by itself
    reminded_at = models.DateTimeField(null=True, blank=True)  # pending for three days: its owners were told
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="domain_once_per_service"),
            models.UniqueConstraint(
                fields=["platform", "name"], condition=Q(state="verified"), name="domain_verified_once_per_platform"
            ),
            # At most one verified authoritative attachment of a name; that it also excludes every other verified one
            # is decided under the lock of the name's row.
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(state="verified", mode="authoritative"),
                name="domain_one_authoritative_claim",
            ),
            models.CheckConstraint(
                name="domain_target_exactly_when_non_authoritative",
                condition=(Q(mode="authoritative", target_host="") & Q(target_port=None))
                | (Q(mode="non_authoritative") & ~Q(target_host="")),
            ),
            models.CheckConstraint(
                name="domain_verified_has_its_time",
                condition=Q(state="pending", verified_at=None) | Q(state="verified", verified_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name.name

    @property
    def target(self) -> str:
        """host or host:port; empty in authoritative mode."""
        return f"{self.target_host}:{self.target_port}" if self.target_port else self.target_host


class Dispute(models.Model):
    """Somebody proves the right to a name whose holder's own proof is gone. Staff decide."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        RELEASED = "released", _("released to the claimant")
        KEPT = "kept", _("kept by the holder")
        LAPSED = "lapsed", _("lapsed")

    holder = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="disputes_held")
    claimant = models.ForeignKey(Domain, on_delete=models.CASCADE, related_name="disputes_claimed")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["holder", "claimant"], condition=Q(state="open"), name="dispute_open_once")
        ]

    def __str__(self) -> str:
        return f"{self.holder_id} / {self.claimant_id}: {self.state}"
