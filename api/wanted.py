"""Bringing a domain into the wanted state: attached, in its mode, its records written. Decides nothing: the use-cases
of `domains` do. Where a zone is read this takes a while: workers call it."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from domains.facts import facts, with_keys_of
from domains.keys import Identity, new_identity
from domains.models import Domain, Ownership
from domains.models.domains import mode_or_refuse, name_or_refuse
from domains.models.zones import zone_of
from domains.platforms import platform_facts
from domains.reach import require_reachable_target
from domains.records import DomainFacts, Kind, Mode, PlatformFacts, required_records
from domains.rrset import fix_to_json
from domains.usecases import PlanChanged, attach_domain, note_delegation
from domains.usecases import Wish as AttachWish
from domains.usecases import apply as apply_plan
from domains.zones.planning import Preview, preview
from domains.zones.reading import intents_of, read_for, read_zone
from panel.actors import Actor
from panel.errors import Refused
from panel.models import Service

from .schemas.domains import Fix, Outcome, RequiredOut


@dataclass(frozen=True, slots=True)
class Wanted:
    """`mode`: empty leaves mode and target as they are. `plan`: a fingerprint that was confirmed; empty: any."""

    mode: str = ""
    target: str = ""
    records: tuple[str, ...] = ()
    move_mail: bool = False
    plan: str = ""
    must_be_attached: bool = False
    must_be_new: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return tuple(Kind(kind) for kind in dict.fromkeys(self.records))


def needs_a_worker(service: Service, name: str, wanted: Wanted) -> bool:
    """Whether a provider or a resolver has to be asked. Raises Refused where the name is none."""
    name = name_or_refuse(name)
    if wanted.target:
        return True
    if not wanted.records:
        return False
    attached = Domain.objects.filter(service=service, name__name=name).first()
    if attached is None:
        return zone_of(service.organization, name) is not None
    return attached.zone_id is not None


def bring_about(service: Service, name: str, wanted: Wanted, *, actor: Actor, dry_run: bool) -> Outcome:
    """Raises Refused, ProviderError. Called again it finds what is done already and does the rest."""
    name = name_or_refuse(name)
    related = ("name", "platform", "ownership", "zone__provider", "service__organization", "service__platform")
    domain = Domain.objects.select_related(*related).filter(service=service, name__name=name).first()
    if wanted.target:
        require_reachable_target(wanted.target)
    if domain is None:
        if wanted.must_be_attached:
            raise Refused("not-attached", _("This domain is no longer attached."))
        return _attach(service, name, wanted, actor=actor, dry_run=dry_run)
    if wanted.must_be_new:
        words = _("%(name)s is already attached to this service.") % {"name": domain.name.unicode}
        raise Refused("already-attached", words, field="name")
    domain.service = service
    return _change(domain, wanted, actor=actor, dry_run=dry_run)


def _attach(service: Service, name: str, wanted: Wanted, *, actor: Actor, dry_run: bool) -> Outcome:
    identity, zone = new_identity(), zone_of(service.organization, name)
    both = _facts_before(service, name, wanted, identity, managed=zone is not None)
    reading = read_zone(zone, *both) if zone is not None and wanted.records else None
    planned = preview(reading, {}) if reading is not None else None
    delegated = planned is not None and planned.delegated_at is not None
    wish = AttachWish(
        name=name,
        mode=str(mode_or_refuse(wanted.mode)),
        target=wanted.target,
        boxes=wanted.kinds,
        mx_now=wanted.move_mail,
        plan=planned.fingerprint if planned is not None and not delegated else "",
    )
    with transaction.atomic():
        domain, change = attach_domain(service, wish, zone, reading, actor=actor, identity=identity)
        outcome = Outcome(domain=name, attach=True, change=None if dry_run or change is None else change.pk)
        if planned is not None:
            _tell(outcome, planned, wanted)
        if domain.zone is None:
            outcome.publish = publish(*facts(domain))
        if dry_run:
            transaction.set_rollback(True)
    return outcome


def _facts_before(
    service: Service, name: str, wanted: Wanted, identity: Identity, *, managed: bool
) -> tuple[DomainFacts, PlatformFacts]:
    """The facts on a domain that is not attached yet, with the token and the key that it will have."""
    ownership = Ownership.objects.filter(organization=service.organization, name__name=name).first()
    domain = DomainFacts(
        name=name,
        mode=Mode(mode_or_refuse(wanted.mode).value),
        target=wanted.target,
        token=ownership.token if ownership else identity.token,
        dkim={identity.selector: identity.public_key},
        managed=managed,
    )
    return with_keys_of(ownership, domain), platform_facts(service.platform, timezone.localdate())


def _change(domain: Domain, wanted: Wanted, *, actor: Actor, dry_run: bool) -> Outcome:
    outcome = Outcome(domain=domain.name.name)
    if wanted.mode:
        before = (domain.mode, domain.target)
        with transaction.atomic():
            domain.change_mode(wanted.mode, wanted.target, actor)
            if dry_run:
                transaction.set_rollback(True)
        outcome.mode = (domain.mode, domain.target) != before
    if domain.zone is None:
        outcome.publish = publish(*facts(domain)) if wanted.records else []
        return outcome
    if not wanted.records:
        return outcome
    planned = preview(read_for(domain), intents_of(domain))
    if planned.delegated_at is not None:
        outcome.delegated_at = planned.delegated_at
        if not dry_run:
            note_delegation(domain)
        outcome.publish = publish(*facts(domain))
        return outcome
    _tell(outcome, planned, wanted)
    if wanted.plan and wanted.plan != planned.fingerprint:
        raise PlanChanged
    if not dry_run:
        mx = wanted.move_mail or not planned.takes_mail_from()
        with transaction.atomic():
            change = apply_plan(domain, planned, wanted.kinds, mx=mx, confirmed=planned.fingerprint, actor=actor)
        outcome.change = change.pk if change is not None else None
    return outcome


def _tell(outcome: Outcome, planned: Preview, wanted: Wanted) -> None:
    outcome.delegated_at, outcome.plan = planned.delegated_at, planned.fingerprint
    outcome.takes_mail_from = list(planned.takes_mail_from()) if Kind.MX in wanted.kinds else []
    kinds = [Kind.CNAME, *wanted.kinds]
    mx = wanted.move_mail or not outcome.takes_mail_from
    outcome.fixes = [Fix.model_validate(fix_to_json(fix)) for fix in planned.fixes(kinds, mx=mx)]
    if planned.plan is not None:
        written = kinds if mx else [kind for kind in kinds if kind != Kind.MX]
        outcome.left = {kind.value: str(why) for kind, why in planned.plan.left(written).items()}


def publish(domain: DomainFacts, platform: PlatformFacts) -> list[RequiredOut]:
    """What the domain must publish."""
    return [
        RequiredOut(check=r.kind, name=r.name, type=r.type, values=list(r.values), level=r.level)
        for r in required_records(domain, platform)
    ]
