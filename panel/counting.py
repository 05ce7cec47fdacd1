"""Numbers of a service that other apps hold: counted through reverse relations; `panel` imports none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, Count, Exists, F, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from .models import Service

# Said of an organization's domains when a check changes; an index has those that are red.
RED = Q(domains__check_run__red__gt=0, domains__check_run__organization=F("organization"))
WHOLE = Q(tallies__domain=None)  # tallies are kept of a service and of each of its domains
SLOT = WHOLE & Q(tallies__state="slot")


@dataclass(frozen=True, slots=True)
class Counts:
    domains: int
    red: int  # domains with a red button
    accounts: int  # slots included
    slots: int  # to configure

    @property
    def configured(self) -> int:
        return self.accounts - self.slots


def with_counts(services: QuerySet[Service]) -> QuerySet[Service]:
    """Each service with n_domains, n_red, n_accounts and n_slots: a subquery each, evaluated for the rows of a page."""
    return services.annotate(
        n_domains=each(services, Count("domains")),
        n_red=each(services, Count("domains", distinct=True), RED),
        n_accounts=each(services, Sum("tallies__count"), WHOLE),
        n_slots=each(services, Sum("tallies__count"), SLOT),
    )


def counts_of(service: Service) -> Counts:
    """One query."""
    numbers = ("n_domains", "n_red", "n_accounts", "n_slots")
    row = with_counts(type(service)._default_manager.filter(pk=service.pk)).values(*numbers).get()
    return Counts(*(row[number] for number in numbers))


def accounts_at(domain: Model) -> int:
    """Configured accounts of a domain: from its tallies, however many there are."""
    tallies = domain.tallies  # type: ignore[attr-defined]
    return tallies.aggregate(sum=Sum("count"))["sum"] or 0


def needs_changes() -> Exists:
    """Of services: whether a domain has a red button. Stops at the first one."""
    return _exists(RED)


def has_slots() -> Exists:
    return _exists(Q(tallies__domain=None, tallies__state="slot", tallies__count__gt=0))


def _exists(condition: Q) -> Exists:
    from .models import Service

    return Exists(Service.objects.filter(condition, pk=OuterRef("pk")))


def each(rows: QuerySet[Any], number: Aggregate, only: Q | None = None) -> Coalesce:
    """A number of each row, by a subquery: a list sorted by something else asks it for the rows of its page only."""
    inner = rows.model._default_manager.filter(pk=OuterRef("pk"))
    if only is not None:
        inner = inner.filter(only)
    counted = inner.order_by().values("pk").annotate(n=number).values("n")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
