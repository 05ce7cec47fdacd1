"""dovecot.conf, for 2.3 and for 2.4, whose language differs. Pure: texts from a plan.

Somebody signs in as `jan@aurora.example` with the password, or as `jan@aurora.example*phone` with the secret of one
device: both are rows of `mailflow_login` (docs/decisions/0132-a-device-signs-in-by-name.md).
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

from ..databases import GRACE_MIB, sqlite_path
from . import sieve
from .plan import VMAIL, Plan

HEADER = "# Written by `manage.py mailflow render`: change the panel or its settings, not this file.\n"
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567890.-_@,+*"


# Whom the client says that it signs in for, where it is a trusted one, and where it is itself.
REMOTE = "remote=%{rip} real=%{real_rip}"
LMTP = """\
  unix_listener {path} {{
    mode = 0600
    user = postfix
  }}
"""
UNLIMITED = {False: "0", True: "unlimited"}  # by whether it is 2.4
# PostgreSQL plans each of Dovecot's questions anew. To look for another order of a view's joins than the one that it is
# written in, which fits, cost three times what the answer does.
JOINS_AS_WRITTEN = "-c join_collapse_limit=1 -c from_collapse_limit=1"
GRACE = f"{GRACE_MIB}M"  # by which the last message may pass the limit: not everybody says before how large it is


def dovecot_conf(plan: Plan) -> str:
    return HEADER + (_conf_2_4(plan) if plan.dovecot >= (2, 4) else _conf_2_3(plan))


def sql_conf(plan: Plan, *, device: bool) -> str:
    """Of Dovecot 2.3, which keeps its queries in files of their own."""
    path = sqlite_path(plan.database)
    lines = [f"driver = {'pgsql' if path is None else 'sqlite'}", f"connect = {path or _pgsql(plan.database)}"]
    owner = ("%{login_username}", "%{login_domain}") if device else ("%Ln", "%Ld")
    lines += [
        f"password_query = {_password_query(plan, *owner, device='%Lu' if device else '')}",
        f"user_query = {_user_query(plan, '%Ln', '%Ld')}",
        f"iterate_query = {_iterate_query(plan)}",
    ]
    return HEADER + "\n".join(lines) + "\n"


def _password_query(plan: Plan, local: str, domain: str, *, device: str) -> str:
    # A device's row answers for the name behind the `*`, the password's for the account itself.
    user = "device" if device else "local_part || '@' || domain"
    return (
        f"SELECT {user} AS user, password, '{plan.mail}/' || mailbox AS userdb_home, "
        f"{_quota(plan)} AS userdb_{_quota_field(plan)} FROM mailflow_login "
        f"WHERE platform = '{plan.platform}' AND domain = '{domain}' AND local_part = '{local}' "
        f"AND device = '{device}'" + (" AND device <> ''" if device else "")
    )


def _user_query(plan: Plan, local: str, domain: str) -> str:
    fields = f"SELECT account AS user, '{plan.mail}/' || mailbox AS home, {_quota(plan)} AS {_quota_field(plan)} FROM "
    if sqlite_path(plan.database) is None:
        return f"{fields}mailflow_mailbox('{plan.platform}', '{domain}', '{local}')"
    where = f"WHERE platform = '{plan.platform}' AND domain = '{domain}' AND local_part = '{local}'"
    return f"{fields}mailflow_recipient {where}"


def _quota_field(plan: Plan) -> str:
    return "quota_storage_size" if plan.dovecot >= (2, 4) else "quota_rule"


def _quota(plan: Plan) -> str:
    """A mailbox's limit in Dovecot's words, from the column in MiB."""
    rule = "" if plan.dovecot >= (2, 4) else "*:storage="
    return f"CASE WHEN quota = 0 THEN '{rule}{UNLIMITED[plan.dovecot >= (2, 4)]}' ELSE '{rule}' || quota || 'M' END"


def _iterate_query(plan: Plan) -> str:
    return f"SELECT DISTINCT account AS user FROM mailflow_recipient WHERE platform = '{plan.platform}'"


def _pgsql(url: str) -> str:
    return " ".join(f"{name}={_quoted(value)}" for name, value in _parameters(url).items())


def _parameters(url: str) -> dict[str, str]:
    """libpq's, from an address like DATABASE_URL."""
    parts = urlsplit(url)
    found = {
        "host": unquote(parts.hostname or ""),
        "port": str(parts.port or ""),
        "dbname": unquote(parts.path.removeprefix("/")),
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "connect_timeout": "3",
        "options": JOINS_AS_WRITTEN,
        **dict(parse_qsl(parts.query)),
    }
    return {name: value for name, value in found.items() if value}


def _quoted(value: str) -> str:
    if re.fullmatch(r"[\w./@:-]+", value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _listen(plan: Plan) -> str:
    return ", ".join(plan.addresses) or ("*, ::" if plan.ipv6 else "*")


def _trusted(plan: Plan) -> str:
    """Whose word is taken for where their users are: a network is shut out, not the webmail with everybody in it."""
    return f"\nlogin_trusted_networks = {' '.join(plan.webmail_from)}" if plan.webmail_from else ""


def _services(plan: Plan) -> str:
    """The same words in both versions."""
    # SQLite in WAL is read by those only who could write it.
    worker = plan.owner_name if sqlite_path(plan.database) else "$default_internal_user"
    return f"""
service auth {{
  vsz_limit = 512M
  unix_listener {plan.run}/dovecot-auth {{
    mode = 0600
    user = {plan.owner_name}
  }}
}}
service auth-worker {{
  vsz_limit = 512M
  user = {worker}
}}
service lmtp {{
{"".join(LMTP.format(path=path) for path in plan.lmtp)}}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {plan.ports.imap}
    ssl = yes
  }}
}}
# Tries with wrong passwords are counted by the policy server, for each account and network: an office is not made to
# wait for one of its members.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
"""


def _conf_2_3(plan: Plan) -> str:
    return (
        f"""\
base_dir = {plan.run}/dovecot
hostname = {plan.host}
state_dir = {plan.directory}/dovecot/state
log_path = /dev/stderr
protocols = {" ".join(sieve.protocols(plan))}
listen = {_listen(plan)}{_trusted(plan)}
ssl = required
ssl_cert = <{plan.certificate}
ssl_key = <{plan.key}
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login
auth_username_format = %Lu
auth_username_chars = {CHARACTERS}
auth_master_user_separator = *
auth_policy_server_url = http://127.0.0.1:{plan.policy_port}/
auth_policy_server_api_header = X-Mailflow: {plan.policy_secret}
auth_policy_hash_nonce = {plan.nonce}
auth_policy_check_after_auth = no
auth_policy_request_attributes = login=%{{requested_username}} user=%{{orig_user}} {REMOTE} protocol=%s
recipient_delimiter = +
mail_uid = {VMAIL}
mail_gid = {VMAIL}
first_valid_uid = {VMAIL}
mail_location = maildir:~/Maildir
mail_fsync = optimized
mail_plugins = quota quota_clone
protocol imap {{
  mail_plugins = $mail_plugins imap_quota
}}
plugin {{
  quota = count:User quota
  quota_vsizes = yes
  quota_grace = {GRACE}
  quota_clone_dict = proxy:{plan.use}/use:use
}}
passdb {{
  driver = sql
  args = {plan.directory}/dovecot/device.conf
  master = yes
}}
passdb {{
  driver = sql
  args = {plan.directory}/dovecot/sql.conf
}}
userdb {{
  driver = prefetch
}}
userdb {{
  driver = sql
  args = {plan.directory}/dovecot/sql.conf
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""
        + sieve.conf_2_3(plan)
        + _services(plan)
    )


def _conf_2_4(plan: Plan) -> str:
    path = sqlite_path(plan.database)
    if path is None:
        parameters = _parameters(plan.database)
        host = parameters.pop("host", "localhost")
        inner = "".join(f"    {name} = {value}\n" for name, value in parameters.items())
        sql = f"sql_driver = pgsql\npgsql {host} {{\n  parameters {{\n{inner}  }}\n}}"
    else:
        sql = f"sql_driver = sqlite\nsqlite_path = {path}"
    user = ("%{user | username | lower}", "%{user | domain | lower}")
    owner = ("%{login_user | username | lower}", "%{login_user | domain | lower}")
    device = _password_query(plan, *owner, device="%{user | lower}")
    password = _password_query(plan, *user, device="")
    mailbox = _user_query(plan, *user)
    return (
        f"""\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
base_dir = {plan.run}/dovecot
hostname = {plan.host}
state_dir = {plan.directory}/dovecot/state
log_path = /dev/stderr
protocols {{
{"".join(f"  {name} = yes{chr(10)}" for name in sieve.protocols(plan))}}}
listen = {_listen(plan)}{_trusted(plan)}
ssl = required
ssl_server_cert_file = {plan.certificate}
ssl_server_key_file = {plan.key}
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login
auth_username_format = %{{user | lower}}
auth_username_chars = {CHARACTERS}
auth_master_user_separator = *
auth_policy_server_url = http://127.0.0.1:{plan.policy_port}/
auth_policy_server_api_header = X-Mailflow: {plan.policy_secret}
auth_policy_hash_nonce = {plan.nonce}
auth_policy_check_after_auth = no
auth_policy_request_attributes {{
  login = %{{requested_username}}
  user = %{{original_user}}
  remote = %{{remote_ip}}
  real = %{{real_remote_ip}}
  protocol = %{{protocol}}
}}
recipient_delimiter = +
mail_uid = {VMAIL}
mail_gid = {VMAIL}
first_valid_uid = {VMAIL}
mail_driver = maildir
mail_path = ~/Maildir
mail_plugins {{
  quota = yes
  quota_clone = yes
}}
protocol imap {{
  mail_plugins {{
    imap_quota = yes
  }}
}}
quota user {{
}}
quota_storage_grace = {GRACE}
quota_clone {{
  dict proxy {{
    name = use
    socket_path = {plan.use}/use
  }}
}}
{sql}
passdb device {{
  driver = sql
  use_worker = yes
  master = yes
  passdb_sql_query = {device}
}}
passdb password {{
  driver = sql
  use_worker = yes
  passdb_sql_query = {password}
}}
userdb prefetch {{
}}
userdb mailbox {{
  driver = sql
  userdb_sql_query = {mailbox}
  userdb_sql_iterate_query = {_iterate_query(plan)}
}}
"""
        + sieve.conf_2_4(plan)
        + _services(plan).replace("$default_internal_user", "$SET:default_internal_user")
    )
