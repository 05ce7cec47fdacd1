"""Domains: attach, check, plan, apply, undo, detach; or say how one is to be and have the rest done."""

from typing import Annotated, Literal

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from ninja import Path, Query

from diagnostics.models import Check, CheckChange, CheckRun
from diagnostics.red import red_checks
from diagnostics.sweep import schedule
from domains.facts import facts
from domains.models import DkimKey, Domain, ZoneChange
from domains.records import Kind
from domains.zones.changes import removable, request_policy, request_removal, request_undo, run_again
from panel.errors import Refused
from panel.limits import allowed
from panel.models import Service

from ..access import change_of, domain_of, organization_of, require_staff, service_of, services_of
from ..framework import Asked, Reply, is_dry, operation
from ..jobs import request_job
from ..models import Job
from ..paging import LIMIT, AfterNumber, AfterText, Limit, Page, page_of
from ..problems import Problem
from ..schemas.base import NO_NUL, Id, Note
from ..schemas.domains import (
    ApplyWish,
    CheckChangeOut,
    CheckOut,
    Checks,
    DetachWish,
    DmarcPolicyWish,
    DomainOfService,
    DomainOut,
    IntentWish,
    JobOut,
    KeyOut,
    ModeWish,
    NewDomain,
    OneZoneChangeOut,
    Outcome,
    RedCheck,
    Required,
    WantedState,
    ZoneChangeOut,
)
from ..wanted import Wanted, bring_about, needs_a_worker, publish
from .services import ServiceInPath

NameInPath = Annotated[str, Path(max_length=253, pattern=NO_NUL, description="Name of the domain, as A-labels.")]
READ, WRITE = "domains:read", "domains:write"
ALL = "/services/{service_name}/domains"
ONE = f"{ALL}/{{name}}"
SWEEPS_AN_HOUR = 12  # whole services
ORDER = {kind.value: index for index, kind in enumerate(Kind)}


@operation("GET", ALL, scope=READ, response=Page[DomainOut])
def list_domains(
    request: Asked, service_name: ServiceInPath, after: AfterText = "", limit: Limit = LIMIT
) -> Page[DomainOut]:
    """Domains of a service, by name."""
    rows = Domain.objects.filter(service=service_of(request.auth, service_name)).select_related("name", "service")
    return page_of(request, rows, DomainOut.of, key="name__name", after=after, limit=limit)


@operation("GET", "/domains", scope=READ, response=Page[DomainOfService])
def list_all_domains(
    request: Asked,
    name: Annotated[str, Query(max_length=253, pattern=NO_NUL, description="As A-labels: only this one.")] = "",
    state: Literal["", "pending", "verified"] = "",
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[DomainOfService]:
    """Domains of all services that the token reaches; a name can be attached to several."""
    rows = Domain.objects.select_related("name", "service__organization").filter(service__in=services_of(request.auth))
    rows = rows.filter(name__name=name.lower()) if name else rows
    rows = rows.filter(state=state) if state else rows
    return page_of(request, rows, DomainOfService.of, key="id", after=after, limit=limit)


@operation("POST", ALL, scope=WRITE, response=Outcome, status=201, more={202: JobOut})
def attach_domain(request: Asked, service_name: ServiceInPath, wish: NewDomain) -> Reply:
    """Attach a domain.

    Where a DNS provider or the target server has to be asked the answer is 202 and a job to ask after.
    """
    service = service_of(request.auth, service_name)
    if wish.verified:
        require_staff(request.auth)
        request.attempt = (service, wish.name, request.auth)
        made = Domain.attach(service, wish.name, mode=wish.mode, target=wish.target, actor=request.auth, verified=True)
        outcome = Outcome(domain=made.name.name, attach=True, publish=publish(*facts(made)))
        return Reply(outcome, status=201, location=_address(service, made.name.name))
    wanted = Wanted(wish.mode, wish.target, tuple(wish.records), wish.move_mail, must_be_new=True)
    return _done(request, Job.Kind.ATTACH, service, wish.name, wanted, status=201)


@operation("GET", ONE, scope=READ, response=DomainOut)
def get_domain(request: Asked, service_name: ServiceInPath, name: NameInPath) -> DomainOut:
    """One domain."""
    return DomainOut.of(domain_of(request.auth, service_name, name))


@operation("PUT", ONE, scope=WRITE, response=Outcome, more={202: JobOut})
def put_domain(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: WantedState) -> Reply:
    """Say how a domain is to be: attached, in this mode, with these records.

    Answers with what it changes, which is nothing where all is so already. Where a DNS provider or the target server
    has to be asked the answer is 202 and a job to ask after.
    """
    service = service_of(request.auth, service_name)
    wanted = Wanted(wish.mode, wish.target, tuple(wish.records), wish.move_mail)
    return _done(request, Job.Kind.STATE, service, name, wanted)


@operation("PATCH", ONE, scope=WRITE, response=Outcome, more={202: JobOut})
def change_mode(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: ModeWish) -> Reply:
    """Change the mode or the target server."""
    domain = domain_of(request.auth, service_name, name)
    wanted = Wanted(wish.mode, wish.target, must_be_attached=True)
    return _done(request, Job.Kind.MODE, domain.service, domain.name.name, wanted)


@operation("POST", f"{ONE}/detach", scope=WRITE, response=Note)
def detach_domain(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: DetachWish) -> Note:
    """Take a domain off its service.

    Refused while accounts use it.
    """
    domain = domain_of(request.auth, service_name, name)
    changes = removable(domain) if wish.remove_records else []
    domain.detach(request.auth)
    request_removal(changes, request.auth)
    return Note(done=_("%(name)s has been detached.") % {"name": domain.name.unicode})


@operation("GET", f"{ONE}/records", scope=READ, response=Required)
def list_records(request: Asked, service_name: ServiceInPath, name: NameInPath) -> Required:
    """What the domain must publish."""
    return Required(items=publish(*facts(domain_of(request.auth, service_name, name))))


@operation("POST", f"{ONE}/plan", scope=WRITE, response=JobOut, status=202)
def plan_domain(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: ApplyWish) -> Reply:
    """Tell what applying would write into the domain's zone."""
    domain = _managed(domain_of(request.auth, service_name, name))
    wanted = Wanted(records=tuple(wish.records), move_mail=wish.move_mail, must_be_attached=True)
    return _job(request, Job.Kind.PLAN, domain.service, domain.name.name, wanted, dry_run=True)


@operation("POST", f"{ONE}/apply", scope=WRITE, response=JobOut, status=202)
def apply_domain(request: Asked, service_name: ServiceInPath, name: NameInPath, wish: ApplyWish) -> Reply:
    """Write the records into the domain's zone."""
    domain = _managed(domain_of(request.auth, service_name, name))
    domain.service.require_open()
    wanted = Wanted(records=tuple(wish.records), move_mail=wish.move_mail, plan=wish.plan, must_be_attached=True)
    return _job(request, Job.Kind.APPLY, domain.service, domain.name.name, wanted, dry_run=is_dry(request))


@operation("GET", f"{ONE}/checks", scope=READ, response=Checks)
def list_checks(request: Asked, service_name: ServiceInPath, name: NameInPath) -> Checks:
    """The checks of a domain, as they were found last."""
    domain = domain_of(request.auth, service_name, name)
    checks = sorted(Check.objects.filter(domain=domain), key=lambda check: ORDER[check.kind])
    return Checks.of(checks, CheckRun.objects.filter(domain=domain).first())


@operation("GET", "/checks", scope=READ, response=Page[RedCheck])
def list_red_checks(
    request: Asked,
    organization: Annotated[str, Query(max_length=32, pattern=NO_NUL, description="Code: only its services.")] = "",
    service: Annotated[str, Query(max_length=64, pattern=NO_NUL, description="Name: only its domains.")] = "",
    kind: Annotated[Kind | None, Query(description="Only this check.")] = None,
    after: AfterNumber = None,
    limit: Limit = LIMIT,
) -> Page[RedCheck]:
    """What needs attention: required checks that are red, of all services that the token reaches."""
    services = services_of(request.auth)
    if organization:
        services = services.filter(organization=organization_of(request.auth, organization))
    if service:
        services = services.filter(pk=service_of(request.auth, service).pk)
    rows = red_checks(services)
    rows = rows.filter(kind=kind.value) if kind is not None else rows
    return page_of(request, rows, RedCheck.of, key="id", after=after, limit=limit)


@operation("POST", f"{ONE}/checks", scope=WRITE, response=Note, status=202)
def check_domain(request: Asked, service_name: ServiceInPath, name: NameInPath) -> Note:
    """Check a domain now.

    A pending domain whose CNAME is seen at its name servers is verified by that.
    """
    domain = domain_of(request.auth, service_name, name)
    schedule.soon(domain)
    return Note(done=_("%(name)s is being checked.") % {"name": domain.name.unicode})


@operation("GET", f"{ONE}/checks/history", scope=READ, response=Page[CheckChangeOut])
def list_check_changes(
    request: Asked, service_name: ServiceInPath, name: NameInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[CheckChangeOut]:
    """When checks changed, the newest first."""
    rows = CheckChange.objects.filter(domain=domain_of(request.auth, service_name, name))
    return page_of(request, rows, CheckChangeOut.of, key="id", after=after, limit=limit, falling=True)


@operation("GET", "/services/{service_name}/changes", scope=READ, response=Page[ZoneChangeOut])
def list_changes(
    request: Asked, service_name: ServiceInPath, after: AfterNumber = None, limit: Limit = LIMIT
) -> Page[ZoneChangeOut]:
    """Changes of zones made for a service, the newest first."""
    rows = ZoneChange.objects.filter(service=service_of(request.auth, service_name)).select_related("zone__provider")
    rows = rows.defer("snapshot", "detail", "zone__provider__credentials")  # of which nothing is shown
    return page_of(request, rows, ZoneChangeOut.of, key="id", after=after, limit=limit, falling=True)


@operation("GET", "/services/{service_name}/changes/{change_id}", scope=READ, response=OneZoneChangeOut)
def get_change(request: Asked, service_name: ServiceInPath, change_id: Id) -> OneZoneChangeOut:
    """One change of a zone, and how far it is."""
    return OneZoneChangeOut.one(change_of(request.auth, service_name, change_id))


@operation("POST", "/services/{service_name}/changes/{change_id}/undo", scope=WRITE, response=ZoneChangeOut, status=202)
def undo_change(request: Asked, service_name: ServiceInPath, change_id: Id) -> ZoneChangeOut:
    """Put back what was in the zone before."""
    change = change_of(request.auth, service_name, change_id)
    change.service.require_open()
    request_undo(change, request.auth)
    return ZoneChangeOut.of(change)


def _managed(domain: Domain) -> Domain:
    if domain.zone_id is None:
        raise Refused("not-managed", _("The panel does not manage this domain's zone: publish its records yourself."))
    return domain


def _done(request: Asked, kind: Job.Kind, service: Service, name: str, wanted: Wanted, *, status: int = 200) -> Reply:
    """Done here where nobody has to be asked, by a worker otherwise."""
    service.require_open()
    if needs_a_worker(service, name, wanted):
        return _job(request, kind, service, name, wanted, dry_run=is_dry(request))
    request.attempt = (service, name, request.auth)
    outcome = bring_about(service, name, wanted, actor=request.auth, dry_run=is_dry(request))
    return Reply(outcome, status=status, location=_address(service, outcome.domain) if outcome.attach else "")


def _job(request: Asked, kind: Job.Kind, service: Service, name: str, wanted: Wanted, *, dry_run: bool) -> Reply:
    job = request_job(kind, request.auth, service, name, wanted, dry_run=dry_run)
    return Reply(JobOut.of(job), status=202, location=reverse("api:api_v1:get_job", args=[job.pk]), stays=True)


def _address(service: Service, name: str) -> str:
    return reverse("api:api_v1:get_domain", args=[service.name, name])


@operation("POST", "/services/{service_name}/checks", scope=WRITE, response=Note, status=202)
def check_service(request: Asked, service_name: ServiceInPath) -> Note:
    """Check all domains of a service, in their turn."""
    service = service_of(request.auth, service_name)
    if not allowed("check-all", f"token {request.auth.pk}", times=SWEEPS_AN_HOUR, seconds=3600):
        words = _("Too many checks. Wait a while before you check everything again.")
        raise Problem(429, "too-many-requests", words, headers={"Retry-After": "3600"})
    count = schedule.soon_all(Domain.objects.filter(service=service))
    words = ngettext("%(count)d domain is being checked.", "%(count)d domains are being checked.", count)
    return Note(done=words % {"count": count})


@operation("POST", f"{ONE}/checks/{{kind}}/intended", scope=WRITE, response=CheckOut)
def mark_as_intended(
    request: Asked, service_name: ServiceInPath, name: NameInPath, kind: Kind, wish: IntentWish
) -> CheckOut:
    """Say that what a red check found is meant so, and why.

    It holds until what is published changes. `found` is the fingerprint of what was seen, from the check.
    """
    check = _check(request, service_name, name, kind)
    check.intend(wish.why, request.auth, found=wish.found or check.found_print)
    return CheckOut.of(_check(request, service_name, name, kind))


@operation("DELETE", f"{ONE}/checks/{{kind}}/intended", scope=WRITE, response=CheckOut)
def withdraw_intent(request: Asked, service_name: ServiceInPath, name: NameInPath, kind: Kind) -> CheckOut:
    """Judge what is there by the book again."""
    _check(request, service_name, name, kind).withdraw_intent(request.auth)
    return CheckOut.of(_check(request, service_name, name, kind))


@operation("POST", f"{ONE}/dkim/by-cname", scope=WRITE, response=list[KeyOut], status=201)
def host_dkim_keys(request: Asked, service_name: ServiceInPath, name: NameInPath) -> list[KeyOut]:
    """Have a domain's DKIM keys in the platform's zone.

    The domain publishes two CNAMEs once (`list_records` has them); from then on rotation needs nobody.
    """
    keys = DkimKey.host(domain_of(request.auth, service_name, name), actor=request.auth)
    return [KeyOut.of(key) for key in keys]


@operation("POST", f"{ONE}/dkim/rotate", scope=WRITE, response=KeyOut, status=201)
def rotate_dkim_key(request: Asked, service_name: ServiceInPath, name: NameInPath) -> KeyOut:
    """Make the next DKIM key of a domain: it signs once its record is seen."""
    return KeyOut.of(DkimKey.rotate(domain_of(request.auth, service_name, name), actor=request.auth))


@operation(
    "POST", "/services/{service_name}/changes/{change_id}/dmarc", scope=WRITE, response=ZoneChangeOut, status=202
)
def switch_dmarc_policy(
    request: Asked, service_name: ServiceInPath, change_id: Id, wish: DmarcPolicyWish
) -> ZoneChangeOut:
    """Switch on the DMARC policy that was meant by records which were not in effect.

    `policy` must be the change's `offered_policy`: naming it confirms that receivers may from now on set mail aside
    or refuse it that passes neither SPF nor DKIM for the domain. It is a change of its own.
    """
    change = change_of(request.auth, service_name, change_id)
    change.service.require_open()
    return ZoneChangeOut.of(request_policy(change, wish.policy, request.auth))


@operation(
    "POST", "/services/{service_name}/changes/{change_id}/again", scope=WRITE, response=ZoneChangeOut, status=202
)
def repeat_change(request: Asked, service_name: ServiceInPath, change_id: Id) -> ZoneChangeOut:
    """Finish a change of a zone that stopped on the way."""
    change = change_of(request.auth, service_name, change_id)
    change.service.require_open()
    run_again(change)
    return ZoneChangeOut.of(change)


def _check(request: Asked, service_name: str, name: str, kind: Kind) -> Check:
    check = Check.objects.filter(domain=domain_of(request.auth, service_name, name), kind=kind.value).first()
    if check is None:
        raise Http404
    return check
