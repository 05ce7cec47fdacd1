"""main.cf and master.cf. Pure: texts from a plan.

No address class decides anything, since each smtpd keeps what it resolved for its whole life: the classes are empty,
the verdict on a recipient is the policy server's at each RCPT, and the list ends with `reject`.
"""

from __future__ import annotations

from .plan import Plan

HEADER = "# Written by `manage.py mailflow render`: change the panel or its settings, not this file.\n"

DELIVERING = 40  # messages at once
OF_ONE_ENTRANCE = 10

# What a careful postmaster may want and what refuses good mail here and there: off, with the line that switches it on.
OPTIONS = """
# Refuse those who greet with a name that does not exist:
#   smtpd_helo_restrictions = reject_non_fqdn_helo_hostname, reject_unknown_helo_hostname
# Refuse senders whose domain does not exist:
#   smtpd_sender_restrictions = reject_non_fqdn_sender, reject_unknown_sender_domain
# Test strangers for a few seconds before they may speak: in master.cf replace smtpd by postscreen (POSTSCREEN_README)
#   postscreen_greet_action = enforce
"""


def main_cf(plan: Plan, *, daemons: str = "/usr/lib/postfix/sbin") -> str:
    values = {
        "compatibility_level": "3.6",
        "queue_directory": plan.spool,
        "data_directory": plan.directory / "data",
        "command_directory": "/usr/sbin",
        "daemon_directory": daemons,
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "maillog_file": "/dev/stdout",
        "enable_long_queue_ids": "yes",  # the message trace tells messages apart by them
        "myhostname": plan.host,
        "mydomain": plan.host.partition(".")[2] or plan.host,
        "myorigin": "$myhostname",
        "inet_interfaces": ", ".join(plan.addresses) or "all",
        "inet_protocols": "all" if plan.ipv6 else "ipv4",
        # Nothing is decided by class.
        "mydestination": "",
        "mynetworks": "",
        "relay_domains": "",
        "virtual_mailbox_domains": "",
        "virtual_alias_domains": "",
        "parent_domain_matches_subdomains": "",
        "local_recipient_maps": "",
        "alias_maps": "",
        "alias_database": "",
        "local_transport": "error:5.1.1 there is no local mail",
        "virtual_alias_maps": ", ".join(
            filter(None, (_postmaster(plan), f"socketmap:unix:{plan.policy}/socketmap:expand"))
        ),
        "virtual_alias_expansion_limit": 10_000,
        "transport_maps": f"socketmap:unix:{plan.policy}/socketmap:route",
        # How addresses are read.
        "recipient_delimiter": "+",
        "smtputf8_enable": "no",
        "allow_percent_hack": "no",
        "swap_bangpath": "no",
        # Whoever comes.
        "smtpd_helo_required": "yes",
        "disable_vrfy_command": "yes",
        "local_header_rewrite_clients": "",
        "smtpd_discard_ehlo_keywords": "etrn",
        "smtpd_relay_restrictions": "",
        "smtpd_recipient_restrictions": _restrictions(plan, "inbound"),
        "smtpd_reject_unlisted_recipient": "no",
        "smtpd_data_restrictions": "reject_unauth_pipelining",
        # Nobody smuggles a second message behind an end that only half the world takes for one (CVE-2023-51764);
        # Postfix before 3.9 has to be told.
        "smtpd_forbid_bare_newline": "normalize",
        "smtpd_banner": "$myhostname ESMTP",
        "message_size_limit": 50 * 1024 * 1024,
        "mailbox_size_limit": 0,
        "smtpd_sasl_type": "dovecot",
        "smtpd_sasl_path": f"{plan.policy}/sasl",
        "smtpd_sasl_security_options": "noanonymous",
        # TLS.
        "smtpd_tls_chain_files": f"{plan.key}, {plan.certificate}",
        "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "yes",
        "smtpd_tls_protocols": ">=TLSv1.2",
        "smtpd_tls_mandatory_protocols": ">=TLSv1.2",
        "smtpd_tls_loglevel": 1,
        "smtp_tls_security_level": "may",
        "smtp_tls_loglevel": 1,
        "tls_preempt_cipherlist": "no",
        # Passing on.
        # Where Dovecot takes long over a mailbox or breaks down, because of a script that somebody has put there, the
        # rest goes on: each domain has one of several entrances, and no entrance is closed.
        "lmtp_destination_concurrency_limit": OF_ONE_ENTRANCE,
        "lmtp_destination_concurrency_failed_cohort_limit": 0,
        "lmtp_destination_concurrency_negative_feedback": 0,
        "lmtp_destination_recipient_limit": 50,
        "smtp_connect_timeout": "15s",
        "in_flow_delay": "0s",
        # What waits for a server of ours that was away goes on soon after it is back; delays still double.
        "queue_run_delay": "30s",
        "minimal_backoff_time": "30s",
        "transport_retry_time": "10s",
    }
    if plan.native:
        values |= {"smtp_dns_support_level": "disabled", "smtp_host_lookup": "native", "lmtp_host_lookup": "native"}
    lines = [f"{name} = {value}".rstrip() for name, value in values.items()]
    return HEADER + "\n".join(lines) + "\n" + OPTIONS


def _postmaster(plan: Plan) -> str:
    """Where <postmaster> without a domain goes, which every SMTP server takes."""
    if not plan.postmaster:
        return ""
    entries = ", ".join(
        f"{{ {name}@{plan.host} = {plan.postmaster} }}" for name in ("postmaster", "abuse", "mailer-daemon")
    )
    return f"inline:{{ {entries} }}"


def _restrictions(plan: Plan, context: str) -> str:
    service = (
        f"check_policy_service {{ unix:{plan.policy}/verdict, timeout=12s, policy_context={context}, "
        "{ default_action = 451 4.3.0 The mail system cannot look this up now: try again later } }"
    )
    return f"reject_non_fqdn_recipient, {service}, reject"


# What strangers say of themselves, where our own filter says it.
FORGED = "-o { header_checks = regexp:{ { /^X-Spam(-[A-Za-z]+)?:/ IGNORE } } }"


def master_cf(plan: Plan) -> str:
    lines = []
    for address in plan.listening:
        at = f"{_bracketed(address)}:" if address else ""
        lines += [f"{at}{plan.ports.smtp} inet n - n - - smtpd", *_ASKING, *_INBOUND, *_filter(plan)]
        for port, extra in ((plan.ports.submission, _STARTTLS), (plan.ports.submissions, _WRAPPED)):
            if port:
                lines += [f"{at}{port} inet n - n - - smtpd", *_ASKING, *_submission(plan), *extra]
    services = SERVICES.replace("@MAPS@", f"socketmap:unix:{plan.policy}/socketmap:sender")
    services = services.replace("  @FORGED@\n", f"  {FORGED}\n" if plan.spam else "")
    services = services.replace("@DELIVERING@", str(DELIVERING))
    return HEADER + "\n".join(lines) + "\n" + services


# smtpd resolves addresses too, to no end here: a service of its own spares the policy server the question.
_ASKING = ["  -o rewrite_service_name=rewrite-smtpd"]
_INBOUND = ["  -o cleanup_service_name=cleanup-inbound"]
_STARTTLS = ["  -o smtpd_tls_security_level=encrypt"]
_WRAPPED = ["  -o smtpd_tls_wrappermode=yes"]


def _filter(plan: Plan) -> list[str]:
    """The spam filter, which is asked about what was accepted at RCPT. While it is away mail passes as it is."""
    if not plan.spam:
        return []
    return [
        f"  -o smtpd_milters=unix:{plan.policy}/screen",
        "  -o milter_protocol=6",
        "  -o milter_default_action=accept",
        "  -o milter_connect_timeout=3s",
        "  -o milter_command_timeout=5s",
        "  -o milter_content_timeout=30s",
    ]


def _submission(plan: Plan) -> list[str]:
    return [
        "  -o syslog_name=postfix/submission",
        "  -o max_use=1",  # one session, one process: the one whose session is ended serves nobody else
        "  -o smtpd_sasl_auth_enable=yes",
        f"  -o {{ smtpd_recipient_restrictions = {_restrictions(plan, 'submission')} }}",
        f"  -o smtpd_milters=unix:{plan.policy}/milter",
        "  -o milter_protocol=6",
        "  -o milter_default_action=tempfail",
    ]


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


SERVICES = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
cleanup-inbound unix n - n - 0 cleanup
  -o sender_canonical_classes=envelope_sender
  -o sender_canonical_maps=@MAPS@
  @FORGED@
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
rewrite-smtpd unix - - n - - trivial-rewrite
  -o transport_maps=
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
  -o syslog_name=postfix/relay
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
lmtp unix - - n - @DELIVERING@ lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
