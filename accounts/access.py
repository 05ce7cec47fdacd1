"""An account or a run for whoever may have it; the same rules as `panel.access`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.http import Http404

from panel.access import service_for
from panel.models import Role, User

from .models import BulkRun, EmailAccount, MailGroup

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser


def account_for(
    user: User | AnonymousUser,
    service_name: str,
    account_id: int,
    *,
    at_least: Role = Role.VIEWER,
    also: Sequence[str] = (),
) -> EmailAccount:
    """`also`: relations of its service to read in the same question."""
    service = service_for(user, service_name, at_least=at_least, also=also)
    found = EmailAccount.objects.select_related("domain__name").filter(service=service, pk=account_id).first()
    if found is None:
        raise Http404
    found.service = service
    return found


def group_for(
    user: User | AnonymousUser, service_name: str, group_id: int, *, at_least: Role = Role.VIEWER
) -> MailGroup:
    service = service_for(user, service_name, at_least=at_least)
    groups = MailGroup.objects.select_related("address__name", "domain__name").filter(service=service)
    found = groups.filter(pk=group_id).first()
    if found is None:
        raise Http404
    found.service = service
    return found


def run_for(user: User | AnonymousUser, service_name: str, run_id: int) -> BulkRun:
    """Runs are for those who may change accounts."""
    service = service_for(user, service_name, at_least=Role.TECHNICIAN)
    runs = BulkRun.objects.exclude(state=BulkRun.State.DISCARDED).select_related("by", "target__name")
    found = runs.filter(service=service, pk=run_id).first()
    if found is None:
        raise Http404
    found.service = service
    return found
