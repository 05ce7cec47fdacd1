"""What Dovecot is told of Sieve, for 2.3 and for 2.4, and the programs by which Sieve sends and the spam filter learns.
Pure: texts from a plan.

Scripts run in this order, each only while those before it keep the message in the inbox, so that no rule sees and
nothing answers what is filed as spam: those of `before`, which the policy server makes (`sieving.py`), then the script
that the person has put there by ManageSieve. None has `regex`: an expression that refers back to its own groups takes
hours and no limit of time holds inside it.
"""

from __future__ import annotations

from pathlib import Path

from .plan import Plan

SPAM, PANEL = "spam", "panel"  # of a domain; of an account's rules and reply

MOST_REDIRECTS = 20  # more than the rules of an account have
MOST_ACTIONS = 400
OWN_SCRIPTS = 10
CPU_SECONDS = 2  # of one script and message
PATIENCE = 120  # seconds
LESSONS = 200  # messages that wait for the filter; what is moved beyond them is not learned
OCTETS = 1_000_000  # of one
EXTENSIONS = ("editheader", "vnd.dovecot.pipe", "vnd.dovecot.environment")  # of scripts of ours alone

# `sendmail -C` would need rights of root in Postfix's queue, and an SMTP port that trusts this machine would trust
# everybody on it. So the agent is told, by a socket that only the owner of all mail may open. In Perl, which every
# Debian has where anybody may run it; the panel's Python may be in a folder that is closed to the owner of the mail.
SENDMAIL = """\
#!/usr/bin/perl
# Written by `manage.py mailflow render`: hands what Sieve sends to the agent.
use strict;
use warnings;
use IO::Socket::UNIX;

my ($sender, @recipients) = ('');
while (defined(my $word = shift @ARGV)) {{
    if ($word eq '-f') {{ $sender = shift @ARGV; }}
    elsif ($word eq '--') {{ @recipients = @ARGV; last; }}
}}
s/^<|>$|[\\r\\n]//g for $sender, @recipients;
alarm({patience});
my $agent = IO::Socket::UNIX->new(Peer => '{socket}') or exit 75;
binmode STDIN;
binmode $agent;
print $agent map {{ "$_\\n" }} $sender, @recipients, '' or exit 75;
while (read(STDIN, my $part, 65536)) {{ print $agent $part or exit 75; }}
shutdown($agent, 1);
my $answer = <$agent> // '';
exit($answer =~ /^2/ ? 0 : 75);
"""


def sendmail(plan: Plan) -> str:
    return SENDMAIL.format(socket=plan.outgoing, patience=PATIENCE)


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


def before(plan: Plan) -> tuple[str, ...]:
    """Names of scripts that the policy server knows."""
    return (SPAM, PANEL) if plan.spam else (PANEL,)


def protocols(plan: Plan) -> tuple[str, ...]:
    return ("imap", "lmtp", *(("sieve",) if plan.ports.sieve else ()))


def conf_2_3(plan: Plan) -> str:
    scripts = "".join(
        f"  sieve_before{number if number > 1 else ''} = dict:proxy:{plan.use}/sieve:sieve;name={name}\n"
        for number, name in enumerate(before(plan), 1)
    )
    return f"""\
sendmail_path = {plan.sendmail}
protocol lmtp {{
  mail_plugins = $mail_plugins sieve
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
{scripts}  sieve_extensions = -enotify -regex
  sieve_max_cpu_time = {CPU_SECONDS}s
  sieve_redirect_envelope_from = recipient
  sieve_vacation_send_from_recipient = yes
  sieve_max_script_size = 4M
  sieve_max_actions = {MOST_ACTIONS}
  sieve_max_redirects = {MOST_REDIRECTS}
  sieve_quota_max_scripts = {OWN_SCRIPTS}
  sieve_quota_max_storage = 1M
}}
{_learns_2_3(plan)}{_managesieve(plan)}"""


def conf_2_4(plan: Plan) -> str:
    scripts = "".join(
        f"""\
sieve_script {name} {{
  type = before
  driver = dict
  name = {name}
  dict proxy {{
    name = sieve
    socket_path = {plan.use}/sieve
  }}
}}
"""
        for name in before(plan)
    )
    return f"""\
sendmail_path = {plan.sendmail}
protocol lmtp {{
  mail_plugins {{
    sieve = yes
  }}
}}
sieve_script personal {{
  type = personal
  driver = file
  path = ~/sieve
  active_path = ~/.dovecot.sieve
}}
{scripts}sieve_extensions {{
  enotify = no
  regex = no
}}
sieve_max_cpu_time = {CPU_SECONDS}s
sieve_redirect_envelope_from = recipient
sieve_vacation_send_from_recipient = yes
sieve_max_script_size = 4M
sieve_max_actions = {MOST_ACTIONS}
sieve_max_redirects = {MOST_REDIRECTS}
sieve_quota_script_count = {OWN_SCRIPTS}
sieve_quota_storage_size = 1M
{_learns_2_4(plan)}{_managesieve(plan)}"""


def _learns_2_3(plan: Plan) -> str:
    if not plan.spam:
        return ""
    scripts = plan.directory / "rspamd" / "sieve"
    return f"""\
protocol imap {{
  mail_plugins = $mail_plugins imap_sieve
}}
plugin {{
  sieve_plugins = sieve_imapsieve sieve_extprograms
  sieve_global_extensions = {" ".join(f"+{name}" for name in EXTENSIONS)}
  sieve_pipe_bin_dir = {plan.directory}/rspamd/bin
  sieve_pipe_exec_timeout = 5s
  imapsieve_mailbox1_name = Junk
  imapsieve_mailbox1_causes = COPY
  imapsieve_mailbox1_before = file:{scripts}/spam.sieve
  imapsieve_mailbox2_name = *
  imapsieve_mailbox2_from = Junk
  imapsieve_mailbox2_causes = COPY
  imapsieve_mailbox2_before = file:{scripts}/ham.sieve
}}
"""


def _learns_2_4(plan: Plan) -> str:
    if not plan.spam:
        return ""
    scripts = plan.directory / "rspamd" / "sieve"
    extensions = "".join(f"  {name} = yes\n" for name in EXTENSIONS)
    return f"""\
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
    sieve_script_path = {scripts}/spam.sieve
  }}
}}
imapsieve_from Junk {{
  sieve_script learn-ham {{
    sieve_script_type = before
    sieve_script_cause = copy
    sieve_script_path = {scripts}/ham.sieve
  }}
}}
"""


def _managesieve(plan: Plan) -> str:
    if not plan.ports.sieve:
        return ""
    return f"""\
service managesieve-login {{
  inet_listener sieve {{
    port = {plan.ports.sieve}
  }}
}}
"""
