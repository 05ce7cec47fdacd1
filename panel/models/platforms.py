from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Platform(models.Model):
    """One mail cluster: the host names that records and mail programs point to, the addresses it sends from."""

    class Kind(models.TextChoices):
        EMAIL_PRO = "email_pro", "E-mail Pro"
        MX_PLAN = "mx_plan", "MX Plan"

    SERVICE_PREFIX = {Kind.EMAIL_PRO: "emailpro", Kind.MX_PLAN: "mxplan"}

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=100, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.EMAIL_PRO)
    is_default = models.BooleanField(_("default for new services"), default=False)
    mx_hosts = models.JSONField(_("MX hosts, in order"), default=list)
    imap_host = models.CharField(_("IMAP host"), max_length=253)
    smtp_host = models.CharField(_("SMTP host"), max_length=253)
    autodiscover_host = models.CharField(_("autodiscover host"), max_length=253)
    webmail_host = models.CharField(_("webmail host"), max_length=253)
    verification_host = models.CharField(_("verification host"), max_length=253)
    spf_include = models.CharField(_("SPF include"), max_length=253)
    outbound_addresses = models.JSONField(_("outbound addresses"), default=list)
    # What the DNS of domains may still point to, until the day after which it may not.
    previous_hosts = models.JSONField(default=dict, blank=True)
    previous_until = models.DateField(_("old hosts accepted until"), null=True, blank=True)

    HOST_FIELDS = (
        "mx_hosts",
        "imap_host",
        "smtp_host",
        "autodiscover_host",
        "verification_host",
        "spf_include",
    )

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_platform")
        ]

    def __str__(self) -> str:
        return self.name or self.slug

    @property
    def service_prefix(self) -> str:
        return self.SERVICE_PREFIX[self.Kind(self.kind)]
