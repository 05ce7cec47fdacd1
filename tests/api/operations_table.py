"""Who reaches which operation: a line for every one of them. `tests/api/test_every_operation.py` walks them all.

A new operation needs a line here: its name and what is sent. What its token needs is told by the operation itself, and
is repeated here so that nobody changes it unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import BulkRun, GroupMember
from api.models import Delivery, Endpoint, Job, Token
from api.webhooks.outbox import put
from domains import readings
from domains.models import DnsProvider, Reading, Zone, ZoneChange
from panel.actors import SYSTEM
from panel.models import Invitation
from tests.factories import (
    Tenant,
    make_alias,
    make_app_password,
    make_check,
    make_group,
    make_listed_sender,
    make_order,
    make_retired_mailbox,
    make_run,
)


@dataclass(frozen=True, slots=True)
class Row:
    scope: str
    body: dict[str, Any] | None = None
    staff: bool = False
    query: str = ""
    own: bool = False  # names nothing of an organization: everybody gets their own


def endpoint_of(tenant: Tenant) -> Endpoint:
    return Endpoint.objects.get_or_create(
        organization=tenant.organization,
        url="http://127.0.0.1:9/",
        defaults={"events": ["order.placed"], "secret": "whsec_AAAA"},
    )[0]


def delivery_of(tenant: Tenant) -> Delivery:
    put([endpoint_of(tenant)], "order.placed", {"quantity": 1})
    delivery = Delivery.objects.filter(endpoint=endpoint_of(tenant))[0]
    delivery.give_up("timeout")
    return delivery


def job_of(tenant: Tenant) -> Job:
    token = Token.objects.filter(organization=tenant.organization)[0]
    return Job.objects.create(kind="plan", token=token, service=tenant.service, name="a.example")


def change_of(tenant: Tenant) -> ZoneChange:
    return ZoneChange.objects.create(zone_name="zone.example", service=tenant.service, plan=[], state="failed")


def zone_of(tenant: Tenant) -> Zone:
    provider, _made = DnsProvider.objects.get_or_create(
        organization=tenant.organization, kind="cloudflare", name="ours", defaults={"credentials": '{"token": "t"}'}
    )
    return Zone.objects.get_or_create(provider=provider, name="zone.example")[0]


def question_of(tenant: Tenant) -> Reading:
    return readings.ask("provider-zones", {"provider": 1}, organization=tenant.organization)


def member_of(tenant: Tenant) -> GroupMember:
    made = GroupMember.objects.filter(account=tenant.account).first()
    return made or make_group(tenant.domain, tenant.account).members.get()


ARGUMENTS: dict[str, Callable[[Tenant], object]] = {
    "code": lambda tenant: tenant.organization.code,
    "email": lambda tenant: tenant.viewer.email,
    "service_name": lambda tenant: tenant.service.name,
    "name": lambda tenant: tenant.domain.name.name,
    "account_id": lambda tenant: tenant.account.pk,
    "order_id": lambda tenant: make_order(tenant.service).pk,
    "run_id": lambda tenant: make_run(tenant.service, state=BulkRun.State.PREVIEW).pk,
    "change_id": lambda tenant: change_of(tenant).pk,
    "job_id": lambda tenant: job_of(tenant).pk,
    "webhook_id": lambda tenant: endpoint_of(tenant).pk,
    "delivery_id": lambda tenant: delivery_of(tenant).pk,
    "kind": lambda tenant: make_check(tenant.domain, "MX").kind,
    "provider_id": lambda tenant: zone_of(tenant).provider_id,
    "zone_name": lambda tenant: zone_of(tenant).name,
    "question_id": lambda tenant: question_of(tenant).pk,
    "invitation_id": lambda tenant: Invitation.issue(tenant.organization, "i@people.example", "viewer", SYSTEM)[0].pk,
    "group_id": lambda tenant: member_of(tenant).group_id,
    "member_id": lambda tenant: member_of(tenant).pk,
    "app_password_id": lambda tenant: make_app_password(tenant.account).pk,
    "alias_id": lambda tenant: make_alias(tenant.account).pk,
    "sender_id": lambda tenant: make_listed_sender(tenant.domain).pk,
    "mailbox_id": lambda tenant: make_retired_mailbox(tenant.service).pk,
}

NAMES = {"name": "ann.example", "domain": "domain.example"}
ORGANIZATIONS = {
    "list_organizations": Row("organizations:read", own=True),
    "create_organization": Row("organizations:write", {"code": "new1", "name": "New"}, staff=True, own=True),
    "get_organization": Row("organizations:read"),
    "change_organization": Row("organizations:write", {"notify": False}),
    "suspend_organization": Row("organizations:write", staff=True),
    "unsuspend_organization": Row("organizations:write", staff=True),
    "terminate_organization": Row("organizations:write", {}, staff=True),
    "keep_organization": Row("organizations:write", staff=True),
    "list_members": Row("organizations:read"),
    "add_a_member": Row("organizations:write", {"email": "n@people.example", "role": "viewer"}, staff=True),
    "invite_a_member": Row("organizations:write", {"email": "n@people.example", "role": "viewer"}),
    "remove_member": Row("organizations:write"),
    "change_member": Row("organizations:write", {"role": "viewer"}),
    "list_invitations": Row("organizations:read"),
    "withdraw_invitation": Row("organizations:write"),
    "request_deletion": Row("organizations:write", staff=True),
    "withdraw_deletion": Row("organizations:write", staff=True),
    "list_platforms": Row("services:read", staff=True, own=True),
}
SERVICES = {
    "list_services": Row("services:read", own=True),
    "create_service": Row("services:write", {"organization": "none"}, staff=True, own=True),
    "get_service": Row("services:read"),
    "change_service": Row("services:write", {"display_name": "x"}),
    "suspend_service": Row("services:write", staff=True),
    "unsuspend_service": Row("services:write", staff=True),
    "terminate_service": Row("services:write", {}, staff=True),
    "keep_service": Row("services:write", staff=True),
    "list_activity": Row("activity:read", own=True),
    "list_messages": Row("messages:read", own=True, query="recipient=old.example&id=1@outside.example"),
}
DOMAINS = {
    "list_domains": Row("domains:read"),
    "list_all_domains": Row("domains:read", own=True),
    "attach_domain": Row("domains:write", {"name": "n.example", "mode": "authoritative"}),
    "get_domain": Row("domains:read"),
    "put_domain": Row("domains:write", {"mode": "authoritative"}),
    "change_mode": Row("domains:write", {"mode": "authoritative"}),
    "detach_domain": Row("domains:write", {}),
    "list_records": Row("domains:read"),
    "plan_domain": Row("domains:write", {}),
    "apply_domain": Row("domains:write", {}),
    "list_checks": Row("domains:read"),
    "list_red_checks": Row("domains:read", own=True),
    "check_domain": Row("domains:write"),
    "list_check_changes": Row("domains:read"),
    "list_changes": Row("domains:read"),
    "get_change": Row("domains:read"),
    "undo_change": Row("domains:write"),
    "get_job": Row("domains:read"),
    "check_service": Row("domains:write"),
    "mark_as_intended": Row("domains:write", {"why": "as meant"}),
    "withdraw_intent": Row("domains:write"),
    "host_dkim_keys": Row("domains:write"),
    "rotate_dkim_key": Row("domains:write"),
    "repeat_change": Row("domains:write"),
    "switch_dmarc_policy": Row("domains:write", {"policy": "reject"}),
    "get_footer": Row("domains:read"),
    "set_footer": Row("domains:write", {"text": "Aurora"}),
    "remove_footer": Row("domains:write"),
    "list_dns_providers": Row("domains:read"),
    "add_dns_provider": Row("domains:write", {"kind": "cloudflare", "name": "n", "settings": {"token": "t"}}),
    "get_dns_provider": Row("domains:read"),
    "change_dns_provider": Row("domains:write", {"name": "m"}),
    "remove_dns_provider": Row("domains:write"),
    "test_dns_provider": Row("domains:write"),
    "list_zones": Row("domains:read"),
    "add_zones": Row("domains:write", {}),
    "remove_a_zone": Row("domains:write"),
    "get_dns_question": Row("domains:read"),
}
ACCOUNTS = {
    "list_accounts": Row("accounts:read"),
    "find_account": Row("accounts:read", own=True, query="address=ann@domain.example"),
    "get_account": Row("accounts:read"),
    "configure_next_account": Row("accounts:write", NAMES),
    "configure_account": Row("accounts:write", NAMES),
    "rename_account": Row("accounts:write", NAMES),
    "suspend_account": Row("accounts:write"),
    "resume_account": Row("accounts:write"),
    "reset_account": Row("accounts:write"),
    "change_password": Row("accounts:write", {}),
    "make_password_link": Row("accounts:write"),
    "list_orders": Row("accounts:read"),
    "list_all_orders": Row("accounts:read", own=True),
    "place_order": Row("accounts:write", {"quantity": 1}),
    "get_order": Row("accounts:read"),
    "approve_order": Row("accounts:write", staff=True),
    "refuse_order": Row("accounts:write", {}, staff=True),
    "cancel_order": Row("accounts:write"),
    "list_runs": Row("accounts:read"),
    "upload_run": Row("accounts:write", {"table": "E-mail address\na@domain.example\n"}),
    "get_run": Row("accounts:read"),
    "list_rows": Row("accounts:read"),
    "start_run": Row("accounts:write", {}),
    "stop_run": Row("accounts:write"),
    "resume_run": Row("accounts:write"),
    "hand_out_results": Row("accounts:write"),
    "discard_results": Row("accounts:write"),
    "check_run": Row("accounts:write"),
    "discard_run": Row("accounts:write"),
    "undo_run": Row("accounts:write"),
    "get_password_policy": Row("accounts:read"),
    "change_password_policy": Row("accounts:write", {"min_length": 12}),
    "set_quota": Row("accounts:write", {"quota": 100}, staff=True),
    "block_account": Row("accounts:write", staff=True),
    "unblock_account": Row("accounts:write"),
    "list_app_passwords": Row("accounts:read"),
    "revoke_app_password": Row("accounts:write"),
    "list_aliases": Row("accounts:read"),
    "add_aliases": Row("accounts:write", {"addresses": ["info"]}),
    "remove_alias": Row("accounts:write"),
    "list_catch_alls": Row("accounts:read"),
    "set_catch_all": Row("accounts:write", {"account": "ann"}),
    "end_catch_all": Row("accounts:write"),
    "get_spam_filter": Row("domains:read"),
    "set_spam_filter": Row("domains:write", {"action": "identify", "threshold": 8}),
    "list_spam_senders": Row("domains:read"),
    "add_spam_sender": Row("domains:write", {"sender": "shop.example", "kind": "block"}),
    "forget_spam_sender": Row("domains:write"),
    "list_groups": Row("accounts:read"),
    "create_group": Row("accounts:write", {"name": "team", "domain": "domain.example"}),
    "get_group": Row("accounts:read"),
    "change_group": Row("accounts:write", {"title": "Team"}),
    "delete_group": Row("accounts:write"),
    "list_members_of_group": Row("accounts:read"),
    "add_members_to_group": Row("accounts:write", {"addresses": ["ann@people.example"]}),
    "remove_member_of_group": Row("accounts:write"),
    "list_forwarding": Row("accounts:read"),
    "get_forwarding": Row("accounts:read"),
    "set_forwarding": Row("accounts:write", {"to": ["ann@people.example"]}),
    "get_rules": Row("accounts:read"),
    "set_rules": Row(
        "accounts:write",
        {
            "rules": [
                {
                    "conditions": [{"subject": "subject", "comparison": "contains", "value": "invoice"}],
                    "actions": [{"deed": "move", "value": "Invoices"}],
                }
            ]
        },
    ),
    "get_auto_reply": Row("accounts:read"),
    "set_auto_reply": Row("accounts:write", {"text": "I am away."}),
    "list_kept_mail": Row("accounts:read"),
    "purge_kept_mail": Row("accounts:write"),
    "restore_kept_mail": Row("accounts:write", {}, staff=True),
}
WEBHOOKS = {
    "list_webhooks": Row("webhooks:read", own=True),
    "create_webhook": Row("webhooks:write", {"url": "https://x.example/", "events": ["check.red"]}, own=True),
    "get_webhook": Row("webhooks:read"),
    "change_webhook": Row("webhooks:write", {"active": True}),
    "remove_webhook": Row("webhooks:write"),
    "rotate_webhook_secret": Row("webhooks:write"),
    "test_webhook": Row("webhooks:write"),
    "list_deliveries": Row("webhooks:read"),
    "repeat_delivery": Row("webhooks:write"),
}
# Not even staff reach these: they belong to the token's own organization.
OWN_ONLY = {
    "get_webhook",
    "change_webhook",
    "remove_webhook",
    "rotate_webhook_secret",
    "test_webhook",
    "list_deliveries",
    "repeat_delivery",
    "hand_out_results",
    "discard_results",
}
# What an organization's token made is its alone: another token of the organization is a stranger.
OF_ONE_TOKEN = {"hand_out_results", "discard_results"}

TABLE: dict[str, Row] = {**ORGANIZATIONS, **SERVICES, **DOMAINS, **ACCOUNTS, **WEBHOOKS}
