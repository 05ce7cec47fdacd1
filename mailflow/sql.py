"""The mail servers' views: one text for SQLite and PostgreSQL, each the answer to one question of one server. Pure.

- Every view begins with `platform` (the slug): one server belongs to one platform.
- What is asked by are columns of their own (`local_part`, `domain`), never joined to one text: that has no index.
- A row is there only where the answer is yes: no state for a server to misjudge.

COLUMNS is what servers rely on: a column may be added at the end, none may go or change its meaning.
"""

from __future__ import annotations

# What still takes mail; signing in and sending need the service and the organization active.
_OPEN = "s.state <> 'ended' AND o.state <> 'ended'"
_ACTIVE = "s.state = 'active' AND o.state = 'active'"

_ATTACHED = """domains_name n
  JOIN domains_domain d ON d.name_id = n.id AND d.state = 'verified'
  JOIN panel_platform p ON p.id = d.platform_id
  JOIN panel_service s ON s.id = d.service_id
  JOIN panel_organization o ON o.id = s.organization_id"""
_CONFIGURED = """domains_name n
  JOIN accounts_address a ON a.name_id = n.id
  JOIN accounts_emailaccount e ON e.address_id = a.id
  JOIN domains_domain d ON d.id = e.domain_id AND d.state = 'verified'
  JOIN panel_platform p ON p.id = d.platform_id
  JOIN panel_service s ON s.id = e.service_id
  JOIN panel_organization o ON o.id = s.organization_id"""
# Addresses by which a mailbox is reached: an account's own and its aliases. `d` is where the address is attached.
_REACHED = """domains_name n
  JOIN accounts_address a ON a.name_id = n.id
  JOIN accounts_emailaccount e ON e.id = COALESCE(
       (SELECT x.id FROM accounts_emailaccount x WHERE x.address_id = a.id),
       (SELECT l.account_id FROM accounts_alias l WHERE l.address_id = a.id))
  JOIN domains_domain d ON d.name_id = n.id AND d.service_id = e.service_id AND d.state = 'verified'
  JOIN panel_platform p ON p.id = d.platform_id
  JOIN panel_service s ON s.id = e.service_id
  JOIN panel_organization o ON o.id = s.organization_id"""
# The account's own address, as which it signs in.
_LOGIN = """(SELECT own.local_part || '@' || own_name.name FROM accounts_address own
          JOIN domains_name own_name ON own_name.id = own.name_id WHERE own.id = e.address_id)"""
# Groups, where they are attached.
_GROUPED = """domains_name n
  JOIN accounts_address a ON a.name_id = n.id
  JOIN accounts_mailgroup g ON g.address_id = a.id
  JOIN domains_domain d ON d.id = g.domain_id AND d.state = 'verified'
  JOIN panel_platform p ON p.id = d.platform_id
  JOIN panel_service s ON s.id = g.service_id
  JOIN panel_organization o ON o.id = s.organization_id
  LEFT JOIN accounts_passwordpolicy y ON y.service_id = s.id"""
# Scalar subqueries: for EXISTS PostgreSQL may read whole tables into a hash first.
# Of a row `t` with an address: whether it is at a domain of the organization `o`, and whether a server of the platform
# `p` has it.
_INSIDE = """COALESCE((SELECT 1 FROM domains_name tn
          JOIN domains_domain td ON td.name_id = tn.id AND td.state = 'verified'
          JOIN panel_service ts ON ts.id = td.service_id
         WHERE tn.name = t.domain AND ts.organization_id = o.id LIMIT 1), 0) = 1"""
_HERE = """COALESCE((SELECT 1 FROM domains_name tn
          JOIN accounts_address ta ON ta.name_id = tn.id
          JOIN domains_domain td ON td.name_id = tn.id AND td.state = 'verified'
         WHERE tn.name = t.domain AND ta.local_part = t.local_part AND td.platform_id = p.id LIMIT 1), 0) = 1"""
_MAILBOX = "REPLACE(CAST(e.mailbox_id AS text), '-', '')"  # char(32) on SQLite, uuid on PostgreSQL


def _credential(device: str, secret: str, number: str) -> str:
    """Columns of one secret of an account."""
    return f"""p.slug AS platform, n.name AS domain, a.local_part AS local_part, {device} AS device,
       {secret} AS password, {_MAILBOX} AS mailbox, CAST(COALESCE(e.quota, s.quota) AS bigint) AS quota,
       y.lockout_threshold AS lockout_threshold, y.lockout_reset AS lockout_reset,
       y.lockout_duration AS lockout_duration, CASE WHEN y.lockout_everybody THEN 1 ELSE 0 END AS lockout_everybody,
       CASE WHEN EXISTS (SELECT 1 FROM mailflow_block b WHERE b.mailbox = e.mailbox_id AND b.kind = 'flood')
            THEN 1 ELSE 0 END AS blocked, CAST({number} AS bigint) AS number"""


VIEWS = {
    # The platforms' own host names: which target is another of our platforms? Lists as JSON texts.
    "mailflow_platform": """
SELECT p.slug AS platform, CAST(p.mx_hosts AS text) AS mx_hosts, p.imap_host AS imap_host, p.smtp_host AS smtp_host,
       CAST(p.outbound_addresses AS text) AS outbound_addresses, p.spf_include AS spf_include
  FROM panel_platform p""",
    # Is this domain ours, and how? `target` is what Postfix calls a next hop; empty where authoritative.
    "mailflow_domain": f"""
SELECT p.slug AS platform, n.name AS domain, d.mode AS mode,
       CASE WHEN d.target_host = '' THEN ''
            WHEN d.target_port IS NULL THEN '[' || d.target_host || ']'
            ELSE '[' || d.target_host || ']:' || CAST(d.target_port AS text) END AS target
  FROM {_ATTACHED}
 WHERE {_OPEN}""",
    # Whose is this domain? Numbers of the organization and of the service, for the message trace.
    "mailflow_owner": f"""
SELECT p.slug AS platform, n.name AS domain, o.id AS organization, s.id AS service
  FROM {_ATTACHED}
 WHERE {_OPEN}""",
    # Has this address a mailbox here, as an account or as an alias? Suspended accounts receive; slots have no address.
    # `quota` is in MiB, 0 is without limit; `used` in octets, as far as it is known; `account` is the account's own
    # address.
    "mailflow_recipient": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, {_MAILBOX} AS mailbox,
       CAST(COALESCE(e.quota, s.quota) AS bigint) AS quota,
       COALESCE((SELECT u.bytes FROM mailflow_use u WHERE u.mailbox = e.mailbox_id), 0) AS used, {_LOGIN} AS account
  FROM {_REACHED}
 WHERE e.state IN ('active', 'suspended') AND {_OPEN}""",
    # Which account takes mail to addresses of this domain that nobody has? `used` and `quota` as above. It holds
    # in authoritative `mode` only, which whoever asks looks at: asked by it PostgreSQL goes through all such domains.
    "mailflow_catch_all": f"""
SELECT p.slug AS platform, n.name AS domain, {_LOGIN} AS account, {_MAILBOX} AS mailbox,
       CAST(COALESCE(e.quota, s.quota) AS bigint) AS quota,
       COALESCE((SELECT u.bytes FROM mailflow_use u WHERE u.mailbox = e.mailbox_id), 0) AS used, d.mode AS mode
  FROM {_ATTACHED}
  JOIN accounts_catchall c ON c.domain_id = d.id
  JOIN accounts_emailaccount e ON e.id = c.account_id
 WHERE e.state IN ('active', 'suspended') AND {_OPEN}""",
    # Where is mail to this mailbox passed on to? A row for each target: `outside` is 1 where it leaves the platform, so
    # that its envelope is written anew, `keep` is 1 where the mailbox keeps a copy: what does not go to all whom it
    # is meant for is kept, too, since what the service's policy forbids has no row. `number` is the row's own.
    "mailflow_forward": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, {_LOGIN} AS account,
       t.local_part || '@' || t.domain AS target, CASE WHEN {_HERE} THEN 0 ELSE 1 END AS outside,
       CASE WHEN f.keep OR (NOT y.forward_outside AND COALESCE((SELECT 1 FROM accounts_forwardtarget t
         WHERE t.forwarding_id = f.id AND NOT ({_INSIDE}) LIMIT 1), 0) = 1) THEN 1 ELSE 0 END AS keep, t.id AS number
  FROM {_REACHED}
  JOIN accounts_forwarding f ON f.account_id = e.id
  JOIN accounts_forwardtarget t ON t.forwarding_id = f.id
  LEFT JOIN accounts_passwordpolicy y ON y.service_id = e.service_id
 WHERE e.state IN ('active', 'suspended') AND {_OPEN} AND (y.id IS NULL OR y.forward_outside OR {_INSIDE})""",
    # Is this address a group with somebody in it, and who may write to it? `number` is the group's own.
    "mailflow_group": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, g.senders AS senders, g.id AS number,
       o.code AS organization
  FROM {_GROUPED}
 WHERE {_OPEN} AND EXISTS (SELECT 1 FROM accounts_groupmember m WHERE m.group_id = g.id)""",
    # Who is in this group? `outside` as above; `number` is the member's own. Again without what the policy forbids.
    # `plain`: 1 where it is an account that passes nothing on, so that its mail is for nobody else.
    "mailflow_member": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, g.id AS group_number,
       CASE WHEN t.account_id IS NULL THEN t.local_part || '@' || t.domain ELSE {_LOGIN} END AS target,
       CASE WHEN t.account_id IS NOT NULL THEN 0 WHEN {_HERE} THEN 0 ELSE 1 END AS outside, t.id AS number,
       CASE WHEN t.account_id IS NULL THEN 0
            WHEN COALESCE((SELECT 1 FROM accounts_forwarding f WHERE f.account_id = t.account_id), 0) = 1 THEN 0
            ELSE 1 END AS plain
  FROM {_GROUPED}
  JOIN accounts_groupmember t ON t.group_id = g.id
  LEFT JOIN accounts_emailaccount e ON e.id = t.account_id
 WHERE {_OPEN} AND (t.account_id IS NOT NULL OR y.id IS NULL OR y.forward_outside OR {_INSIDE})""",
    # Which addresses may write to this group, where they are named?
    "mailflow_group_sender": """
SELECT w.group_id AS group_number, w.address AS address
  FROM accounts_groupsender w""",
    # Who may sign in, with which secrets, and where is the mail? A row for each credential; the password's `device`
    # is empty, that of any other is what people write behind the `*`. When wrong ones lock it: the service's security
    # policy, in minutes; NULL where there is none. `blocked`: 1 where it may not send for now. `number` is the app
    # password's own, 0 of the password. `web_only`: 1 where it signs in from the webmail alone; `must_change`: 1
    # where it opens no mail at all until it is changed, nor does one set at `password_at` that is `max_age` days old
    # (0: never), but none before `expires_from`.
    "mailflow_login": f"""
SELECT {_credential("CAST('' AS text)", "e.password_hash", "0")},
       CASE WHEN y.main_for_web THEN 1 ELSE 0 END AS web_only,
       CASE WHEN e.must_change AND y.change_first THEN 1 ELSE 0 END AS must_change,
       COALESCE(e.password_at, e.configured_at) AS password_at, COALESCE(y.max_age, 0) AS max_age,
       y.expires_from AS expires_from
  FROM {_CONFIGURED}
  LEFT JOIN accounts_passwordpolicy y ON y.service_id = e.service_id
 WHERE e.state = 'active' AND {_ACTIVE}
UNION ALL
SELECT {_credential("v.name", "v.password_hash", "v.id")},
       0 AS web_only, 0 AS must_change, v.created_at AS password_at, 0 AS max_age, y.expires_from AS expires_from
  FROM {_CONFIGURED}
  JOIN accounts_apppassword v ON v.account_id = e.id
  LEFT JOIN accounts_passwordpolicy y ON y.service_id = e.service_id
 WHERE e.state = 'active' AND {_ACTIVE}""",
    # What does this account do with its mail? A row for each of its inbox rules that is on; `number` is the row's own,
    # the conditions and actions are JSON. `outside`: 1 where mail may be passed on to addresses of others.
    "mailflow_rule": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, r.id AS number, r.position AS position,
       CASE WHEN r.match_any THEN 1 ELSE 0 END AS match_any, CAST(r.conditions AS text) AS conditions,
       CAST(r.actions AS text) AS actions, CASE WHEN y.id IS NULL OR y.forward_outside THEN 1 ELSE 0 END AS outside
  FROM {_CONFIGURED}
  JOIN accounts_inboxrule r ON r.account_id = e.id AND r.enabled
  LEFT JOIN accounts_passwordpolicy y ON y.service_id = e.service_id
 WHERE e.state IN ('active', 'suspended') AND {_OPEN}""",
    # What does this account answer by itself, in which days (texts, as 2027-01-31; empty: without end), and whom?
    "mailflow_reply": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, r.subject AS subject, r.text AS text,
       COALESCE(CAST(r.starts AS text), '') AS starts, COALESCE(CAST(r.ends AS text), '') AS ends, r.days AS days,
       r.audience AS audience
  FROM {_CONFIGURED}
  JOIN accounts_autoreply r ON r.account_id = e.id AND r.enabled
 WHERE e.state IN ('active', 'suspended') AND {_OPEN}""",
    # By which other addresses is this account reached?
    "mailflow_alias": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, l.local_part || '@' || ln.name AS alias
  FROM {_CONFIGURED}
  JOIN accounts_alias k ON k.account_id = e.id
  JOIN accounts_address l ON l.id = k.address_id
  JOIN domains_name ln ON ln.id = l.name_id
 WHERE {_OPEN}""",
    # Which domains has the organization of this domain?
    "mailflow_sibling": f"""
SELECT p.slug AS platform, n.name AS domain, tn.name AS sibling
  FROM {_ATTACHED}
  JOIN panel_service ts ON ts.organization_id = o.id
  JOIN domains_domain td ON td.service_id = ts.id AND td.state = 'verified'
  JOIN domains_name tn ON tn.id = td.name_id
 WHERE {_OPEN}""",
    # Which login may send as this address, its own or an alias? `mailbox`, `service` and `organization` are the
    # login's: limits are counted for them.
    "mailflow_sender": f"""
SELECT p.slug AS platform, n.name AS domain, a.local_part AS local_part, {_LOGIN} AS login,
       {_MAILBOX} AS mailbox, s.name AS service, o.code AS organization
  FROM {_REACHED}
 WHERE e.state = 'active' AND {_ACTIVE}
   AND NOT EXISTS (SELECT 1 FROM mailflow_block b WHERE b.mailbox = e.mailbox_id AND b.kind = 'flood')""",
    # What becomes of spam to mailboxes of this domain, and from which score on? No row: what holds by default.
    "mailflow_spam": f"""
SELECT p.slug AS platform, n.name AS domain, f.action AS action, f.threshold AS threshold
  FROM {_ATTACHED}
  JOIN mailflow_spam_filter f ON f.domain_id = d.id""",
    # Whose mail to this domain is never spam (`allow`) or refused (`block`)? `sender`: an address or a domain.
    "mailflow_listed": """
SELECT p.slug AS platform, n.name AS domain, l.kind AS kind, l.sender AS sender
  FROM domains_name n
  JOIN domains_domain d ON d.name_id = n.id AND d.state = 'verified'
  JOIN panel_platform p ON p.id = d.platform_id
  JOIN mailflow_listed_sender l ON l.domain_id = d.id""",
    # With which keys is mail of this domain signed? They stay encrypted: only the policy server has ENCRYPTION_KEYS.
    "mailflow_dkim": f"""
SELECT p.slug AS platform, n.name AS domain, k.selector AS selector, k.private_key AS private_key, k.id AS number
  FROM {_ATTACHED}
  JOIN domains_dkimkey k ON k.ownership_id = d.ownership_id AND k.state = 'active'
 WHERE {_ACTIVE}""",
    # Which footer does a message of this login bear that is sent from this domain? A login is an account of the service
    # that the domain is attached to. `only_outside`: 1 where only messages to somebody outside of the domain bear it.
    "mailflow_footer": f"""
SELECT p.slug AS platform, n.name AS domain, own_name.name AS login_domain, own.local_part AS login, f.text AS text,
       f.html AS html, CASE WHEN f.only_outside THEN 1 ELSE 0 END AS only_outside, e.first_name AS first_name,
       e.last_name AS last_name, e.display_name AS display_name
  FROM {_ATTACHED}
  JOIN domains_footer f ON f.domain_id = d.id AND f.active
  JOIN accounts_emailaccount e ON e.service_id = d.service_id AND e.state = 'active'
  JOIN accounts_address own ON own.id = e.address_id
  JOIN domains_name own_name ON own_name.id = own.name_id
 WHERE {_ACTIVE}""",
}

COLUMNS = {
    "mailflow_platform": ("platform", "mx_hosts", "imap_host", "smtp_host", "outbound_addresses", "spf_include"),
    "mailflow_domain": ("platform", "domain", "mode", "target"),
    "mailflow_owner": ("platform", "domain", "organization", "service"),
    "mailflow_recipient": ("platform", "domain", "local_part", "mailbox", "quota", "used", "account"),
    "mailflow_catch_all": ("platform", "domain", "account", "mailbox", "quota", "used", "mode"),
    "mailflow_forward": ("platform", "domain", "local_part", "account", "target", "outside", "keep", "number"),
    "mailflow_group": ("platform", "domain", "local_part", "senders", "number", "organization"),
    "mailflow_member": ("platform", "domain", "local_part", "group_number", "target", "outside", "number", "plain"),
    "mailflow_group_sender": ("group_number", "address"),
    "mailflow_login": (
        "platform",
        "domain",
        "local_part",
        "device",
        "password",
        "mailbox",
        "quota",
        "lockout_threshold",
        "lockout_reset",
        "lockout_duration",
        "lockout_everybody",
        "blocked",
        "number",
        "web_only",
        "must_change",
        "password_at",
        "max_age",
        "expires_from",
    ),
    "mailflow_rule": (
        "platform",
        "domain",
        "local_part",
        "number",
        "position",
        "match_any",
        "conditions",
        "actions",
        "outside",
    ),
    "mailflow_reply": (
        "platform",
        "domain",
        "local_part",
        "subject",
        "text",
        "starts",
        "ends",
        "days",
        "audience",
    ),
    "mailflow_alias": ("platform", "domain", "local_part", "alias"),
    "mailflow_sibling": ("platform", "domain", "sibling"),
    "mailflow_sender": ("platform", "domain", "local_part", "login", "mailbox", "service", "organization"),
    "mailflow_spam": ("platform", "domain", "action", "threshold"),
    "mailflow_listed": ("platform", "domain", "kind", "sender"),
    "mailflow_dkim": ("platform", "domain", "selector", "private_key", "number"),
    "mailflow_footer": (
        "platform",
        "domain",
        "login_domain",
        "login",
        "text",
        "html",
        "only_outside",
        "first_name",
        "last_name",
        "display_name",
    ),
}

# PostgreSQL alone: plans that are kept for whoever does not prepare its questions, as Dovecot. Planning the joins of a
# view costs five times the answer. With the rights of whoever calls them.
FUNCTIONS = {
    "mailflow_mailbox(text, text, text)": """
RETURNS TABLE (account text, mailbox text, quota bigint) LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN QUERY SELECT CAST(r.account AS text), CAST(r.mailbox AS text), r.quota FROM mailflow_recipient r
    WHERE r.platform = $1 AND r.domain = $2 AND r.local_part = $3;
END $$""",
}

# Apps whose migrations may alter a table under a view.
APPS = frozenset({"panel", "domains", "accounts", "mailflow"})

READER = "mailflow_reader"  # sees the views and nothing else
WRITER = "mailflow_writer"  # writes these tables and sees nothing else
WRITTEN = ("mailflow_use", "mailflow_failure", "mailflow_block", "mailflow_deviceuse", "mailflow_trace")
