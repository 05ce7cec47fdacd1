"""Domains, their checks, changes to their zones, and jobs."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from diagnostics.models import Check, CheckChange, CheckRun
from domains.models import DkimKey, Domain, ZoneChange
from domains.records import Kind, Level
from domains.rules.verdicts import Status
from domains.zones import changes

from ..models import Job
from .base import NO_NUL, Wish

Mode = Literal["authoritative", "non_authoritative"]
Target = Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)]
DomainText = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=NO_NUL)]
Writable = Literal["MX", "SPF", "DKIM", "SRV", "DMARC"]


class Record(BaseModel):
    """A record set, its values as a zone file has them."""

    name: str
    type: str
    ttl: int | None
    values: list[str]


class Fix(Record):
    """`add`: the values join what is there; `replace`: the set becomes them; `remove`: they go."""

    action: Literal["add", "replace", "remove"]


class DomainOut(BaseModel):
    """`managed`: the panel can write its zone. `target`: host or host:port, in non-authoritative mode."""

    name: str
    unicode: str
    service: str
    mode: Mode
    target: str
    state: Literal["pending", "verified"]
    managed: bool
    verified_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, domain: Domain) -> Self:
        names = ("mode", "target", "state", "verified_at", "created_at")
        facts = {name: getattr(domain, name) for name in names}
        return cls(
            **facts,
            name=domain.name.name,
            unicode=domain.name.unicode,
            service=domain.service.name,
            managed=domain.zone_id is not None,
        )


class DomainOfService(DomainOut):
    """With whose it is."""

    id: int
    organization: str

    @classmethod
    def of(cls, domain: Domain) -> Self:
        return cls(**DomainOut.of(domain).model_dump(), id=domain.pk, organization=domain.service.organization.code)


class RequiredOut(BaseModel):
    """What the domain must publish, and for which check."""

    check: Kind
    name: str
    type: str
    values: list[str]
    level: Level


class Required(BaseModel):
    items: list[RequiredOut]


class CheckOut(BaseModel):
    """The verdict on one group of records. Codes are stable; `found` and `expected` are record sets."""

    check: Kind
    status: Status
    level: Level
    intended: bool
    reason: str
    problems: list[str]
    advice: list[str]
    found: list[dict[str, Any]]
    expected: list[dict[str, Any]]
    fixes: list[dict[str, Any]]
    found_print: str
    changed_at: datetime
    stale_since: datetime | None

    @classmethod
    def of(cls, check: Check) -> Self:
        names = [name for name in cls.model_fields if name != "check"]
        return cls(check=Kind(check.kind), **{name: getattr(check, name) for name in names})


class RedCheck(CheckOut):
    """With the domain that it is of."""

    id: int
    organization: str
    service: str
    domain: str

    @classmethod
    def of(cls, check: Check) -> Self:
        service = check.domain.service
        whose = {"organization": service.organization.code, "service": service.name, "domain": check.domain.name.name}
        return cls.model_validate({**CheckOut.of(check).model_dump(), "id": check.pk, **whose})


class IntentWish(Wish):
    """`found`: fingerprint of what was seen (`found_print` of the check); without it, of what is there now."""

    why: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]
    found: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""


class KeyOut(BaseModel):
    selector: str
    state: str

    @classmethod
    def of(cls, key: DkimKey) -> Self:
        return cls(selector=key.selector, state=key.state)


class Checks(BaseModel):
    """`pending`: a check was asked for and is not done yet. `green`: no required check says anything else than ok."""

    items: list[CheckOut]
    checked_at: datetime | None
    pending: bool
    green: bool

    @classmethod
    def of(cls, checks: list[Check], run: CheckRun | None) -> Self:
        required = [check for check in checks if check.level == "required"]
        return cls(
            items=[CheckOut.of(check) for check in checks],
            checked_at=run.checked_at if run else None,
            pending=run is None or run.pending or run.checked_at is None,
            green=bool(required) and all(check.status in ("ok", "off") for check in required),
        )


class CheckChangeOut(BaseModel):
    id: int
    check: str
    at: datetime
    old_status: str
    new_status: str
    reason: str
    before: list[dict[str, Any]]
    after: list[dict[str, Any]]

    @classmethod
    def of(cls, change: CheckChange) -> Self:
        names = ("at", "old_status", "new_status", "reason", "before", "after")
        return cls(id=change.pk, check=change.kind, **{name: getattr(change, name) for name in names})


class WantedState(Wish):
    """How the domain is to be. `records`: what to write into its zone where the panel manages it; the CNAME that proves
    the right to the name always goes with them. `move_mail`: write the MX although it takes live mail from someone."""

    mode: Mode
    target: Target = ""
    records: list[Writable] = Field(default=[], max_length=5)
    move_mail: StrictBool = False


class NewDomain(WantedState):
    """`verified`: the operator's word in place of the CNAME; staff only."""

    name: DomainText
    verified: StrictBool = False


class ModeWish(Wish):
    mode: Mode
    target: Target = ""


class ApplyWish(Wish):
    """`plan`: fingerprint of the plan that was seen; refused (`plan-changed`) if another would be applied."""

    records: list[Writable] = Field(default=["MX", "SPF", "DKIM", "SRV", "DMARC"], max_length=5)
    move_mail: StrictBool = False
    plan: Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)] = ""


class DetachWish(Wish):
    """`remove_records`: undo what was written into the zone for it, too."""

    remove_records: StrictBool = False


class Outcome(BaseModel):
    """What was, or in a dry run would be, changed.

    `attach` and `mode`: whether the domain is attached, its mode changed. `fixes`: what is written into its zone;
    `change`: the number of that change. `left`: checks that stay as they are, and why. `publish`: what its owner has to
    publish elsewhere, where the panel does not manage the zone. `plan`: fingerprint of the plan. `takes_mail_from`:
    hosts that take the mail now; the MX is written only with `move_mail`.
    """

    domain: str
    attach: bool = False
    mode: bool = False
    fixes: list[Fix] = []
    left: dict[str, str] = {}
    publish: list[RequiredOut] = []
    plan: str = ""
    takes_mail_from: list[str] = []
    delegated_at: str | None = None
    change: int | None = None


class JobOut(BaseModel):
    """What a worker does since a DNS provider has to be asked. Ask again until `state` is done, refused or failed.

    `code` and `detail`: why it was refused or failed.
    """

    id: UUID
    kind: Literal["plan", "apply", "attach", "mode", "state"]
    state: Literal["waiting", "running", "done", "refused", "failed"]
    service: str
    domain: str
    dry_run: bool
    result: Outcome | None
    code: str
    detail: str
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        names = ("id", "kind", "state", "dry_run", "result", "code", "detail", "created_at", "finished_at")
        facts = {name: getattr(job, name) for name in names}
        return cls.model_validate({**facts, "service": job.service.name, "domain": job.name})


class DmarcPolicyWish(Wish):
    policy: Literal["quarantine", "reject"]


class ZoneChangeOut(BaseModel):
    id: int
    zone: str
    domain: str
    state: Literal["waiting", "applying", "done", "partial", "failed", "undoing", "undone"]
    fixes: list[Fix]
    error: str
    created_at: datetime
    finished_at: datetime | None
    can_undo: bool

    @classmethod
    def of(cls, change: ZoneChange) -> Self:
        facts = {name: getattr(change, name) for name in ("state", "error", "created_at", "finished_at")}
        return cls(
            **facts,
            id=change.pk,
            zone=change.zone_name,
            domain=change.domain_name,
            fixes=[Fix.model_validate(fix) for fix in change.plan],
            can_undo=changes.can_undo(change),
        )


class OneZoneChangeOut(ZoneChangeOut):
    """`offered_policy`: the stricter DMARC policy that can be switched on after it; see `switch_dmarc_policy`."""

    offered_policy: Literal["quarantine", "reject"] | None

    @classmethod
    def one(cls, change: ZoneChange) -> Self:
        from domains.zones.changes import offered_policy

        offered = offered_policy(change)
        facts = ZoneChangeOut.of(change).model_dump()
        return cls.model_validate({**facts, "offered_policy": None if offered is None else offered.policy.value})
