from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panel.activity import record
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.secrets import EncryptedTextField

from .. import claims
from ..keys import Identity, new_identity
from ..records import DEFAULT_TTL
from .names import Name, Ownership
from .zones import Zone

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Organization

    from .domains import Domain

STAYS_PUBLISHED = timedelta(days=7)  # an old key, for mail that is still on its way


class DkimKey(models.Model):
    """A key pair that signs mail of a name. Belongs to the organization's standing with the name.

    A key waits until every authoritative server that answers publishes it; then it signs in place of the one before,
    which stays published for a week.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be published")
        ACTIVE = "active", _("signing")
        RETIRING = "retiring", _("replaced, still published")
        WITHDRAWN = "withdrawn", _("withdrawn")

    PUBLISHED = (State.WAITING, State.ACTIVE)  # must be; one that retires may be
    GONE = (State.RETIRING, State.WITHDRAWN)

    ownership = models.ForeignKey("domains.Ownership", on_delete=models.CASCADE, related_name="dkim_keys")
    name = models.ForeignKey("domains.Name", on_delete=models.PROTECT, related_name="dkim_keys")
    selector = models.CharField(max_length=63)
    private_key = EncryptedTextField()  # PEM, PKCS #8; empty once it is withdrawn
    public_key = models.TextField()  # base64 SubjectPublicKeyInfo, as `p=` has it
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # Where its record stands in the platform's zone, without final dot; the domain has a CNAME to there. Empty: in the
    # domain's own zone. Of these keys a name has two, and none is ever added: the one that is withdrawn is made anew.
    hosted = models.CharField(max_length=253, blank=True, default="", db_default="")
    # The panel writes or removes its record itself: asked for by a rotation in a managed zone, or in the platform's.
    to_write = models.BooleanField(default=False, db_default=False)
    due_at = models.DateTimeField(
        default=timezone.now, db_default=None, null=True, editable=False
    )  # looked at, or withdrawn
    activated_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "selector"], name="dkim_selector_unique"),
            models.UniqueConstraint(fields=["ownership"], condition=Q(state="waiting"), name="dkim_one_key_waits"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["waiting", "retiring"]), name="dkim_key_by_due_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selector}._domainkey"

    @property
    def cname_line(self) -> str:
        """What leads to a hosted key, as a line of a zone file."""
        return f"{self}.{self.name}. {DEFAULT_TTL} IN CNAME {self.hosted}."

    @classmethod
    def rotate(cls, domain: Domain, *, actor: Actor) -> DkimKey:
        """Make the next key of a domain's name. It waits; the one there is signs on. Raises Refused.

        In a zone that the panel manages the records are written and removed by the panel.
        """
        domain.service.require_open()
        identity = new_identity()
        with claims.locked(domain.name.name):
            keys = cls.objects.filter(ownership=domain.ownership_id)
            if keys.filter(state=cls.State.WAITING).exists():
                raise Refused(
                    "key-waits", _("A DKIM key of this domain already waits to be published: it signs once it is seen.")
                )
            if keys.exclude(hosted="").exists():
                key = cls._again(keys, identity)
            else:
                key = cls._new(domain, identity, to_write=domain.zone_id is not None)
            record("dkim.rotated", actor=actor, service=domain.service, target=domain.name.name, after=key._said)
        return key

    @classmethod
    def _again(cls, keys: models.QuerySet[DkimKey], identity: Identity) -> DkimKey:
        """The next key of a name whose records are in the platform's zone. Raises Refused."""
        key = keys.exclude(hosted="").filter(state=cls.State.WITHDRAWN).order_by("pk").first()
        if key is None:
            raise Refused("key-retires", _("Mail on its way still needs the key before: try again in a few days."))
        key.private_key, key.public_key = identity.private_key, identity.public_key
        key.state, key.to_write, key.activated_at = cls.State.WAITING, True, None
        key.created_at = key.due_at = timezone.now()
        key.save()
        return key

    @classmethod
    def host(cls, domain: Domain, *, actor: Actor) -> list[DkimKey]:
        """Have the records of a name's keys in the platform's zone from now on: its owner publishes two CNAMEs once,
        and rotation needs nobody. A key that signs now goes on until the next one is seen. Raises Refused."""
        domain.service.require_open()
        zone = Zone.objects.filter(dkim_of=domain.platform_id).first()
        if zone is None:
            raise Refused("no-dkim-zone", _("This platform has no zone for DKIM keys."))
        if domain.zone_id is not None:
            raise Refused("zone-managed", _("The panel writes the keys of this domain into its zone already."))
        with claims.locked(domain.name.name):
            keys = cls.objects.filter(ownership=domain.ownership_id)
            if keys.exclude(hosted="").exists():
                raise Refused("hosted-already", _("The keys of this domain are in the platform's zone already."))
            first = keys.filter(state=cls.State.WAITING).first() or cls._new(domain, new_identity())
            first.hosted, first.to_write, first.due_at = f"{first.selector}.{zone.name}", True, timezone.now()
            first.save(update_fields=["hosted", "to_write", "due_at"])
            second = cls._new(domain, new_identity(), state=cls.State.WITHDRAWN)
            second.hosted, second.private_key = f"{second.selector}.{zone.name}", ""
            second.save(update_fields=["hosted", "private_key"])
            after = {"zone": zone.name, "selectors": [first.selector, second.selector]}
            record("dkim.hosted", actor=actor, service=domain.service, target=domain.name.name, after=after)
        return [first, second]

    @classmethod
    def _new(cls, domain: Domain, identity: Identity, **fields: Any) -> DkimKey:
        return cls.objects.create(
            ownership_id=domain.ownership_id,
            name=domain.name,
            selector=identity.selector,
            private_key=identity.private_key,
            public_key=identity.public_key,
            **fields,
        )

    def activate(self) -> bool:
        """Sign with it from now on, and let the one before retire. False where it does not wait any more."""
        now = timezone.now()
        with claims.locked(self.name.name):
            changed = DkimKey.objects.filter(pk=self.pk, state=self.State.WAITING).update(
                state=self.State.ACTIVE, activated_at=now, to_write=False
            )
            if not changed:
                return False
            before = DkimKey.objects.filter(ownership=self.ownership_id, state=self.State.ACTIVE).exclude(pk=self.pk)
            before.update(state=self.State.RETIRING, due_at=now + STAYS_PUBLISHED)
            record("dkim.activated", actor=SYSTEM, target=self.name.name, after=self._said)
        self.state = self.State.ACTIVE
        return True

    def withdraw(self) -> bool:
        """It is needed no more: forget its secret. False where it does not retire."""
        changed = DkimKey.objects.filter(pk=self.pk, state=self.State.RETIRING).update(
            state=self.State.WITHDRAWN, private_key="", to_write=False
        )
        if changed:
            record("dkim.withdrawn", actor=SYSTEM, target=self.name.name, after=self._said)
        return bool(changed)

    @property
    def _said(self) -> dict[str, str]:
        return {"selector": self.selector}


def ensure_standing(organization: Organization, name: Name, identity: Identity) -> Ownership:
    """The organization's standing with `name`; what of it is missing is taken from `identity`.

    Call it under the name's lock.
    """
    ownership, _created = Ownership.objects.get_or_create(
        organization=organization, name=name, defaults={"token": identity.token}
    )
    keys = DkimKey.objects.filter(ownership=ownership)
    if not ownership.domains.exists():  # its records may have been taken out of the zone since it was detached
        keys.filter(state=DkimKey.State.ACTIVE).update(state=DkimKey.State.WAITING)
    if not keys.filter(state__in=DkimKey.PUBLISHED).exists():
        DkimKey.objects.create(
            ownership=ownership,
            name=name,
            selector=identity.selector,
            private_key=identity.private_key,
            public_key=identity.public_key,
        )
    return ownership
