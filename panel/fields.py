"""Words for the fields and states that the activity log holds; what has none here is shown as it is stored."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

FIELDS: dict[str, Any] = {
    "account_limit": _("limit of accounts"),
    "address": _("address"),
    "aliases": _("aliases"),
    "already": _("done already"),
    "autodiscover_host": _("autodiscover host"),
    "changes": _("changes"),
    "contacts": _("contacts"),
    "deletes_at": _("deletion"),
    "display_name": _("display name"),
    "dkim_rotation_days": _("new DKIM keys every (days)"),
    "done": _("done"),
    "email": _("e-mail address"),
    "ends_on": _("ends on"),
    "first_name": _("first name"),
    "found": _("found"),
    "imap_host": _("IMAP host"),
    "is_active": _("active"),
    "is_default": _("default for new services"),
    "is_staff": _("staff"),
    "kind": _("kind"),
    "last_name": _("last name"),
    "min_length": _("minimum length"),
    "mode": _("mode"),
    "mx_hosts": _("MX hosts, in order"),
    "name": _("name"),
    "notify": _("notify the contacts when a domain needs attention and when it recovers"),
    "order": _("order"),
    "outbound_addresses": _("outbound addresses"),
    "pieces": _("parts of names forbidden"),
    "platform": _("platform"),
    "previous_hosts": _("old hosts"),
    "previous_until": _("old hosts accepted until"),
    "quota": _("quota of a mailbox (MiB)"),
    "refused": _("refused"),
    "renews_on": _("renews on"),
    "role": _("role"),
    "run": _("run"),
    "selector": _("selector"),
    "server": _("server"),
    "slot": _("slot"),
    "slug": _("slug"),
    "smtp_host": _("SMTP host"),
    "spf_include": _("SPF include"),
    "staff": _("staff"),
    "state": _("state"),
    "symbol": _("symbol required"),
    "target": _("target server"),
    "to": _("to"),
    "until": _("until"),
    "verification_host": _("verification host"),
    "webmail_host": _("webmail host"),
    "zone": _("zone"),
}

# Stored words, by the field that holds them: a name typed by somebody is never translated.
VALUES: dict[str, dict[str, Any]] = {
    "role": {"owner": _("owner"), "technician": _("technician"), "viewer": _("viewer")},
    "mode": {"authoritative": _("authoritative"), "non_authoritative": _("non-authoritative")},
    "state": {
        "pending": _("pending"),
        "verified": _("verified"),
        "slot": _("to configure"),
        "active": _("active"),
        "suspended": _("suspended"),
        "ended": _("ended"),
    },
    "kind": {"totp": _("app"), "webauthn": _("passkey"), "recovery_codes": _("recovery codes")},
}
