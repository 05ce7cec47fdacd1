from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.db.models import ProtectedError, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from panel.activity import record
from panel.actors import speaks_for_operator
from panel.errors import Refused
from panel.models import Service

from .. import claims, signals
from ..keys import Identity, new_identity
from ..names import NameRefused, to_ascii, to_unicode
from ..platforms import own_hosts
from ..records import Mode as RecordsMode
from ..sentences import name_sentence, target_sentence
from ..suffixes import private_suffix
from ..targets import Target, TargetRefused, check_target, parse_target
from .disputes import Dispute
from .keys import ensure_standing
from .zones import ZoneChange, zone_of

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Organization, Platform

    from .zones import Zone


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
        OPERATOR = "operator", _("confirmed by the operator")

    service = models.ForeignKey("panel.Service", on_delete=models.PROTECT, related_name="domains")
    platform = models.ForeignKey("panel.Platform", on_delete=models.PROTECT, related_name="domains")
    name = models.ForeignKey("domains.Name", on_delete=models.PROTECT, related_name="domains")
    ownership = models.ForeignKey("domains.Ownership", on_delete=models.PROTECT, related_name="domains")
    mode = models.CharField(_("mode"), max_length=20, choices=Mode)
    target_host = models.CharField(_("target server"), max_length=253, blank=True)
    target_port = models.PositiveIntegerField(_("port"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PENDING)
    zone = models.ForeignKey("domains.Zone", on_delete=models.SET_NULL, null=True, blank=True, related_name="domains")
    # The zone that would hold the name, but delegates it away: the domain is external in spite of it.
    delegated_below = models.ForeignKey(
        "domains.Zone", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    verified_at = models.DateTimeField(null=True, blank=True)
    proof = models.CharField(max_length=10, choices=Proof, blank=True)
    proof_lost_at = models.DateTimeField(null=True, blank=True)  # the record is gone; takes nothing away by itself
    reminded_at = models.DateTimeField(null=True, blank=True)  # pending for three days: its owners were told
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    pending_since = models.DateTimeField(default=timezone.now, editable=False)

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
        return str(Target(self.target_host, self.target_port)) if self.target_host else ""

    @property
    def is_authoritative(self) -> bool:
        return self.mode == self.Mode.AUTHORITATIVE

    @property
    def is_verified(self) -> bool:
        return self.state == self.State.VERIFIED

    @classmethod
    def attach(
        cls,
        service: Service,
        name: str,
        *,
        mode: str,
        target: str = "",
        actor: Actor,
        verified: bool = False,
        zone: Zone | None = None,
        delegated_below: Zone | None = None,
        identity: Identity | None = None,
    ) -> Domain:
        """Attach `name` (as people type it) to `service`. Raises Refused.

        The attachment is pending until its proof is seen; `verified` is the operator's word in place of that. Names
        that strangers get names below are attached on the operator's word only, and the limit of pending domains,
        which keeps customers from having other people's DNS asked without end, does not hold for it.
        `zone`: the organization's zone that holds the name; by default the longest of its zones that could.
        `delegated_below`: the zone that would hold it but delegates it away, which makes it external. `identity`:
        the token and key that were shown already, for a name that the organization has none for.
        """
        ascii_name = name_or_refuse(name)
        chosen = mode_or_refuse(mode)
        identity = identity or new_identity()  # takes a while: not under the locks
        if verified and not speaks_for_operator(actor):
            raise Refused("staff-only", _("Only our staff can confirm that a domain is yours without its record."))
        if private_suffix(ascii_name) == ascii_name and not speaks_for_operator(actor):
            raise Refused(
                "shared-name",
                _("%(name)s is a name below which different people register names. Ask our staff to attach it.")
                % {"name": to_unicode(ascii_name)},
                field="name",
            )
        with _locked_service(service) as service, claims.locked(ascii_name) as row:
            service.require_open()
            organization = service.organization
            aim = target_or_refuse(target, chosen, service.platform)
            if row.domains.filter(service=service).exists():
                raise Refused(
                    "already-attached",
                    _("%(name)s is already attached to this service.") % {"name": row.unicode},
                    field="name",
                )
            authoritative = chosen == cls.Mode.AUTHORITATIVE
            claims.require_free(row, organization=organization, authoritative=authoritative, joining=not verified)
            if not verified and not speaks_for_operator(actor):
                cls._require_room(organization)
            if verified:
                claims.require_place(row, service.platform_id, organization=organization)
            domain = cls(
                service=service,
                platform_id=service.platform_id,
                name=row,
                ownership=ensure_standing(organization, row, identity),
                mode=chosen,
                target_host=aim.host if aim else "",
                target_port=aim.port if aim else None,
                zone=None if delegated_below else zone or zone_of(organization, ascii_name),
                delegated_below=delegated_below,
            )
            if verified:
                domain._set_verified(cls.Proof.OPERATOR)
            domain.save(force_insert=True)
            record("domain.attached", actor=actor, service=service, target=row.name, after=domain._facts())
            domain._announce(signals.ATTACHED)
        return domain

    @classmethod
    def _require_room(cls, organization: Organization) -> None:
        """Names that somebody may not even own are asked for in other people's DNS: not any number of them."""
        pending = cls.objects.filter(service__organization=organization, state=cls.State.PENDING)
        if pending.count() >= settings.PENDING_DOMAINS:
            raise Refused(
                "too-many-pending",
                ngettext(
                    "%(count)s domain of this organization is not verified yet: verify or detach it first.",
                    "%(count)s domains of this organization are not verified yet: verify or detach some first.",
                    settings.PENDING_DOMAINS,
                )
                % {"count": settings.PENDING_DOMAINS},
                field="name",
            )

    def verify(self, proof: str, actor: Actor, *, zone: str = "") -> None:
        """The right to the name is proven, in `zone` (its apex, where it is known). Raises Refused where the name is
        taken meanwhile; where its holder's own proof is gone, a dispute is opened for staff first.

        Below a name that somebody hands out names of, a record proves something only in a zone of its own: anything
        else may be published by whoever runs the zone above, or by any of its customers. There staff decide.
        """
        shared = private_suffix(self.name.name)
        if proof == self.Proof.TOKEN and shared and not zone.rstrip(".").endswith(f".{shared}"):
            raise Refused("shared-name", _("Our staff must confirm this name: it has no zone of its own."))
        with claims.locked(self.name.name) as row:
            domain = self._again()
            if domain.is_verified:
                self._take(domain)
                return
            organization = domain.service.organization
            if "ended" in (domain.service.state, organization.state):
                raise Refused("service-not-active", _("This service has ended."))
            holder = claims.holder_without_proof(row, organization=organization)
            refusal: Refused | None = None
            try:
                claims.require_free(row, organization=organization, authoritative=domain.is_authoritative, but=domain)
                claims.require_place(row, domain.platform_id, organization=organization, but=domain)
            except Refused:
                if holder is None:
                    raise
                Dispute.open_case(holder, domain)
                refusal = Refused(
                    "disputed",
                    _(
                        "%(name)s is held by another service whose verification record is gone. Our staff have been "
                        "asked to decide."
                    )
                    % {"name": row.unicode},
                )
            else:
                domain._set_verified(self.Proof(proof))
                domain.save(update_fields=["state", "verified_at", "proof", "proof_lost_at"])
                record(
                    "domain.verified",
                    actor=actor,
                    service=domain.service,
                    target=row.name,
                    before={"state": self.State.PENDING.value},
                    after=domain._facts(),
                )
                domain._announce(signals.VERIFIED)
                self._take(domain)
        if refusal is not None:
            raise refusal

    def note_proof(self, *, seen: bool, at: datetime) -> None:
        """A verified domain's token is seen at its name servers, or is gone from all of them. Takes nothing away."""
        if not self.is_verified:
            return
        if seen and self.proof_lost_at is not None:
            Domain.objects.filter(pk=self.pk).update(proof_lost_at=None)
            Dispute.lapse(holder_id=self.pk)
            self.proof_lost_at = None
        elif not seen and self.proof_lost_at is None and self.proof == self.Proof.TOKEN:
            Domain.objects.filter(pk=self.pk, proof_lost_at=None).update(proof_lost_at=at)
            self.proof_lost_at = at

    def change_mode(self, mode: str, target: str, actor: Actor, *, judged: bool = True) -> None:
        """Another mode, or another target server. Raises Refused.

        Unless `judged`, any target will do that can be one: whether it leads back here, and whether it may be
        connected to, the mail servers decide at each recipient.
        """
        self.service.require_open()
        chosen = mode_or_refuse(mode)
        aim = target_or_refuse(target, chosen, self.platform, judged=judged)
        with claims.locked(self.name.name) as row:
            domain = self._again()
            before = domain._facts()
            if chosen == self.Mode.AUTHORITATIVE and not domain.is_authoritative:
                claims.require_free(
                    row,
                    organization=domain.service.organization,
                    authoritative=True,
                    but=domain,
                    joining=not domain.is_verified,
                )
            domain.mode = chosen
            domain.target_host = aim.host if aim else ""
            domain.target_port = aim.port if aim else None
            if domain._facts() != before:
                domain.save(update_fields=["mode", "target_host", "target_port"])
                record(
                    "domain.mode_changed",
                    actor=actor,
                    service=domain.service,
                    target=row.name,
                    before=before,
                    after=domain._facts(),
                )
                domain._announce(signals.MODE)
            self._take(domain)

    def detach(self, actor: Actor, *, note: str = "") -> None:
        """Take the domain off its service. Its token and DKIM keys are kept. Refused while accounts use it."""
        self.service.require_open()
        if self.zone_changes.filter(state__in=ZoneChange.UNFINISHED).exists():
            raise Refused("zone-busy", _("Records of this domain are being written. Wait until that is done."))
        self.remove(actor, note=note)

    def remove(self, actor: Actor, *, note: str = "") -> None:
        """Like `detach`, on a service that is closed too: when it ends, or when the proof never came."""
        with claims.locked(self.name.name) as row:
            domain = self._again()
            pk, facts, service = domain.pk, domain._facts(), domain.service
            # Whoever is about to store a look at it waits, finds it gone, and lets it be.
            Domain.objects.select_for_update().get(pk=pk)
            try:
                domain.delete()
            except ProtectedError as error:
                raise Refused(
                    "accounts-use-domain",
                    _("E-mail accounts, aliases or groups use %(name)s. Remove or move them first.")
                    % {"name": row.unicode},
                ) from error
            record("domain.detached", actor=actor, service=service, target=row.name, before=facts, note=note)
            domain.pk = pk
            domain._announce(signals.DETACHED)

    def release(self, actor: Actor) -> None:
        """Take a verified domain's right to its name away: it is pending again, and claims nothing."""
        with claims.locked(self.name.name) as row:
            domain = self._again()
            if not domain.is_verified:
                raise Refused("not-verified", _("%(name)s is not verified here.") % {"name": row.unicode})
            domain.state, domain.verified_at, domain.proof = self.State.PENDING, None, ""
            domain.proof_lost_at = domain.reminded_at = None
            domain.pending_since = timezone.now()
            domain.save(
                update_fields=["state", "verified_at", "proof", "proof_lost_at", "reminded_at", "pending_since"]
            )
            record(
                "domain.released",
                actor=actor,
                service=domain.service,
                target=row.name,
                before={"state": self.State.VERIFIED.value},
                after={"state": self.State.PENDING.value},
            )
            domain._announce(signals.RELEASED)
            self._take(domain)

    def _again(self) -> Domain:
        """The row as it is now, under the lock of its name."""
        domain = Domain.objects.select_related("service__organization", "platform", "name").filter(pk=self.pk).first()
        if domain is None:
            raise Refused("not-attached", _("This domain is no longer attached."))
        return domain

    def _take(self, domain: Domain) -> None:
        for field in ("mode", "target_host", "target_port", "state", "verified_at", "proof", "proof_lost_at"):
            setattr(self, field, getattr(domain, field))

    def _set_verified(self, proof: str) -> None:
        self.state, self.verified_at, self.proof = self.State.VERIFIED, timezone.now(), proof
        self.proof_lost_at = None

    def _facts(self) -> dict[str, str]:
        """What the activity log says of it."""
        return {"mode": str(self.mode), "target": self.target, "state": str(self.state)}

    def _announce(self, what: str) -> None:
        transaction.on_commit(lambda: signals.domain_changed.send(sender=Domain, domain=self, what=what))


@contextmanager
def _locked_service(service: Service) -> Iterator[Service]:
    """The service as it is now; its platform cannot change meanwhile."""
    with transaction.atomic():
        yield (
            Service.objects.select_for_update(of=("self",))
            .select_related("organization", "platform")
            .get(pk=service.pk)
        )


def name_or_refuse(text: str) -> str:
    """The A-label form of what somebody typed. Raises Refused with the code `name-…`."""
    try:
        return to_ascii(text)
    except NameRefused as refusal:
        raise Refused(f"name-{refusal.code.value}", name_sentence(refusal), field="name") from refusal


def mode_or_refuse(text: str) -> Domain.Mode:
    try:
        return Domain.Mode(text.replace("-", "_"))
    except ValueError as error:
        raise Refused("mode", _("The mode is authoritative or non-authoritative."), field="mode") from error


def target_or_refuse(text: str, mode: Domain.Mode, platform: Platform, *, judged: bool = True) -> Target | None:
    """The target server of a domain in `mode` on `platform`; None in authoritative mode. Raises Refused."""
    if mode == Domain.Mode.AUTHORITATIVE:
        if text.strip():
            raise Refused("target-not-used", _("In authoritative mode there is no target server."), field="target")
        return None
    try:
        target = parse_target(text)
        if judged:
            check_target(target, own_hosts(platform), settings.ALLOWED_NETWORKS, settings.FORBIDDEN_NETWORKS)
    except TargetRefused as refusal:
        raise Refused(refusal.code.value, target_sentence(refusal), field="target") from refusal
    return target
