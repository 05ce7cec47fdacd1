"""What each page does, and which operations of the API do it; or why a program has no such operation.

A new page needs a line here: `tests/api/test_pages_and_operations.py` compares with the table of all URLs.
"""

from __future__ import annotations

PERSON = "of a person: how they sign in, and what they see"
SERVER = "the server itself: probes, files, the language of pages"
STEP = "a step of a form that the operation takes as a whole"
TABLE_STEP = "reading a table that people typed: a program sends it as it is to be, or a corrected one"
LETTER = "opened from a letter, by whoever has its link"
OPERATOR = "the operator's own housekeeping, on pages and the command line"
PROVIDER = "who may sign in: changed by people, so that a stolen token opens no door"
ACTING = "staff who see pages as a member does: a program has a token of the organization"
TOKENS = "tokens are made by people: a stolen one makes no other"

PAGES: dict[str, tuple[str, ...] | str] = {
    # people, organizations, services
    "panel:services": ("list_services",),
    "panel:service": ("get_service",),
    "panel:service_settings": ("change_service",),
    "panel:activity": ("list_activity",),
    "panel:organizations": ("list_organizations",),
    "panel:organization": ("get_organization", "list_members", "list_invitations"),
    "panel:organization_settings": ("change_organization",),
    "panel:organization_activity": ("list_activity",),
    "panel:invite": ("invite_a_member",),
    "panel:withdraw_invitation": ("withdraw_invitation",),
    "panel:change_member": ("change_member",),
    "panel:remove_member": ("remove_member",),
    "panel:staff_organizations": ("list_organizations",),
    "panel:staff_new_organization": ("create_organization",),
    "panel:staff_organization": ("get_organization", "change_organization", "add_a_member"),
    "panel:staff_organization_state": ("suspend_organization", "unsuspend_organization", "terminate_organization"),
    "panel:staff_organization_deletion": ("request_deletion", "withdraw_deletion"),
    "panel:staff_platforms": ("list_platforms",),
    "panel:staff_new_service": ("create_service",),
    "panel:staff_service": ("get_service", "change_service"),
    "panel:staff_service_state": ("suspend_service", "unsuspend_service", "terminate_service"),
    "panel:staff_activity": ("list_activity",),
    "panel:overview": "a picture for people: what it counts is listed by the operations of each thing",
    "panel:staff_organization_names": "suggestions while somebody types; `list_organizations` lists",
    "panel:acting_why": ACTING,
    "panel:acting_begin": ACTING,
    "panel:acting_end": ACTING,
    "accounts:send_settings": "a letter that somebody asks for; the settings are in `get_service`",
    "diagnostics:delegation_hint": "a hint while somebody types",
    "diagnostics:spf_tree": "a drawing of what `get_check` says",
    "diagnostics:selected": ("check_domain",),
    # domains
    "domains:attach": ("attach_domain",),
    "domains:attach_many": ("attach_domain",),
    "domains:apply_many": ("apply_domain",),
    "domains:mode_many": ("change_mode",),
    "domains:plan_card": ("plan_domain",),
    "domains:attach_mode": STEP,
    "domains:attach_records": STEP,
    "domains:attach_review": ("attach_domain", "put_domain"),
    "domains:mode": ("change_mode",),
    "domains:detach": ("detach_domain",),
    "domains:rotate": ("rotate_dkim_key",),
    "domains:plan": ("plan_domain", "apply_domain"),
    "domains:changes": ("list_changes",),
    "domains:change": ("get_change",),
    "domains:change_undo": ("undo_change",),
    "domains:change_again": ("repeat_change",),
    "domains:change_policy": "a stricter DMARC policy is confirmed by a person who has read what it does",
    "domains:providers": ("list_dns_providers",),
    "domains:provider_new": ("add_dns_provider",),
    "domains:provider": ("get_dns_provider", "change_dns_provider", "list_zones", "get_dns_question"),
    "domains:provider_test": ("test_dns_provider",),
    "domains:zones_list": ("add_zones",),
    "domains:zones_add": ("add_zones",),
    "domains:zone_remove": ("remove_a_zone",),
    "domains:provider_remove": ("remove_dns_provider",),
    "domains:dispute": "two organizations claim a domain: a person hears both and decides",
    "domains:disputes": "two organizations claim a domain: a person hears both and decides",
    # diagnostics
    "diagnostics:domains": ("list_domains",),
    "diagnostics:domain": ("get_domain", "list_checks", "list_records"),
    "diagnostics:buttons": ("list_checks",),
    "diagnostics:change": ("list_checks",),
    "diagnostics:check_again": ("check_domain",),
    "diagnostics:check_service": ("check_service",),
    "diagnostics:check_organization": ("check_service",),
    "diagnostics:history": ("list_check_changes",),
    "diagnostics:intended": ("mark_as_intended", "withdraw_intent"),
    "diagnostics:mx_hint": ("plan_domain",),
    "diagnostics:zone_file": ("list_records",),
    "diagnostics:red": ("list_checks",),
    "diagnostics:red_everywhere": ("list_checks",),
    "diagnostics:red_of_organization": ("list_checks",),
    "diagnostics:postpone": "leaves the MX out of instructions for people; an operation names the records it writes",
    "diagnostics:share": "a link that a person hands to another; a program has list_records",
    "diagnostics:revoke": "a link that a person hands to another; a program has list_records",
    "diagnostics:operator": OPERATOR,
    "diagnostics:release_breaker": OPERATOR,
    "diagnostics:shared": LETTER,
    "diagnostics:shared_again": LETTER,
    # accounts
    "accounts:list": ("list_accounts",),
    "accounts:export": ("list_accounts",),
    "accounts:domain_names": ("list_domains",),
    "accounts:account": ("get_account", "rename_account"),
    "accounts:configure": ("configure_account", "configure_next_account"),
    "accounts:confirm": STEP,
    "accounts:aliases": ("list_aliases", "add_aliases"),
    "accounts:remove_aliases": ("remove_alias",),
    "accounts:catch_alls": ("list_catch_alls", "set_catch_all"),
    "accounts:end_catch_all": ("end_catch_all",),
    "accounts:password": ("change_password",),
    "accounts:password_rules": STEP,
    "accounts:link": ("make_password_link",),
    "accounts:quota": ("set_quota",),
    "accounts:suspend": ("suspend_account",),
    "accounts:resume": ("resume_account",),
    "accounts:reset": ("reset_account",),
    "accounts:policy": ("get_password_policy", "change_password_policy"),
    "accounts:retired": ("list_kept_mail",),
    "accounts:purge": ("purge_kept_mail",),
    "accounts:restore": ("restore_kept_mail",),
    "accounts:order": ("place_order",),
    "accounts:cancel_slots": ("place_order",),
    "accounts:orders": ("list_orders", "get_order"),
    "accounts:approve_order": ("approve_order",),
    "accounts:refuse_order": ("refuse_order",),
    "accounts:cancel_order": ("cancel_order",),
    "accounts:select": ("suspend_account", "resume_account", "reset_account"),
    "accounts:set_password": LETTER,
    "accounts:under_way": ("get_order", "get_run"),
    # bulk runs
    "accounts:upload": ("upload_run", "list_runs"),
    "accounts:template": TABLE_STEP,
    "accounts:run": ("get_run", "list_rows"),
    "accounts:again": ("check_run",),
    "accounts:start": ("start_run",),
    "accounts:stop": ("stop_run",),
    "accounts:resume_run": ("resume_run",),
    "accounts:discard": ("discard_run",),
    "accounts:undo": ("undo_run",),
    "accounts:results": ("hand_out_results",),
    "accounts:slips": ("hand_out_results",),
    "accounts:forget": ("discard_results",),
    "accounts:reasons": ("list_rows",),
    "accounts:change_passwords": ("change_password",),
    "accounts:columns": ("upload_run",),
    "accounts:reshape": TABLE_STEP,
    "accounts:mend": TABLE_STEP,
    "accounts:row": TABLE_STEP,
    "accounts:leave_out": TABLE_STEP,
    "accounts:suggestions": TABLE_STEP,
    # the mail servers
    "mailflow:block": ("block_account",),
    "mailflow:unblock": ("unblock_account",),
    "mailflow:inbox": "mail to postmaster and abuse is read by people",
    "mailflow:inbox_message": "mail to postmaster and abuse is read by people",
    "mailflow:inbox_delete": "mail to postmaster and abuse is read by people",
    # the API itself
    "api:openapi": SERVER,
    "api:overview": ("list_webhooks",),
    "api:new_webhook": ("create_webhook",),
    "api:webhook": ("get_webhook", "change_webhook", "list_deliveries"),
    "api:test_webhook": ("test_webhook",),
    "api:remove_webhook": ("remove_webhook",),
    "api:staff_overview": ("list_webhooks",),
    "api:staff_new_webhook": ("create_webhook",),
    "api:staff_webhook": ("get_webhook", "change_webhook", "list_deliveries"),
    "api:staff_test_webhook": ("test_webhook",),
    "api:staff_remove_webhook": ("remove_webhook",),
}
PAGES |= dict.fromkeys(("api:new_token", "api:revoke_token", "api:staff_new_token", "api:staff_revoke_token"), TOKENS)
PAGES |= dict.fromkeys(("healthz", "readyz", "metrics", "panel:logo", "panel:language"), SERVER)
PAGES |= dict.fromkeys(("panel:contact_confirm", "panel:contact_unsubscribe", "panel:invitation"), LETTER)
PAGES |= dict.fromkeys(
    (
        *("mailflow:queue", "mailflow:queue_act", "mailflow:platform", "mailflow:platform_check"),
        *("panel:staff_mail", "panel:staff_mail_discard", "panel:staff_mail_retry", "panel:staff_mail_retry_all"),
        *("panel:staff_new_platform", "panel:staff_platform", "panel:staff_system"),
    ),
    OPERATOR,
)
PAGES |= dict.fromkeys(
    (
        *("panel:staff_new_user", "panel:staff_user", "panel:staff_user_link", "panel:staff_users"),
        *("panel:staff_remove_second_factor", "identities:provider", "identities:remove"),
        *("identities:operator_provider", "identities:operator_remove"),
    ),
    PROVIDER,
)
PAGES |= dict.fromkeys(("panel:find", "panel:guide", "panel:guides", "panel:leave", "panel:yourself"), PERSON)
# Whole families of pages about a person's own sign-in.
PREFIXES = {"account_": PERSON, "mfa_": PERSON, "identities:": PERSON}
