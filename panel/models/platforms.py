from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..errors import Refused
from ..hosts import address, host_name, spf_name

if TYPE_CHECKING:
    from ..actors import Actor

# Sent when a change of hosts has been committed: what its domains must publish is different now. Arguments: platform.
hosts_changed = Signal()


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
    FIELDS = ("slug", "name", "kind", "is_default", *HOST_FIELDS, "webmail_host", "outbound_addresses")

    class Meta:
        ordering = ["slug"]
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_platform")
        ]

    def __str__(self) -> str:
        return self.name or self.slug

    @property
    def webmail_url(self) -> str:
        """Where people open the webmail."""
        return settings.WEBMAIL_URL or f"https://{self.webmail_host}/"

    @property
    def service_prefix(self) -> str:
        return self.SERVICE_PREFIX[self.Kind(self.kind)]

    @classmethod
    @transaction.atomic
    def create(cls, *, actor: Actor, **fields: Any) -> Platform:
        """A new platform; the first one is the default."""
        fields = cleaned(fields)
        if cls.objects.filter(slug=fields["slug"]).exists():
            raise Refused("slug-taken", _("Another platform has this slug."), field="slug")
        fields["is_default"] = fields.get("is_default", False) or not cls.objects.filter(is_default=True).exists()
        if fields["is_default"]:
            cls.objects.filter(is_default=True).update(is_default=False)
        platform = cls.objects.create(**fields)
        record("platform.created", actor=actor, target=platform.slug, after=fields)
        return platform

    @transaction.atomic
    def change(self, *, actor: Actor, previous_until: date | None = None, **fields: Any) -> None:
        """Set any of FIELDS but slug and kind, which names of services are made of.

        Where hosts change and services use the platform, the old ones stay accepted through `previous_until`.
        A host that changes a second time in that time keeps the older of its values accepted: that is what most domains
        still publish.
        """
        platform = Platform.objects.select_for_update().get(pk=self.pk)
        changed = {name: value for name, value in cleaned(fields).items() if getattr(platform, name) != value}
        before = {name: getattr(platform, name) for name in changed}
        if changed.get("is_default") is False:
            raise Refused("no-default", _("Make another platform the default instead."), field="is_default")
        if changed.get("is_default"):
            Platform.objects.filter(is_default=True).update(is_default=False)
        old_hosts = {name: value for name, value in before.items() if name in self.HOST_FIELDS}
        today = timezone.localdate()
        if old_hosts and platform.services.exists():
            if previous_until is None or previous_until < today:
                raise Refused(
                    "until-missing",
                    _("Say until when the old host names stay accepted: customers need time to change their zones."),
                    field="previous_until",
                )
            lasting = platform.previous_until is not None and platform.previous_until >= today
            changed["previous_hosts"] = old_hosts | (platform.previous_hosts if lasting else {})
        if previous_until is not None and previous_until != platform.previous_until:
            changed["previous_until"] = previous_until
            before["previous_until"] = platform.previous_until
        if not changed:
            return
        Platform.objects.filter(pk=self.pk).update(**changed)
        record("platform.changed", actor=actor, target=self.slug, before=before, after=changed)
        self.refresh_from_db()
        if old_hosts or "previous_until" in changed or "outbound_addresses" in changed:
            transaction.on_commit(lambda: hosts_changed.send(sender=Platform, platform=self))

    @classmethod
    def default(cls) -> Platform:
        """The platform of new services. Raises Refused where there is none."""
        platform = cls.objects.filter(is_default=True).first()
        if platform is None:
            raise Refused("no-platform", _("There is no platform yet: create one first."))
        return platform


def cleaned(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields with host names and addresses in their stored form. Raises Refused for what is none."""
    result = dict(fields)
    for name, value in fields.items():
        if name in {"mx_hosts", "outbound_addresses"}:
            read = host_name if name == "mx_hosts" else address
            result[name] = list(dict.fromkeys(_read(name, item, read) for item in value if item.strip()))
            if not result[name]:
                raise Refused("host-missing", _("At least one is needed."), field=name)
        elif name == "spf_include":
            result[name] = _read(name, value, spf_name)
        elif name.endswith("_host"):
            result[name] = _read(name, value, host_name)
    return result


def _read(field: str, text: str, read: Any) -> str:
    value = read(text)
    if value is None:
        if field == "outbound_addresses":
            message = _("%(text)s is not an IPv4 or IPv6 address.") % {"text": text}
        else:
            message = _("%(text)s is not a host name.") % {"text": text}
        raise Refused("host-invalid", message, field=field)
    return value
