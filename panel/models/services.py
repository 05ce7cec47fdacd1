from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..activity import record
from ..actors import SYSTEM
from ..errors import Refused
from .organizations import Organization
from .platforms import Platform

if TYPE_CHECKING:
    from ..actors import Actor
    from ..counting import Counts

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
    dkim_rotation_days = models.PositiveIntegerField(_("new DKIM keys every (days)"), null=True, blank=True)
    # MiB of a mailbox where its account has no limit of its own; 0 is without limit.
    quota = models.PositiveIntegerField(_("quota of a mailbox (MiB)"), default=0, db_default=0)
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
    def create(cls, organization: Organization, platform: Platform, *, actor: Actor = SYSTEM, **fields: Any) -> Service:
        """The organization's next service on `platform`; numbers are never given twice, nor skipped under a race.

        Its owners are told by mail when all is committed.
        """
        from ..mail import service_created

        organization = Organization.objects.select_for_update().get(pk=organization.pk)
        if organization.state != Organization.State.ACTIVE:
            raise Refused("organization-not-active", _("This organization is suspended or has ended."))
        last = cls.objects.filter(organization=organization).aggregate(last=models.Max("number"))["last"] or 0
        number = last + 1
        name = f"{platform.service_prefix}-{organization.code}-{number}"
        service = cls.objects.create(organization=organization, platform=platform, number=number, name=name, **fields)
        record("service.created", actor=actor, service=service, target=name, after={"platform": platform.slug})
        service_created(service)
        return service

    @property
    def is_open(self) -> bool:
        """Whether its customers may change anything."""
        return self.state == self.State.ACTIVE and self.organization.state == Organization.State.ACTIVE

    def require_open(self) -> None:
        """Refuse where the service or its organization is suspended or ended."""
        if not self.is_open:
            raise Refused("service-not-active", _("This service is suspended or has ended: nothing can be changed."))

    @cached_property
    def counts(self) -> Counts:
        """Its domains, red ones, accounts and slots, as its head shows them."""
        from ..counting import counts_of

        return counts_of(self)

    @transaction.atomic
    def change(self, *, actor: Actor, **fields: Any) -> None:
        """Set any of display_name, renews_on, account_limit, quota and dkim_rotation_days."""
        service = Service.objects.select_for_update().get(pk=self.pk)
        changed = {name: value for name, value in fields.items() if getattr(service, name) != value}
        if not changed:
            return
        before = {name: getattr(service, name) for name in changed}
        Service.objects.filter(pk=self.pk).update(**changed)
        record("service.changed", actor=actor, service=self, target=self.name, before=before, after=changed)
        for name, value in changed.items():
            setattr(self, name, value)

    def suspend(self, *, actor: Actor) -> None:
        """Nothing of it can be changed by its customers."""
        self._move({self.State.ACTIVE}, self.State.SUSPENDED, "service.suspended", actor)

    def resume(self, *, actor: Actor) -> None:
        self._move({self.State.SUSPENDED}, self.State.ACTIVE, "service.resumed", actor)

    def end(self, *, actor: Actor) -> None:
        self._move({self.State.ACTIVE, self.State.SUSPENDED}, self.State.ENDED, "service.ended", actor)

    @transaction.atomic
    def end_on(self, day: date | None, *, actor: Actor) -> None:
        """End the service on `day`; None withdraws that."""
        if day is not None and day < timezone.localdate():
            raise Refused("day-past", _("This day has passed."), field="day")
        service = Service.objects.select_for_update().get(pk=self.pk)
        if service.state == self.State.ENDED:
            raise Refused("service-ended", _("This service has ended."))
        Service.objects.filter(pk=self.pk).update(ends_on=day)
        before, after = {"ends_on": service.ends_on}, {"ends_on": day}
        record("service.ending", actor=actor, service=self, target=self.name, before=before, after=after)
        self.ends_on = day

    @transaction.atomic
    def _move(self, from_: set[State], to: State, verb: str, actor: Actor) -> None:
        if not Service.objects.filter(pk=self.pk, state__in=from_).update(state=to):
            self.refresh_from_db(fields=["state"])
            raise Refused("wrong-state", _("This service is %(state)s.") % {"state": self.get_state_display()})
        record(verb, actor=actor, service=self, target=self.name)
        self.state = to

    @transaction.atomic
    def move_to(self, platform: Platform, *, actor: Actor) -> None:
        """Change the platform, while nothing that lives on it is configured. The service keeps its name."""
        service = Service.objects.select_for_update(of=("self",)).select_related("platform").get(pk=self.pk)
        if service.platform_id == platform.pk:
            return
        platform_changing.send(sender=Service, service=service, platform=platform)
        before, after = {"platform": service.platform.slug}, {"platform": platform.slug}
        record("service.changed", actor=actor, service=self, target=self.name, before=before, after=after)
        Service.objects.filter(pk=self.pk).update(platform=platform)
        self.platform = platform
