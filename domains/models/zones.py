from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.secrets import EncryptedTextField

if TYPE_CHECKING:
    from panel.models import Organization


class DnsProvider(models.Model):
    """Where an organization's zones can be changed, with the credentials for it."""

    class Kind(models.TextChoices):
        RFC2136 = "rfc2136", _("DNS server with dynamic updates (RFC 2136)")
        POWERDNS = "powerdns", _("PowerDNS API")
        CLOUDFLARE = "cloudflare", "Cloudflare"
        OVH = "ovh", "OVHcloud"
        LEXICON = "lexicon", _("another provider (untested)")

    organization = models.ForeignKey("panel.Organization", on_delete=models.CASCADE, related_name="dns_providers")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=100)
    settings = models.JSONField(default=dict)  # what is no secret: server, port, algorithm, lexicon's provider name
    credentials = EncryptedTextField(blank=True)  # JSON
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="provider_name_unique")]

    def __str__(self) -> str:
        return self.name

    @property
    def can_undo(self) -> bool:
        """Whether what is written there can be taken back exactly."""
        return self.kind != self.Kind.LEXICON


class Zone(models.Model):
    """A zone that an organization manages through the panel."""

    provider = models.ForeignKey(DnsProvider, on_delete=models.CASCADE, related_name="zones")
    name = models.CharField(max_length=253)  # A-label form, no final dot
    by_hand = models.BooleanField(default=False)  # written by a person, not listed by the provider
    seen_at = models.DateTimeField(null=True, blank=True)
    # Here the platform keeps DKIM keys of domains that lead there by CNAME.
    dkim_of = models.OneToOneField(
        "panel.Platform", on_delete=models.SET_NULL, null=True, blank=True, related_name="dkim_zone"
    )

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["provider", "name"], name="zone_once_per_provider")]
        indexes = [models.Index(fields=["name"], name="zone_name")]

    def __str__(self) -> str:
        return self.name


class ZoneChange(models.Model):
    """One plan applied to a zone: what was to change, what was there before, who, when and how it ended."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        APPLYING = "applying", _("being applied")
        DONE = "done", _("applied")
        PARTIAL = "partial", _("applied in part")
        FAILED = "failed", _("not applied")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")

    UNFINISHED = (State.WAITING, State.APPLYING, State.UNDOING)

    zone = models.ForeignKey(Zone, on_delete=models.SET_NULL, null=True, related_name="changes")
    zone_name = models.CharField(max_length=253)
    domain = models.ForeignKey(
        "domains.Domain", on_delete=models.SET_NULL, null=True, blank=True, related_name="zone_changes"
    )
    domain_name = models.CharField(max_length=253, blank=True)  # stays when the domain is detached
    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="zone_changes")
    plan = models.JSONField()  # list of fixes
    snapshot = models.JSONField(default=list)  # every record set that it touches, before and after: for undo
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    progress = models.JSONField(default=dict, blank=True)  # {"done": …, "total": …}, in record sets
    error = models.CharField(max_length=40, blank=True)  # stable code
    detail = models.TextField(blank=True)
    applied_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    undone_by = models.ForeignKey("panel.User", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True)
    lost = models.PositiveSmallIntegerField(default=0, db_default=0)  # leases that ran out over it
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "lease_until"], name="zone_change_due")]

    def __str__(self) -> str:
        return f"{self.zone_name}: {self.state}"


# -- Which of an organization's zones holds a name


def zone_of(organization: Organization, name: str) -> Zone | None:
    """The organization's zone with the longest name that is `name` or ends it. The oldest of several of one name."""
    zones = Zone.objects.filter(provider__organization=organization, name__in=_suffixes(name))
    return longest(name, by_name(zones.select_related("provider")))


def zones_of(organization: Organization, names: Iterable[str]) -> dict[str, Zone]:
    """The same of many names, by name, in one query."""
    names = list(names)
    wanted = {suffix for name in names for suffix in _suffixes(name)}
    zones = by_name(
        Zone.objects.filter(provider__organization=organization, name__in=wanted).select_related("provider")
    )
    return {name: zone for name in names if (zone := longest(name, zones)) is not None}


def _suffixes(name: str) -> list[str]:
    """`name` and every name above it, the longest first."""
    labels = name.split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]


def by_name(zones: QuerySet[Zone]) -> dict[str, Zone]:
    return {zone.name: zone for zone in zones.order_by("-pk")}


def longest(name: str, zones: Mapping[str, Zone]) -> Zone | None:
    return next((zones[suffix] for suffix in _suffixes(name) if suffix in zones), None)
