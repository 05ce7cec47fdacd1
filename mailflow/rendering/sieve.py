"""What Dovecot is told of Sieve, for 2.3 and for 2.4, and the program by which Sieve sends. Pure: texts from a plan.

First runs the script `panel`, which the policy server makes of an account's rules and reply; then, while the message is
still kept, the script that the person has put there by ManageSieve. Neither has `regex`: an expression that refers back
to its own groups takes hours and no limit of time holds inside it.
"""

from __future__ import annotations

from .plan import Plan

MOST_REDIRECTS = 20  # more than the rules of an account have
MOST_ACTIONS = 400
OWN_SCRIPTS = 10
CPU_SECONDS = 2  # of one script and message
PATIENCE = 120  # seconds

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


def protocols(plan: Plan) -> tuple[str, ...]:
    return ("imap", "lmtp", *(("sieve",) if plan.ports.sieve else ()))


def conf_2_3(plan: Plan) -> str:
    return f"""\
sendmail_path = {plan.sendmail}
protocol lmtp {{
  mail_plugins = $mail_plugins sieve
}}
plugin {{
  sieve = file:~/sieve;active=~/.dovecot.sieve
  sieve_before = dict:proxy:{plan.use}/sieve:sieve;name=panel
  sieve_extensions = -enotify -regex
  sieve_max_cpu_time = {CPU_SECONDS}s
  sieve_redirect_envelope_from = recipient
  sieve_vacation_send_from_recipient = yes
  sieve_max_script_size = 4M
  sieve_max_actions = {MOST_ACTIONS}
  sieve_max_redirects = {MOST_REDIRECTS}
  sieve_quota_max_scripts = {OWN_SCRIPTS}
  sieve_quota_max_storage = 1M
}}
{_managesieve(plan)}"""


def conf_2_4(plan: Plan) -> str:
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
sieve_script panel {{
  type = before
  driver = dict
  name = panel
  dict proxy {{
    name = sieve
    socket_path = {plan.use}/sieve
  }}
}}
sieve_extensions {{
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
{_managesieve(plan)}"""


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
