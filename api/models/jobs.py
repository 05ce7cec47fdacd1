from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

STARTS_AT_MOST = 3  # a job that ends no worker's turn would be begun for ever
LEASE = timedelta(minutes=3)  # more than reading a zone and asking the DNS take


class Job(models.Model):
    """Something asked for through the API that a worker does, since a DNS provider or a resolver has to be asked.

    What is wanted and what came of it are JSON: schemas of `api.schemas.domains`.
    """

    class Kind(models.TextChoices):
        PLAN = "plan", _("plan")
        APPLY = "apply", _("apply")
        ATTACH = "attach", _("attach")
        MODE = "mode", _("mode")
        STATE = "state", _("wanted state")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    UNFINISHED = (State.WAITING, State.RUNNING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    token = models.ForeignKey("api.Token", on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey("panel.Service", on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=253)  # of the domain, A-label form
    wanted = models.JSONField(default=dict)
    language = models.CharField(max_length=10, blank=True)  # of its words
    dry_run = models.BooleanField(default=False)
    result = models.JSONField(null=True)
    code = models.CharField(max_length=60, blank=True)  # why it was refused or failed
    detail = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    finished_at = models.DateTimeField(null=True)
    lease_until = models.DateTimeField(null=True)
    starts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["waiting", "running"]), name="job_unfinished")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.state}"

    @classmethod
    def claim(cls, pk: object) -> Job | None:
        """Take it for a while; None where somebody else has it or nothing is left to do."""
        now = timezone.now()
        free = Q(lease_until=None) | Q(lease_until__lt=now)
        unfinished = cls.objects.filter(free, pk=pk, state__in=cls.UNFINISHED)
        if not unfinished.update(state=cls.State.RUNNING, lease_until=now + LEASE, starts=F("starts") + 1):
            return None
        related = ("token__organization", "service__organization", "service__platform")
        return cls.objects.select_related(*related).get(pk=pk)

    def finish(self, state: State, *, result: object = None, code: str = "", detail: str = "") -> None:
        now = timezone.now()
        Job.objects.filter(pk=self.pk).update(
            state=state, result=result, code=code[:60], detail=detail, finished_at=now, lease_until=None
        )
        self.state, self.result, self.code, self.detail, self.finished_at = state, result, code, detail, now
