"""What a token reaches. Another organization's object is a 404, as if it did not exist; staff's tokens reach all."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from accounts.models import BulkRun, EmailAccount, MailGroup, Order, RetiredMailbox
from domains.models import DnsProvider, Domain, Reading, Zone, ZoneChange
from panel.models import Invitation, Organization, Service

from .models import Delivery, Endpoint, Job, Token
from .problems import Problem


def require_staff(token: Token) -> None:
    if not token.is_staff:
        raise Problem(403, "staff-only", _("Only a token of the operator's staff may do this."))


def organizations_of(token: Token) -> QuerySet[Organization]:
    return Organization.objects.all() if token.is_staff else Organization.objects.filter(tokens=token)


def services_of(token: Token) -> QuerySet[Service]:
    services = Service.objects.select_related("organization", "platform")
    return services if token.is_staff else services.filter(organization=token.organization_id)


def the_one_that_went(gone: list[str]) -> str:
    """Of what was to remove one thing by its number: 404 where there was none."""
    if not gone:
        raise Http404
    return gone[0]


def organization_of(token: Token, code: str) -> Organization:
    return _found(organizations_of(token).filter(code=code))


def service_of(token: Token, name: str) -> Service:
    return _found(services_of(token).filter(name=name))


def domain_of(token: Token, service_name: str, name: str) -> Domain:
    service = service_of(token, service_name)
    related = ("name", "platform", "ownership", "zone__provider")
    domain = _found(Domain.objects.select_related(*related).filter(service=service, name__name=name.lower()))
    domain.service = service
    return domain


def change_of(token: Token, service_name: str, pk: int) -> ZoneChange:
    service = service_of(token, service_name)
    change = _found(ZoneChange.objects.select_related("zone__provider", "domain__name").filter(pk=pk, service=service))
    change.service = service
    return change


def account_of(token: Token, service_name: str, pk: int) -> EmailAccount:
    service = service_of(token, service_name)
    account = _found(EmailAccount.objects.select_related("domain__name").filter(pk=pk, service=service))
    account.service = service
    return account


def group_of(token: Token, service_name: str, pk: int) -> MailGroup:
    service = service_of(token, service_name)
    group = _found(MailGroup.objects.select_related("address__name", "domain__name").filter(pk=pk, service=service))
    group.service = service
    return group


def order_of(token: Token, service_name: str, pk: int) -> Order:
    service = service_of(token, service_name)
    order = _found(Order.objects.filter(pk=pk, service=service))
    order.service = service
    return order


def run_of(token: Token, service_name: str, pk: int) -> BulkRun:
    service = service_of(token, service_name)
    runs = BulkRun.objects.exclude(state=BulkRun.State.DISCARDED).select_related("target__name")
    run = _found(runs.filter(pk=pk, service=service))
    run.service = service
    return run


def job_of(token: Token, pk: UUID) -> Job:
    jobs = Job.objects.select_related("service")
    return _found((jobs if token.is_staff else jobs.filter(service__organization=token.organization_id)).filter(pk=pk))


def provider_of(token: Token, code: str, pk: int) -> DnsProvider:
    organization = organization_of(token, code)
    provider = _found(DnsProvider.objects.filter(pk=pk, organization=organization))
    provider.organization = organization
    return provider


def zone_of(token: Token, code: str, provider_pk: int, name: str) -> Zone:
    provider = provider_of(token, code, provider_pk)
    zone = _found(Zone.objects.filter(provider=provider, name=name.lower()))
    zone.provider = provider
    return zone


def asked_of(token: Token, code: str, pk: int, kinds: tuple[str, ...]) -> Reading:
    """What was asked of one of the organization's DNS providers."""
    return _found(Reading.objects.filter(pk=pk, organization=organization_of(token, code), kind__in=kinds))


def invitation_of(token: Token, code: str, pk: int) -> Invitation:
    organization = organization_of(token, code)
    invitation = _found(Invitation.objects.filter(pk=pk, organization=organization, accepted_at=None))
    invitation.organization = organization
    return invitation


def kept_mailbox_of(token: Token, service_name: str, pk: int) -> RetiredMailbox:
    service = service_of(token, service_name)
    mailbox = _found(RetiredMailbox.objects.filter(pk=pk, service=service))
    mailbox.service = service
    return mailbox


def endpoints_of(token: Token) -> QuerySet[Endpoint]:
    """A token's own: staff's are those of staff."""
    return Endpoint.objects.filter(organization=token.organization_id)


def endpoint_of(token: Token, pk: int) -> Endpoint:
    return _found(endpoints_of(token).filter(pk=pk))


def delivery_of(token: Token, webhook_id: int, pk: int) -> Delivery:
    return _found(Delivery.objects.select_related("endpoint").filter(endpoint=endpoint_of(token, webhook_id), pk=pk))


def _found[Row](rows: QuerySet[Row]) -> Row:  # type: ignore[type-var]
    row = rows.first()
    if row is None:
        raise Http404
    return row
