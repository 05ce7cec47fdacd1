"""Roundcube on Debian's package, as PHP's own web server runs it on loopback. Pure: texts from a plan.

Whatever it shares with the webmail of docker-compose.yml is in `mailflow/webmail`, which is copied beside it.
"""

from __future__ import annotations

from pathlib import Path

from .plan import Plan

SOURCE = Path("/var/lib/roundcube")  # of the package roundcube-core
LINKED = ("program", "skins", "SQL", "vendor", "index.php", "plugins/filesystem_attachments", "plugins/jqueryui")
USER = "www-data"
HEADER = "<?php\n// Written by `manage.py mailflow render`: change the panel or its settings, not this file.\n\n"
UPLOAD = "30M"


def config(plan: Plan) -> str:
    host = plan.addresses[0] if plan.addresses else "127.0.0.1"
    submission = f"tls://{host}:{plan.ports.submission}"
    if not plan.ports.submission:
        submission = f"ssl://{host}:{plan.ports.submissions}"
    values = {
        "db_dsnw": f"sqlite:///{plan.web}/data/roundcube.db?mode=0600",
        "des_key": plan.webmail_key,
        "imap_host": f"ssl://{host}:{plan.ports.imap}",
        "smtp_host": submission,
        "log_driver": "stdout",
        "temp_dir": f"{plan.web}/data/temp",
        "configureme_panel": plan.panel,
        "support_url": f"{plan.panel.rstrip('/')}/mailbox/",
    }
    lines = [f"$config['{name}'] = {_quoted(value)};" for name, value in values.items()]
    # The servers are this machine: the certificate names the platform's host.
    own = "['ssl' => ['verify_peer' => false, 'verify_peer_name' => false, 'allow_self_signed' => true]]"
    lines += [f"$config['{name}_conn_options'] = {own};" for name in ("imap", "smtp")]
    lines += ["$config['proxy_whitelist'] = ['127.0.0.1', '::1'];", "", f"require '{plan.web}/common.php';"]
    return HEADER + "\n".join(lines) + "\n"


def command(plan: Plan) -> list[str]:
    """What follows the program's name."""
    limits = {"upload_max_filesize": UPLOAD, "post_max_size": UPLOAD, "expose_php": "0", "display_errors": "0"}
    limits |= {"session.gc_probability": "1", "date.timezone": "UTC"}
    options = [word for name, value in limits.items() for word in ("-d", f"{name}={value}")]
    return [*options, "-S", f"127.0.0.1:{plan.webmail}", "-t", str(plan.web), str(plan.web / "router.php")]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
