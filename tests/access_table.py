"""Who reaches which page: a line for every named URL of the project. `tests/panel/test_every_url.py` walks them all.

A new URL needs a line here: its name, the least that its caller must be, and the method that it is called with.
Arguments of the URL are filled from ARGUMENTS by their names; a name of an argument that is new needs a line there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any

from django.utils import timezone

from api.models import Delivery, Endpoint, Token
from api.webhooks.outbox import put
from domains.models import Dispute, DnsProvider, Zone, ZoneChange
from panel.actors import SYSTEM
from panel.models import Invitation, Membership

from .factories import (
    Tenant,
    make_app_password,
    make_check,
    make_domain,
    make_group,
    make_inbox_message,
    make_inbox_rule,
    make_letter,
    make_listed_sender,
    make_order,
    make_retired_mailbox,
    make_run,
    make_share,
    make_tenant,
    make_traced_message,
    make_user,
)


class Need(Enum):
    """The least that one must be."""

    NOBODY = "nobody"  # open to everyone, signed in or not
    PASSING = "passing"  # a step of signing in: sends away whoever does not stand there, but never fails
    HOLDER = "holder"  # signed in, and for whoever has the thing: others may be sent away
    MAILBOX = "mailbox"  # signed in to self-service as the owner of a mailbox, which opens nothing else
    SIGNED_IN = "signed in"  # whoever is signed in; shows only what is theirs
    VIEWER = "viewer"
    TECHNICIAN = "technician"
    OWNER = "owner"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class Row:
    need: Need
    method: str = "GET"
    data: dict[str, Any] = field(default_factory=dict)  # what is sent
    arguments: dict[str, Callable[[Tenant], object]] = field(default_factory=dict)  # where ARGUMENTS does not fit


# What stands for an argument of a URL, given the tenant whose page it is.
ARGUMENTS: dict[str, Callable[[Tenant], object]] = {
    "service_name": lambda tenant: tenant.service.name,
    "domain_name": lambda tenant: tenant.domain.name.name,
    "code": lambda tenant: tenant.organization.code,
    "platform_slug": lambda tenant: tenant.platform.slug,
    "kind": lambda tenant: "MX",
    "slug": lambda tenant: "mx",
    "token": lambda tenant: "no-such-token",
    "account_id": lambda tenant: tenant.account.pk,
    "device_id": lambda tenant: make_app_password(tenant.account).pk,
    "group_id": lambda tenant: make_group(tenant.domain, tenant.account).pk,
    "rule_id": lambda tenant: make_inbox_rule(tenant.account).pk,
    "membership_id": lambda tenant: Membership.objects.get(user=tenant.technician).pk,
    "invitation_id": lambda tenant: Invitation.issue(tenant.organization, "new@people.example", "viewer", SYSTEM)[0].pk,
    "user_id": lambda tenant: tenant.viewer.pk,
    "run_id": lambda tenant: make_run(tenant.service).pk,
    "number": lambda tenant: 1,
    "order_id": lambda tenant: make_order(tenant.service).pk,
    "mailbox": lambda tenant: make_retired_mailbox(tenant.service).pk,
    "message_id": lambda tenant: make_inbox_message(tenant.organization).pk,
    "traced_id": lambda tenant: make_traced_message(tenant.organization).pk,
    "letter_id": lambda tenant: make_letter(tenant.organization).pk,
    "listed_id": lambda tenant: make_listed_sender(tenant.domain).pk,
    "share_id": lambda tenant: make_share(tenant.domain).pk,
}

# Arguments that name nothing of a tenant's own: they may be combined with any.
SHARED = {"number", "kind", "slug", "token", "platform_slug"}

MAILBOX = Need.MAILBOX
NOBODY, PASSING, HOLDER, SIGNED_IN = Need.NOBODY, Need.PASSING, Need.HOLDER, Need.SIGNED_IN
VIEWER, TECHNICIAN, OWNER, STAFF = Need.VIEWER, Need.TECHNICIAN, Need.OWNER, Need.STAFF

PANEL = {
    "healthz": Row(NOBODY),
    "readyz": Row(NOBODY),
    "metrics": Row(PASSING),
    "panel:services": Row(SIGNED_IN),
    "panel:service": Row(VIEWER),
    "panel:service_settings": Row(OWNER),
    "panel:activity": Row(VIEWER),
    "panel:organizations": Row(SIGNED_IN),
    "panel:organization": Row(VIEWER),
    "panel:organization_settings": Row(OWNER),
    "panel:organization_activity": Row(OWNER),
    "panel:invite": Row(OWNER, "POST", {"email": "new@people.example", "role": "viewer"}),
    "panel:withdraw_invitation": Row(OWNER, "POST"),
    "panel:change_member": Row(OWNER, "POST", {"role": "viewer"}),
    "panel:remove_member": Row(OWNER, "POST"),
    "panel:leave": Row(VIEWER, "POST"),
    "panel:invitation": Row(NOBODY),
    "panel:contact_confirm": Row(NOBODY),
    "panel:contact_unsubscribe": Row(NOBODY),
    "panel:overview": Row(SIGNED_IN),
    "panel:yourself": Row(SIGNED_IN),
    "panel:find": Row(SIGNED_IN),
    "panel:guides": Row(NOBODY),
    "panel:guide": Row(NOBODY),
    "panel:logo": Row(PASSING),
    "panel:staff_organizations": Row(STAFF),
    "panel:staff_organization_names": Row(STAFF),
    "panel:staff_new_organization": Row(STAFF),
    "panel:staff_organization": Row(STAFF),
    "panel:staff_organization_state": Row(STAFF, "POST", {"verb": "suspend"}),
    "panel:staff_organization_deletion": Row(STAFF, "POST", {"verb": "withdraw"}),
    "panel:acting_begin": Row(STAFF, "POST", arguments={"code": lambda tenant: tenant.organization.code}),
    "panel:acting_why": Row(SIGNED_IN, "POST"),
    "panel:acting_end": Row(SIGNED_IN, "POST"),
    "panel:staff_platforms": Row(STAFF),
    "panel:staff_new_platform": Row(STAFF),
    "panel:staff_platform": Row(STAFF),
    "panel:staff_new_service": Row(STAFF),
    "panel:staff_service": Row(STAFF),
    "panel:staff_service_state": Row(STAFF, "POST", {"verb": "suspend"}),
    "panel:staff_users": Row(STAFF),
    "panel:staff_new_user": Row(STAFF),
    "panel:staff_user": Row(STAFF),
    "panel:staff_user_link": Row(STAFF, "POST"),
    "panel:staff_remove_second_factor": Row(STAFF, "POST"),
    "panel:staff_mail": Row(STAFF),
    "panel:staff_mail_retry": Row(STAFF, "POST"),
    "panel:staff_mail_discard": Row(STAFF, "POST"),
    "panel:staff_mail_retry_all": Row(STAFF, "POST"),
    "panel:staff_activity": Row(STAFF),
    "panel:staff_system": Row(STAFF),
    "panel:language": Row(NOBODY, "POST", {"language": "pl", "next": "/"}),
}

SIGNING_IN = {
    "account_login": Row(NOBODY),
    "account_logout": Row(PASSING),
    "account_signup": Row(NOBODY),
    "account_inactive": Row(NOBODY),
    "account_reauthenticate": Row(HOLDER),
    "account_confirm_login_code": Row(PASSING),
    "account_change_password": Row(SIGNED_IN),
    "account_set_password": Row(SIGNED_IN),
    "account_email": Row(SIGNED_IN),
    "account_email_verification_sent": Row(PASSING),
    "account_confirm_email": Row(PASSING, arguments={"key": lambda tenant: "no-such-key"}),
    "account_reset_password": Row(NOBODY),
    "account_reset_password_done": Row(NOBODY),
    "account_reset_password_from_key": Row(
        NOBODY, arguments={"uidb36": lambda tenant: "1", "key": lambda tenant: "no-such-key"}
    ),
    "account_reset_password_from_key_done": Row(NOBODY),
    "mfa_authenticate": Row(PASSING),
    "mfa_reauthenticate": Row(HOLDER),
    "mfa_index": Row(SIGNED_IN),
    "mfa_activate_totp": Row(SIGNED_IN),
    "mfa_deactivate_totp": Row(HOLDER),
    "mfa_view_recovery_codes": Row(HOLDER),
    "mfa_generate_recovery_codes": Row(SIGNED_IN),
    "mfa_download_recovery_codes": Row(HOLDER),
    "mfa_login_webauthn": Row(PASSING),
    "mfa_reauthenticate_webauthn": Row(HOLDER),
    "mfa_list_webauthn": Row(SIGNED_IN),
    "mfa_add_webauthn": Row(SIGNED_IN),
    "mfa_remove_webauthn": Row(HOLDER, arguments={"pk": lambda tenant: 1}),
    "mfa_edit_webauthn": Row(HOLDER, arguments={"pk": lambda tenant: 1}),
}


def _provider(tenant: Tenant) -> DnsProvider:
    return DnsProvider.objects.get_or_create(
        organization=tenant.organization,
        name="Name servers",
        defaults={"kind": "rfc2136", "settings": {"server": "127.0.0.1", "port": 9}},
    )[0]


def _zone(tenant: Tenant) -> Zone:
    return Zone.objects.get_or_create(provider=_provider(tenant), name="zone.example")[0]


def _change(tenant: Tenant) -> ZoneChange:
    return ZoneChange.objects.create(zone_name="zone.example", service=tenant.service, plan=[], state="failed")


def _dispute(tenant: Tenant) -> Dispute:
    claimant = make_domain(make_tenant().service, tenant.domain.name.name, pending=True)
    return Dispute.objects.create(holder=tenant.domain, claimant=claimant)


ARGUMENTS |= {
    "provider_id": lambda tenant: _provider(tenant).pk,
    "zone_id": lambda tenant: _zone(tenant).pk,
    "change_id": lambda tenant: _change(tenant).pk,
    "dispute_id": lambda tenant: _dispute(tenant).pk,
}

DOMAINS: dict[str, Row] = {
    "domains:attach": Row(TECHNICIAN),
    "domains:attach_mode": Row(TECHNICIAN, data={"name": "new.example"}),
    "domains:attach_records": Row(TECHNICIAN),
    "domains:attach_review": Row(TECHNICIAN),
    "domains:attach_many": Row(TECHNICIAN),
    "domains:apply_many": Row(TECHNICIAN),
    "domains:mode_many": Row(TECHNICIAN),
    "domains:mode": Row(TECHNICIAN),
    "domains:footer": Row(VIEWER),
    "domains:footer_preview": Row(VIEWER),
    "domains:footer_remove": Row(TECHNICIAN, "POST"),
    "domains:host_keys": Row(TECHNICIAN, "POST"),
    "domains:rotate": Row(TECHNICIAN, "POST"),
    "domains:detach": Row(TECHNICIAN),
    "domains:plan": Row(TECHNICIAN),
    "domains:plan_card": Row(TECHNICIAN),
    "domains:changes": Row(VIEWER),
    "domains:change": Row(VIEWER),
    "domains:change_policy": Row(TECHNICIAN, "POST"),
    "domains:change_undo": Row(TECHNICIAN),
    "domains:change_again": Row(TECHNICIAN, "POST"),
    "domains:providers": Row(TECHNICIAN),
    "domains:provider_new": Row(OWNER, arguments={"kind": lambda tenant: "rfc2136"}),
    "domains:provider": Row(TECHNICIAN),
    "domains:provider_test": Row(TECHNICIAN, "POST"),
    "domains:zones_list": Row(TECHNICIAN, "POST"),
    "domains:zones_add": Row(TECHNICIAN, "POST", {"names": ""}),
    "domains:zone_remove": Row(TECHNICIAN, "POST"),
    "domains:provider_remove": Row(OWNER, "POST"),
    "domains:disputes": Row(STAFF),
    "domains:dispute": Row(STAFF, "POST", {"decision": "keep"}),
}

DIAGNOSTICS: dict[str, Row] = {
    "diagnostics:domains": Row(VIEWER),
    "diagnostics:buttons": Row(VIEWER),
    "diagnostics:check_service": Row(TECHNICIAN, "POST"),
    "diagnostics:selected": Row(TECHNICIAN, "POST", {"action": "check"}),
    "diagnostics:mx_hint": Row(TECHNICIAN),
    "diagnostics:delegation_hint": Row(TECHNICIAN),
    "diagnostics:spf_tree": Row(VIEWER),
    "diagnostics:domain": Row(VIEWER),
    "diagnostics:check_again": Row(TECHNICIAN, "POST"),
    "diagnostics:history": Row(VIEWER),
    "diagnostics:zone_file": Row(VIEWER),
    "diagnostics:share": Row(TECHNICIAN),
    "diagnostics:revoke": Row(TECHNICIAN, "POST"),
    "diagnostics:change": Row(VIEWER),
    "diagnostics:intended": Row(
        TECHNICIAN, "POST", {"why": "a filter"}, {"kind": lambda tenant: make_check(tenant.domain, "MX").kind}
    ),
    "diagnostics:postpone": Row(TECHNICIAN, "POST"),
    "diagnostics:red": Row(SIGNED_IN),
    "diagnostics:red_everywhere": Row(STAFF),
    "diagnostics:red_of_organization": Row(VIEWER),
    "diagnostics:check_organization": Row(TECHNICIAN, "POST"),
    "diagnostics:operator": Row(STAFF),
    "diagnostics:release_breaker": Row(STAFF, "POST"),
    "diagnostics:shared": Row(NOBODY, arguments={"token": lambda tenant: make_share(tenant.domain).token}),
    "diagnostics:shared_again": Row(
        NOBODY, "POST", arguments={"token": lambda tenant: make_share(tenant.domain).token}
    ),
}

ACCOUNTS: dict[str, Row] = {
    "accounts:list": Row(VIEWER),
    "accounts:domain_names": Row(VIEWER),
    "accounts:under_way": Row(VIEWER),
    "accounts:export": Row(VIEWER),
    "accounts:order": Row(TECHNICIAN),
    "accounts:cancel_slots": Row(TECHNICIAN),
    "accounts:select": Row(TECHNICIAN, "POST", {"action": "suspend", "everything": "1"}),
    "accounts:password_rules": Row(TECHNICIAN, "POST", {"password": "x"}),
    "accounts:policy": Row(OWNER),
    "accounts:retired": Row(VIEWER),
    "accounts:purge": Row(OWNER, "POST"),
    "accounts:restore": Row(STAFF, "POST"),
    "accounts:account": Row(VIEWER),
    "accounts:configure": Row(TECHNICIAN),
    "accounts:confirm": Row(TECHNICIAN, "POST", {"sealed": "nonsense"}),
    "accounts:revoke_device": Row(TECHNICIAN, "POST"),
    "accounts:aliases": Row(VIEWER),
    "accounts:remove_aliases": Row(TECHNICIAN, "POST"),
    "accounts:catch_alls": Row(VIEWER),
    "accounts:end_catch_all": Row(TECHNICIAN, "POST"),
    "accounts:forwarding": Row(VIEWER),
    "accounts:forwards": Row(VIEWER),
    "accounts:groups": Row(VIEWER),
    "accounts:new_group": Row(TECHNICIAN),
    "accounts:group": Row(VIEWER),
    "accounts:change_group": Row(TECHNICIAN),
    "accounts:remove_members": Row(TECHNICIAN, "POST"),
    "accounts:delete_group": Row(TECHNICIAN),
    "accounts:rules": Row(VIEWER),
    "accounts:new_rule": Row(TECHNICIAN),
    "accounts:rule": Row(TECHNICIAN),
    "accounts:move_rule": Row(TECHNICIAN, "POST"),
    "accounts:switch_rule": Row(TECHNICIAN, "POST"),
    "accounts:delete_rule": Row(TECHNICIAN),
    "accounts:auto_reply": Row(VIEWER),
    "accounts:password": Row(TECHNICIAN),
    "accounts:link": Row(TECHNICIAN, "POST"),
    "accounts:send_settings": Row(TECHNICIAN, "POST", {"email": "anna@people.example"}),
    "accounts:quota": Row(STAFF),
    "accounts:suspend": Row(TECHNICIAN),
    "accounts:resume": Row(TECHNICIAN),
    "accounts:reset": Row(TECHNICIAN),
    "accounts:upload": Row(TECHNICIAN),
    "accounts:template": Row(TECHNICIAN),
    "accounts:run": Row(TECHNICIAN),
    "accounts:reshape": Row(TECHNICIAN, "POST"),
    "accounts:columns": Row(TECHNICIAN, "POST"),
    "accounts:mend": Row(TECHNICIAN, "POST"),
    "accounts:row": Row(TECHNICIAN),
    "accounts:leave_out": Row(TECHNICIAN, "POST"),
    "accounts:suggestions": Row(TECHNICIAN),
    "accounts:change_passwords": Row(TECHNICIAN, "POST"),
    "accounts:forget": Row(TECHNICIAN, "POST"),
    "accounts:again": Row(TECHNICIAN, "POST"),
    "accounts:start": Row(TECHNICIAN, "POST"),
    "accounts:stop": Row(TECHNICIAN, "POST"),
    "accounts:resume_run": Row(TECHNICIAN, "POST"),
    "accounts:discard": Row(TECHNICIAN, "POST"),
    "accounts:undo": Row(TECHNICIAN, "POST"),
    "accounts:reasons": Row(TECHNICIAN),
    "accounts:results": Row(TECHNICIAN, "POST"),
    "accounts:slips": Row(TECHNICIAN, "POST"),
    "accounts:orders": Row(STAFF),
    "accounts:approve_order": Row(STAFF, "POST"),
    "accounts:refuse_order": Row(STAFF, "POST"),
    "accounts:cancel_order": Row(TECHNICIAN, "POST"),
    "accounts:set_password": Row(NOBODY),
}

SELF_SERVICE: dict[str, Row] = {
    "mailbox:home": Row(MAILBOX),
    "mailbox:sign_in": Row(NOBODY),
    "mailbox:sign_out": Row(PASSING, "POST"),
    "mailbox:password": Row(MAILBOX),
    "mailbox:devices": Row(MAILBOX),
    "mailbox:revoke": Row(MAILBOX, "POST"),
    "mailbox:forwarding": Row(MAILBOX),
    "mailbox:rules": Row(MAILBOX),
    "mailbox:new_rule": Row(MAILBOX),
    "mailbox:rule": Row(MAILBOX),
    "mailbox:move_rule": Row(MAILBOX, "POST"),
    "mailbox:switch_rule": Row(MAILBOX, "POST"),
    "mailbox:delete_rule": Row(MAILBOX),
    "mailbox:auto_reply": Row(MAILBOX),
    "mailbox:settings": Row(MAILBOX),
    "mailbox:sign_ins": Row(MAILBOX),
}

MAILFLOW: dict[str, Row] = {
    "mailflow:block": Row(STAFF),
    "mailflow:unblock": Row(OWNER),
    "mailflow:queue": Row(STAFF),
    "mailflow:queue_act": Row(STAFF, "POST"),
    "mailflow:platform": Row(STAFF),
    "mailflow:platform_check": Row(STAFF, "POST"),
    "mailflow:platform_zone": Row(STAFF, "POST"),
    "mailflow:staff_trace": Row(STAFF),
    "mailflow:staff_trace_message": Row(STAFF),
    "mailflow:trace": Row(TECHNICIAN),
    "mailflow:trace_message": Row(TECHNICIAN),
    "mailflow:spam": Row(VIEWER),
    "mailflow:spam_forget": Row(TECHNICIAN, "POST"),
    "mailflow:inbox": Row(TECHNICIAN),
    "mailflow:inbox_message": Row(TECHNICIAN),
    "mailflow:inbox_delete": Row(TECHNICIAN, "POST"),
}


def _token(tenant: Tenant) -> Token:
    expires_at = timezone.now() + timedelta(days=1)
    return Token.issue(tenant.organization, "t", ["services:read"], expires_at, by=tenant.owner)[0]


def _webhook(tenant: Tenant) -> Endpoint:
    return Endpoint.create(tenant.organization, "https://hook.example/", ["check.red"], by=SYSTEM)[0]


def _listening(tenant: Tenant | None) -> Endpoint:
    """The same at every call."""
    return Endpoint.objects.get_or_create(
        organization=tenant.organization if tenant else None,
        url="https://log.example/",
        defaults={"events": ["check.red"], "secret": "whsec_AAAA"},
    )[0]


def _staff_token(tenant: Tenant) -> Token:
    expires_at = timezone.now() + timedelta(days=1)
    return Token.issue(None, "t", ["services:read"], expires_at, by=make_user(staff=True))[0]


def _staff_webhook(tenant: Tenant) -> Endpoint:
    return Endpoint.create(None, "https://hook.example/", ["check.red"], by=SYSTEM)[0]


ARGUMENTS |= {"token_id": lambda tenant: _token(tenant).pk, "webhook_id": lambda tenant: _webhook(tenant).pk}
_OF_STAFF: dict[str, Callable[[Tenant], object]] = {
    "token_id": lambda tenant: _staff_token(tenant).pk,
    "webhook_id": lambda tenant: _staff_webhook(tenant).pk,
}


def _delivery(endpoint: Endpoint) -> Delivery:
    put([endpoint], "test", {})
    return Delivery.objects.filter(endpoint=endpoint)[0]


_DELIVERY: dict[str, Callable[[Tenant], object]] = {
    "webhook_id": lambda tenant: _listening(tenant).pk,
    "delivery_id": lambda tenant: _delivery(_listening(tenant)).pk,
}
_DELIVERY_OF_STAFF: dict[str, Callable[[Tenant], object]] = {
    "webhook_id": lambda tenant: _listening(None).pk,
    "delivery_id": lambda tenant: _delivery(_listening(None)).pk,
}

# Operations of the API have a table of their own: `tests/api/operations_table.py`.
API: dict[str, Row] = {
    "api:openapi": Row(NOBODY),
    "api:overview": Row(OWNER),
    "api:new_token": Row(OWNER, "POST", {"name": ""}),
    "api:revoke_token": Row(OWNER, "POST"),
    "api:new_webhook": Row(OWNER, "POST", {"url": ""}),
    "api:webhook": Row(OWNER),
    "api:test_webhook": Row(OWNER, "POST"),
    "api:new_secret": Row(OWNER, "POST"),
    "api:switch_webhook": Row(OWNER, "POST", {"active": "off"}),
    "api:repeat_delivery": Row(OWNER, "POST", arguments=_DELIVERY),
    "api:remove_webhook": Row(OWNER, "POST"),
    "api:staff_overview": Row(STAFF),
    "api:staff_new_token": Row(STAFF, "POST", {"name": ""}),
    "api:staff_revoke_token": Row(STAFF, "POST", arguments=_OF_STAFF),
    "api:staff_new_webhook": Row(STAFF, "POST", {"url": ""}),
    "api:staff_webhook": Row(STAFF, arguments=_OF_STAFF),
    "api:staff_test_webhook": Row(STAFF, "POST", arguments=_OF_STAFF),
    "api:staff_new_secret": Row(STAFF, "POST", arguments=_OF_STAFF),
    "api:staff_switch_webhook": Row(STAFF, "POST", {"active": "off"}, arguments=_OF_STAFF),
    "api:staff_repeat_delivery": Row(STAFF, "POST", arguments=_DELIVERY_OF_STAFF),
    "api:staff_remove_webhook": Row(STAFF, "POST", arguments=_OF_STAFF),
}

# Nobody has a provider here: what is theirs to do at one is tested in tests/identities.
_KEYS: dict[str, Callable[[Tenant], object]] = {"provider_id": lambda tenant: 1, "identity_id": lambda tenant: 1}
IDENTITIES: dict[str, Row] = {
    "identities:choose": Row(NOBODY),
    "identities:finish": Row(NOBODY),
    "identities:go": Row(PASSING),
    "identities:callback": Row(PASSING),
    "identities:join": Row(PASSING, "POST"),
    "identities:operator_go": Row(PASSING),
    "identities:operator_callback": Row(PASSING),
    "identities:provider": Row(OWNER),
    "identities:remove": Row(OWNER, "POST"),
    "identities:operator_provider": Row(STAFF),
    "identities:operator_remove": Row(STAFF, "POST"),
    "identities:yours": Row(SIGNED_IN),
    "identities:link": Row(HOLDER, "POST", arguments=_KEYS),
    "identities:unlink": Row(HOLDER, "POST", arguments=_KEYS),
}

TABLE: dict[str, Row] = {
    **IDENTITIES,
    **PANEL,
    **SIGNING_IN,
    **DOMAINS,
    **DIAGNOSTICS,
    **ACCOUNTS,
    **SELF_SERVICE,
    **MAILFLOW,
    **API,
}
