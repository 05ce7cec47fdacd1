from __future__ import annotations

from datetime import date

from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..errors import Refused
from .organizations import Organization
from .platforms import Platform

# Sent under the lock of the service's row; a receiver refuses by raising Refused. Arguments: service, platform.
platform_changing = Signal()


class Service(models.Model):
    """What a customer bought: accounts and domains on one platform, under a name like emailpro-ab12345-1."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        SUSPENDED = "suspended", _("suspended")
        ENDED = "ended", _("ended")

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="services")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="services")
    name = models.CharField(_("name"), max_length=64, unique=True)
    number = models.PositiveIntegerField(editable=False)
    display_name = models.CharField(_("display name"), max_length=250, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.ACTIVE)
    renews_on = models.DateField(_("renews on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    account_limit = models.PositiveIntegerField(_("limit of accounts"), null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["organization", "number"], name="service_number_unique"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    @transaction.atomic
    def create(cls, organization: Organization, platform: Platform, **fields: object) -> Service:
        """The organization's next service on `platform`; numbers are never given twice, nor skipped under a race."""
        organization = Organization.objects.select_for_update().get(pk=organization.pk)
        if organization.state != Organization.State.ACTIVE:
            raise Refused("organization-not-active", _("This organization is suspended or has ended."))
        last = cls.objects.filter(organization=organization).aggregate(last=models.Max("number"))["last"] or 0
        number = last + 1
        name = f"{platform.service_prefix}-{organization.code}-{number}"
        return cls.objects.create(organization=organization, platform=platform, number=number, name=name, **fields)

    @property
    def is_open(self) -> bool:
        """Whether its customers may change anything."""
        return self.state == self.State.ACTIVE and self.organization.state == Organization.State.ACTIVE

    def require_open(self) -> None:
        """Refuse where the service or its organization is suspended or ended."""
        if not self.is_open:
            raise Refused("service-not-active", _("This service is suspended or has ended: nothing can be changed."))

    def suspend(self) -> None:
        self._move({self.State.ACTIVE}, self.State.SUSPENDED)

    def resume(self) -> None:
        self._move({self.State.SUSPENDED}, self.State.ACTIVE)

    def end_on(self, day: date | None) -> None:
        """End the service on `day`; None withdraws that."""
        if self.state == self.State.ENDED:
            raise Refused("service-ended", _("This service has ended."))
        self.ends_on = day
        self.save(update_fields=["ends_on"])

    def end(self) -> None:
        self._move({self.State.ACTIVE, self.State.SUSPENDED}, self.State.ENDED)

    def _move(self, from_: set[State], to: State) -> None:
        changed = Service.objects.filter(pk=self.pk, state__in=from_).update(state=to)
        if not changed:
            self.refresh_from_db(fields=["state"])
            raise Refused("wrong-state", _("This service is %(state)s.") % {"state": self.get_state_display()})
        self.state = to

    @transaction.atomic
    def move_to(self, platform: Platform) -> None:
        """Change the platform, while nothing that lives on it is configured."""
        service = Service.objects.select_for_update().get(pk=self.pk)
        platform_changing.send(sender=Service, service=service, platform=platform)
        service.platform = platform
        service.save(update_fields=["platform"])
        self.platform = platform
