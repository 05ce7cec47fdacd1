"""Sieve in Dovecot: where scripts come from, and what happens when somebody moves mail into Junk or out of it. Pure.

Scripts that run before a mailbox's own run in the order of BEFORE, each only where those before it keep the message in
the inbox: so nothing answers spam.
"""

from __future__ import annotations

from pathlib import Path

from .plan import Plan

LESSONS = 200  # messages that wait for the filter; what is moved beyond them is not learned
OCTETS = 1_000_000  # of one
EXTENSIONS = ("editheader", "vnd.dovecot.pipe", "vnd.dovecot.environment")  # of our own scripts alone


def before(plan: Plan) -> list[str]:
    """Names of scripts that the policy server knows."""
    return ["spam"] if plan.spam else []


def learning(kind: str) -> str:
    """A script for a message that is being moved: `spam` or `ham`."""
    return f"""\
require ["vnd.dovecot.pipe", "copy", "imapsieve", "environment", "variables"];
if environment :is "imap.mailbox" "Trash" {{ stop; }}
if environment :matches "imap.user" "*" {{ set "user" "${{1}}"; }}
pipe :copy :try "learn" ["{kind}", "${{user}}"];
"""


def learn_program(lessons: Path) -> str:
    """Keeps a message for the agent to teach, and lets go of it where too many wait: nobody waits for the filter."""
    return f"""\
#!/bin/sh
# Written by `manage.py mailflow render`.
umask 077
cd '{lessons}' && [ "$(ls | wc -l)" -lt {LESSONS} ] || {{ cat >/dev/null; exit 0; }}
name="$1.$(date +%s%N).$$"
{{ printf '%s\\n' "$2"; head -c {OCTETS}; }} >"tmp.$name" && mv "tmp.$name" "$name"
cat >/dev/null
"""


def sieve_2_3(plan: Plan) -> str:
    names = before(plan)
    if not names:
        return ""
    lines = [
        f"  sieve_before{number if number > 1 else ''} = "
        f"dict:proxy:{plan.use}/sieve:sieve;name={name};bindir=~/.sieve-{name}"
        for number, name in enumerate(names, 1)
    ]
    text = "protocol lmtp {\n  mail_plugins = $mail_plugins sieve\n}\n"
    if plan.spam:
        text += "protocol imap {\n  mail_plugins = $mail_plugins imap_sieve\n}\n"
        lines += [
            "  sieve_plugins = sieve_imapsieve sieve_extprograms",
            f"  sieve_global_extensions = {' '.join(f'+{name}' for name in EXTENSIONS)}",
            f"  sieve_pipe_bin_dir = {plan.directory}/rspamd/bin",
            "  sieve_pipe_exec_timeout = 5s",
            "  imapsieve_mailbox1_name = Junk",
            "  imapsieve_mailbox1_causes = COPY",
            f"  imapsieve_mailbox1_before = file:{plan.directory}/rspamd/sieve/spam.sieve",
            "  imapsieve_mailbox2_name = *",
            "  imapsieve_mailbox2_from = Junk",
            "  imapsieve_mailbox2_causes = COPY",
            f"  imapsieve_mailbox2_before = file:{plan.directory}/rspamd/sieve/ham.sieve",
        ]
    return text + "plugin {\n" + "\n".join(lines) + "\n}\n"


def sieve_2_4(plan: Plan) -> str:
    names = before(plan)
    if not names:
        return ""
    text = "protocol lmtp {\n  mail_plugins {\n    sieve = yes\n  }\n}\n"
    for number, name in enumerate(names, 1):
        text += f"""\
sieve_script before{number} {{
  sieve_script_type = before
  sieve_script_driver = dict
  sieve_script_name = {name}
  sieve_script_bin_path = ~/.sieve-{name}
  dict proxy {{
    name = sieve
    socket_path = {plan.use}/sieve
  }}
}}
"""
    if plan.spam:
        extensions = "".join(f"  {name} = yes\n" for name in EXTENSIONS)
        text += f"""\
protocol imap {{
  mail_plugins {{
    imap_sieve = yes
  }}
}}
sieve_plugins {{
  sieve_imapsieve = yes
  sieve_extprograms = yes
}}
sieve_global_extensions {{
{extensions}}}
sieve_pipe_bin_dir = {plan.directory}/rspamd/bin
sieve_pipe_exec_timeout = 5s
mailbox Junk {{
  sieve_script learn-spam {{
    sieve_script_type = before
    sieve_script_cause = copy
    sieve_script_path = {plan.directory}/rspamd/sieve/spam.sieve
  }}
}}
imapsieve_from Junk {{
  sieve_script learn-ham {{
    sieve_script_type = before
    sieve_script_cause = copy
    sieve_script_path = {plan.directory}/rspamd/sieve/ham.sieve
  }}
}}
"""
    return text
