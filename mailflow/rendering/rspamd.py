"""What rspamd reads beside its package's own files. Pure.

The policy server asks it about mail from outside (`mailflow/protocols/screening.py`); nothing is refused, held or moved
by it (docs/decisions/0396-the-filter-scores-and-delivery-decides.md). What people teach it counts for mail to their own
domain only.
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from .plan import Plan

HEADER = "# Written by `manage.py mailflow render`: change the panel or its settings, not this file.\n"
USER = "_rspamd"
STOCK = "/etc/rspamd/rspamd.conf"
LEARNED = 50  # messages of either kind that a domain must have taught before it counts
MEMORY = "96mb"  # of a Redis of its own
OFF = (
    *("greylist", "ratelimit", "dkim_signing", "arc", "neural", "history_redis", "metadata_exporter", "clickhouse"),
    *(
        "elastic",
        "replies",
        "milter_headers",
        "reputation",
        "url_reputation",
        "mx_check",
        "dcc",
        "spamassassin",
        "maps_stats",
    ),
)
# What asks the DNS or strangers for each message.
ASKING = ("rbl", "fuzzy_check", "asn", "phishing", "spf", "dkim", "dmarc", "url_redirector", "spamtrap")


def files(plan: Plan) -> dict[str, str]:
    """Names below `local.d` and `override.d`, and their texts."""
    found = {
        "options.inc": _options(plan),
        "logging.inc": 'type = "console";\nlevel = "notice";\n',
        "actions.conf": "reject = null;\ngreylist = null;\nadd_header = null;\nrewrite_subject = null;\n",
        "worker-normal.inc": f'bind_socket = "{plan.filter}/scan mode=0660 owner={USER} group=postfix";\ncount = 1;\n',
        "worker-proxy.inc": "enabled = false;\n",
        "worker-fuzzy.inc": "enabled = false;\n",
        "worker-controller.inc": f'bind_socket = "{plan.filter}/controller mode=0600 owner={USER}";\ncount = 1;\n',
        "redis.conf": _redis(plan),
        "classifier-bayes.conf": _bayes(),
        **{f"{name}.conf": "enabled = false;\n" for name in (*OFF, *(ASKING if plan.native else ()))},
    }
    return {f"override.d/{name}": HEADER + text for name, text in found.items()}


def command(plan: Plan) -> list[str]:
    """What follows the program's name."""
    own = plan.directory / "rspamd"
    folders = {"LOCAL_CONFDIR": own, "DBDIR": own / "data", "RUNDIR": own / "data", "LOGDIR": own / "data"}
    names = [f"--var={name}={path}" for name, path in folders.items()]
    return ["-f", "-c", STOCK, "-u", USER, "-g", USER, *names]


def redis_conf(plan: Plan) -> str:
    return (
        HEADER
        + f"""\
port 0
unixsocket {plan.filter}/redis
unixsocketperm 600
dir {plan.directory}/rspamd/redis
dbfilename learned.rdb
save 300 1
maxmemory {MEMORY}
maxmemory-policy allkeys-lru
databases 1
"""
    )


def _options(plan: Plan) -> str:
    lines = [
        f'pidfile = "{plan.directory}/rspamd/data/rspamd.pid";',
        f'control_socket = "{plan.directory}/rspamd/data/control mode=0600";',
        f'hs_cache_dir = "{plan.directory}/rspamd/data";',
        'rrd = "";',
    ]
    if plan.native:
        lines.append("disable_hyperscan = true;")  # it takes a minute to compile
        lines.append('dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }')
    return "\n".join(lines) + "\n"


def _redis(plan: Plan) -> str:
    if not plan.redis:
        return f'servers = "{plan.filter}/redis";\n'
    parts = urlsplit(plan.redis)
    lines = [f'servers = "{parts.hostname or "127.0.0.1"}:{parts.port or 6379}";']
    number = parts.path.strip("/")
    if number:
        lines.append(f'dbname = "{number}";')
    if parts.password:
        lines.append(f'password = "{_escaped(unquote(parts.password))}";')
    if parts.username:
        lines.append(f'username = "{_escaped(unquote(parts.username))}";')
    return "\n".join(lines) + "\n"


def _bayes() -> str:
    """Learned by domain: a message for several of them is not judged by what one of them has taught."""
    return f"""\
backend = "redis";
new_schema = true;
expire = 8640000;
min_learns = {LEARNED};
autolearn = false;
per_user = <<EOD
return function(task)
  local told = task:get_request_header('Deliver-To')
  if told then
    local name = string.match(tostring(told), '@(.+)$')
    return name and string.lower(name) or 'nobody'
  end
  local found
  for _, recipient in ipairs(task:get_recipients('smtp') or {{}}) do
    local name = string.lower(recipient.domain or '')
    if found and found ~= name then
      return 'nobody'
    end
    found = name
  end
  return found or 'nobody'
end
EOD
"""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
