"""Jobs: what an operation asks a worker to do. Done once under a lease; what a dead worker left is done by another."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone, translation

from domains.claims import counting
from domains.models.domains import name_or_refuse
from domains.providers import ProviderError
from domains.sentences import provider_sentence
from panel.errors import Refused
from panel.waking import wake

from .models import Job, Token
from .models.jobs import STARTS_AT_MOST
from .wanted import Wanted, bring_about

if TYPE_CHECKING:
    from panel.models import Service

KEPT = timedelta(days=7)
AT_ONCE = 1000


def request_job(kind: Job.Kind, token: Token, service: Service, name: str, wanted: Wanted, *, dry_run: bool) -> Job:
    """Write it down and wake a worker."""
    job = Job.objects.create(
        kind=kind,
        token=token,
        service=service,
        name=name_or_refuse(name),
        wanted=asdict(wanted),
        dry_run=dry_run,
        language=translation.get_language() or "",
    )
    wake("api.tasks.run_job", str(job.pk))
    return job


def run(pk: object) -> None:
    """Do it, unless it is done or somebody else is at it."""
    job = Job.claim(pk)
    if job is None:
        return
    wanted = Wanted(**{**job.wanted, "records": tuple(job.wanted["records"])})
    with translation.override(job.language or None):
        if job.starts > STARTS_AT_MOST:
            job.finish(Job.State.FAILED, code="given-up", detail=provider_sentence("given-up"))
            return
        try:
            actor = job.token
            with counting(job.service, job.name, actor):
                outcome = bring_about(job.service, job.name, wanted, actor=actor, dry_run=job.dry_run)
        except Refused as refused:
            job.finish(Job.State.REFUSED, code=str(refused.code), detail=str(refused))
        except ProviderError as error:
            job.finish(Job.State.FAILED, code=error.code, detail=provider_sentence(error.code))
        else:
            job.finish(Job.State.DONE, result=outcome.model_dump(mode="json"))


def resume() -> int:
    """Do what waits. Returns how many."""
    free = Q(lease_until=None) | Q(lease_until__lt=timezone.now())
    pks = list(
        Job.objects.filter(free, state__in=Job.UNFINISHED).order_by("created_at").values_list("pk", flat=True)[:50]
    )
    for pk in pks:
        run(pk)
    return len(pks)


def forget() -> None:
    old = Job.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(state__in=Job.UNFINISHED)
    while pks := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        Job.objects.filter(pk__in=pks).delete()
