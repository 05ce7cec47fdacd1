"""`manage.py mailflow render|up|serve|check`: the mail servers of one machine."""

from __future__ import annotations

import shutil
import smtplib
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from panel.commands import Done, Verb, VerbParser

STRANGER = "you@example.net"
SECONDS = 10  # for the first message
DIRECTORY = Path("/var/lib/mailflow")
PORTS = {"smtp_port": 25, "submission_port": 587, "imap_port": 993}
TRIAL_WEBMAIL = 2080
TRIAL = {"smtp_port": 2525, "submission_port": 2587, "imap_port": 2993}


class Command(Verb):
    help = "Postfix and Dovecot that follow the panel: write their configurations, start them, ask how they are."

    def arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=VerbParser)
        render = verbs.add_parser("render", help="write complete configurations")
        render.add_argument("dir", metavar="DIR", type=Path)
        up = verbs.add_parser("up", help="render, check and start everything in the foreground, as root")
        up.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        up.add_argument(
            "--trial", action="store_true", help="on high ports of this machine, and say how to send a first message"
        )
        for verb in (render, up):
            verb.add_argument("--platform", metavar="SLUG", help="default: the default platform")
            verb.add_argument("--smtp-port", metavar="N", type=_port, default=25, help="STARTTLS offered (25)")
            verb.add_argument("--submission-port", metavar="N", type=_port, default=587, help="STARTTLS (587)")
            verb.add_argument("--imap-port", metavar="N", type=_port, default=993, help="TLS from the start (993)")
            verb.add_argument(
                "--submissions-port",
                metavar="N",
                type=_port,
                default=0,
                help="submission with TLS from the start (off)",
            )
            verb.add_argument(
                "--sieve-port", metavar="N", type=_port, default=0, help="ManageSieve with STARTTLS, as 4190 (off)"
            )
            verb.add_argument(
                "--native-lookup", action="store_true", help="hosts from the system's hosts file, not from the DNS"
            )
            verb.add_argument(
                "--listen",
                metavar="ADDRESS",
                action="append",
                default=[],
                help="default: all addresses; with --native-lookup 127.0.0.1",
            )
            verb.add_argument(
                "--spam",
                action="store_true",
                default=settings.MAIL_SPAM,
                help="with a spam filter, rspamd: some 200 MB of memory (MAIL_SPAM)",
            )
            verb.add_argument(
                "--webmail-port",
                metavar="N",
                type=_port,
                default=0,
                help="with a webmail, Roundcube, by HTTP on this port of 127.0.0.1 (off)",
            )
            verb.add_argument("--dovecot", metavar="VERSION", default="", help="default: the one that is installed")
        serve = verbs.add_parser("serve", help="the policy server alone, for a directory that was rendered")
        serve.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        agent = verbs.add_parser("agent", help="what `up` starts beside the servers: inbox, queue, purge")
        agent.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        trace = verbs.add_parser("trace", help="what `up` starts beside the servers: follows their logs")
        trace.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        purge = verbs.add_parser("purge", help="delete the directories of mailboxes whose days are over")
        purge.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        purge.add_argument(
            "--orphans",
            action="store_true",
            help="also those that the database knows nothing of: be sure that it is the one",
        )
        check = verbs.add_parser("check", help="say whether the running servers are in step")
        check.add_argument("--dir", metavar="DIR", type=Path, default=DIRECTORY)
        check.add_argument("--local", action="store_true", help="only what runs here, nothing that the DNS says")
        verbs.add_parser(
            "roles", help="make the servers' roles on PostgreSQL, as MAIL_READER_URL and MAIL_WRITER_URL say"
        )
        check.add_argument("--days", type=int, default=14, help="for which certificates must still be valid")
        for verb in verbs.choices.values():
            verb.add_argument("--json", action="store_true", default=SUPPRESS, help="answer with JSON")

    def act(self, *, verb: str, **options: Any) -> Done:
        done: Done = getattr(self, f"_{verb}")(**options)
        return done

    def _render(self, *, dir: Path, **options: Any) -> Done:
        from mailflow import rendering

        plan = self._plan(dir, **options)
        rendering.write(plan)
        files = sorted(str(path) for path in plan.directory.rglob("*") if path.suffix in {".cf", ".conf", ".sql"})
        data = {"platform": plan.platform, "directory": str(plan.directory), "files": files}
        return Done(data, "\n".join(files))

    def _up(self, *, dir: Path, **options: Any) -> Done:
        from mailflow import rendering, running

        trial = options.pop("trial")
        if trial:
            options |= {name: port for name, port in TRIAL.items() if options[name] == PORTS[name]}
            options["native_lookup"] = True
            # Of what is optional, whatever is installed.
            options["spam"] = options["spam"] or running.can_filter()
            options["webmail_port"] = options["webmail_port"] or (TRIAL_WEBMAIL if running.has_webmail() else 0)
        plan = self._plan(dir, **options)
        rendering.write(plan)
        running.require_usable(plan)

        def ready() -> None:
            self.stdout.write("ready")
            if trial:
                self.stdout.write(first_message(plan))
                self.stdout.write(delivered(plan))
            self.stdout.flush()

        running.run(plan, say=self.say, ready=ready)
        return Done({"platform": plan.platform})

    def _serve(self, *, dir: Path, **options: Any) -> Done:
        from mailflow import serving

        path = dir / "policy.json"
        if not path.exists():
            self.refuse("not-rendered", _("%(path)s is missing: render first.") % {"path": path})
        serving.run(serving.Setup.read(path), ready=lambda: self.say("ready"))
        return Done({})

    def _agent(self, *, dir: Path, **options: Any) -> Done:
        from mailflow import agent

        agent.run(self._directory(dir), ready=lambda: self.say("ready"))
        return Done({})

    def _trace(self, *, dir: Path, **options: Any) -> Done:
        from mailflow.trace import tracing

        tracing.run(self._directory(dir), ready=lambda: self.say("ready"))
        return Done({})

    def _purge(self, *, dir: Path, orphans: bool, **options: Any) -> Done:
        from mailflow import purging
        from mailflow.agent import Machine

        machine = Machine.of(self._directory(dir))
        gone = purging.purge(machine.mail, machine.platform)
        for directory in purging.orphans(machine.mail) if orphans else []:
            shutil.rmtree(directory)
            gone += 1
        return Done({"purged": gone}, ngettext("%(n)d mailbox deleted", "%(n)d mailboxes deleted", gone) % {"n": gone})

    def _directory(self, directory: Path) -> Path:
        path = directory.absolute() / "policy.json"
        if not path.exists():
            self.refuse("not-rendered", _("%(path)s is missing: render first.") % {"path": path})
        return directory.absolute()

    def _roles(self, **options: Any) -> Done:
        from mailflow.making import make_roles

        made = make_roles()
        return Done({"roles": made}, "\n".join(made))

    def _check(self, *, dir: Path, days: int, local: bool, **options: Any) -> Done:
        from mailflow.checking import findings

        path = dir / "policy.json"
        if not path.exists():
            self.refuse("not-rendered", _("%(path)s is missing: render first.") % {"path": path})
        found = findings(dir.absolute(), days=days, local=local)
        data = [{"what": item.what, "ok": item.ok, "text": item.text} for item in found]
        text = "\n".join(f"{'ok' if item.ok else '!!'}  {item.what}: {item.text}" for item in found)
        return Done(data, text, 0 if all(item.ok for item in found) else 1)

    def _plan(self, directory: Path, **options: Any) -> Any:
        from mailflow.planning import plan_of
        from mailflow.rendering import Ports

        ports = Ports(
            options["smtp_port"],
            options["submission_port"],
            options["imap_port"],
            options["submissions_port"],
            options["sieve_port"],
        )
        listen = tuple(options["listen"]) or (("127.0.0.1",) if options["native_lookup"] else ())
        return plan_of(
            directory,
            options["platform"],
            ports,
            native=options["native_lookup"],
            addresses=listen,
            dovecot=options["dovecot"],
            spam=options["spam"],
            webmail=options["webmail_port"],
        )


def first_account(plan: Any) -> Any:
    """Whose mail arrives on this machine; None where there is none yet."""
    from accounts.models import EmailAccount

    accounts = EmailAccount.objects.filter(state=EmailAccount.State.ACTIVE, domain__platform__slug=plan.platform)
    return accounts.select_related("service").filter(domain__state="verified").order_by("pk").first()


def delivered(plan: Any) -> str:
    """Send a first message as a stranger does, and say where the panel shows it; empty where nobody receives."""
    account = first_account(plan)
    if account is None:
        return ""
    address = account.shown_address
    text = (
        f"From: {STRANGER}\r\nTo: {address}\r\nSubject: A first message\r\n\r\nIt came by SMTP, as any other does.\r\n"
    )
    try:
        with smtplib.SMTP(plan.addresses[0], plan.ports.smtp, "stranger.example", SECONDS) as client:
            client.sendmail(STRANGER, address, text)
    except (OSError, smtplib.SMTPException) as error:
        return _("The first message to %(address)s was not taken: %(error)s") % {"address": address, "error": error}
    page = settings.PUBLIC_URL + reverse("accounts:account", args=[account.service.name, account.pk])
    return _("\nA first message has been delivered to %(address)s. Its page in the panel shows it:\n   %(page)s") % {
        "address": address,
        "page": page,
    }


def first_message(plan: Any) -> str:
    """How to send a message to this machine and read it, for whoever tries it out."""
    found = first_account(plan)
    address = found.shown_address if found else "jan@aurora.example"
    webmail = ""
    if plan.webmail:
        webmail = _("Webmail: %(address)s\n") % {"address": f"http://127.0.0.1:{plan.webmail}/"}
    return webmail + _(
        "\n"
        "1. An account: configure one in the panel, or give one that is there another password (%(address)s).\n"
        "2. Send to it:\n"
        "   printf 'Subject: hello\\n\\nhello\\n' |\n"
        "   curl smtp://127.0.0.1:%(smtp)d --mail-from you@example.net --mail-rcpt %(address)s --crlf -T -\n"
        "3. Read it, with the account's password:\n"
        "   curl -k 'imaps://127.0.0.1:%(imap)d/INBOX;MAILINDEX=1' --user %(address)s\n"
        "4. Mail programs: SMTP 127.0.0.1:%(submission)d (STARTTLS), IMAP 127.0.0.1:%(imap)d (TLS).\n"
        "Logs: %(logs)s. Ctrl-C stops everything."
    ) % {
        "address": address,
        "smtp": plan.ports.smtp,
        "submission": plan.ports.submission,
        "imap": plan.ports.imap,
        "logs": plan.directory / "log",
    }


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(_("a port is a number from 1 to 65535; 0 is off"))
    return int(text)
