"""Inbox rules, automatic replies and own scripts, as conversations with real Postfix and Dovecot."""

from __future__ import annotations

import email
from collections.abc import Callable
from datetime import timedelta
from email.message import Message

import pytest
from django.utils import timezone
from sievelib.managesieve import Client as ManageSieve

from accounts import aliases
from accounts.inbox_rules import usecases
from accounts.inbox_rules.terms import Audience, Comparison, Deed, ReplyTerms, Rule, RuleAction, RuleCondition, Subject
from accounts.models import EmailAccount, InboxRule, OwnScript
from accounts.policies import change_policy
from domains.models import Domain
from mailflow.deciding import entrance_of
from mailflow.own_scripts import look
from mailflow.rendering.plan import ENTRANCES
from panel.actors import SYSTEM
from tests.factories import make_domain
from tests.mailflow.conftest import PASSWORD, account_at, mailbox_of, signing_key
from tests.mailflow.machine import CONTEXT, MailMachine, soon
from tests.servers.target import SmtpTarget

pytestmark = pytest.mark.django_db(transaction=True)

OTHERS = [f"besides{number}.test" for number in range(20)]  # domains
OWN = 'require ["fileinto", "mailbox"];\nif header :contains "subject" "own" { fileinto :create "Own"; }\n'


@pytest.fixture
def anna(domain: Domain) -> EmailAccount:
    return account_at(domain, "anna")


def about(text: str) -> RuleCondition:
    return RuleCondition(Subject.SUBJECT, Comparison.CONTAINS, text)


def move(folder: str) -> RuleAction:
    return RuleAction(Deed.MOVE, folder)


def given(account: EmailAccount, *rules: tuple[RuleCondition, tuple[RuleAction, ...]]) -> list[InboxRule]:
    made = [Rule(name="", conditions=(condition,), actions=actions) for condition, actions in rules]
    return usecases.put(account, made, by=SYSTEM)


def sorted_into(machine: MailMachine, account: EmailAccount, subject: str) -> dict[str, str]:
    """Folder → flags, of the messages with this subject, once there is one."""

    def found() -> dict[str, str]:
        return {
            folder: flags
            for folder, messages in machine.folders(str(account), PASSWORD).items()
            for one, flags in messages
            if one == subject
        }

    soon(found, f"{subject!r} in a folder of {account}")
    return found()


def sent(machine: MailMachine, account: EmailAccount, subject: str, **headers: str) -> dict[str, str]:
    machine.deliver(str(account), Subject=subject, **headers)
    return sorted_into(machine, account, subject)


def test_a_rule_holds_for_the_next_message_and_so_does_each_change(machine: MailMachine, jan: EmailAccount) -> None:
    assert sent(machine, jan, "invoice 1") == {"INBOX": ""}
    (rule,) = given(jan, (about("INVOICE"), (move("Bills/Ours"),)))
    assert sent(machine, jan, "invoice 2") == {"Bills/Ours": ""}
    changed = Rule(name="", conditions=(about("invoice"),), actions=(move("Paid"), RuleAction(Deed.READ)))
    usecases.change(jan, rule.pk, changed, by=SYSTEM)
    assert sent(machine, jan, "invoice 3") == {"Paid": r"\Seen"}
    usecases.switch(jan, rule.pk, on=False, by=SYSTEM)
    assert sent(machine, jan, "invoice 4") == {"INBOX": ""}
    usecases.switch(jan, rule.pk, on=True, by=SYSTEM)
    assert sent(machine, jan, "invoice 5") == {"Paid": r"\Seen"}
    usecases.delete(jan, rule.pk, by=SYSTEM)
    assert sent(machine, jan, "invoice 6") == {"INBOX": ""}


def test_what_rules_do(machine: MailMachine, jan: EmailAccount) -> None:
    given(
        jan,
        (about("flagged"), (RuleAction(Deed.READ), RuleAction(Deed.FLAG))),
        (about("copied"), (RuleAction(Deed.COPY, "Copies"),)),
        (about("stopped"), (RuleAction(Deed.STOP),)),
        (about("unwanted"), (RuleAction(Deed.DISCARD),)),
        (about("moved"), (move("Moved"),)),
    )
    assert sent(machine, jan, "flagged") == {"INBOX": r"\Flagged \Seen"}
    assert sent(machine, jan, "flagged and moved") == {"Moved": r"\Flagged \Seen"}
    assert sent(machine, jan, "copied") == {"INBOX": "", "Copies": ""}
    assert sent(machine, jan, "stopped, not moved") == {"INBOX": ""}
    machine.deliver(str(jan), Subject="unwanted")
    assert sent(machine, jan, "moved") == {"Moved": ""}
    assert "unwanted" not in str(machine.folders(str(jan), PASSWORD))


@pytest.mark.parametrize(
    ("condition", "fits", "fits_not"),
    [
        (RuleCondition("from", "is", "boss@outside.test"), {"From": "Boss <BOSS@outside.test>"}, {"From": "a@b.test"}),
        (RuleCondition("from", "contains", "Żółw"), {"From": "=?utf-8?q?=C5=BB=C3=B3=C5=82w?= <a@outside.test>"}, {}),
        (RuleCondition("from", "ends", "@outside.test"), {}, {"From": "a@elsewhere.test"}),
        (RuleCondition("to", "contains", "team@"), {"Cc": "team@outside.test"}, {}),
        (RuleCondition("subject", "begins", "[a*]"), {"Subject": "[A*] x"}, {"Subject": "[ab] x"}),
        (RuleCondition("subject", "is-not", "x"), {"Subject": "xy"}, {"Subject": "X"}),
        (RuleCondition("header", "contains", "yes", "X-Shop"), {"X_Shop": "oh yes"}, {"X_Shop": "no"}),
        (RuleCondition("list", "yes"), {"List_Id": "<l.outside.test>"}, {}),
        (RuleCondition("size", "over", "2"), {"body": "x" * 3000}, {}),
        (
            RuleCondition("attachment", "yes"),
            {
                "Content_Type": 'multipart/mixed; boundary="b"',
                "body": "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/pdf\r\n"
                'Content-Disposition: attachment; filename="a.pdf"\r\n\r\nx\r\n--b--',
            },
            {"Content_Type": "text/plain"},
        ),
    ],
    ids=lambda value: f"{value.subject}-{value.comparison}" if isinstance(value, RuleCondition) else "",
)  # fmt: skip
def test_what_conditions_mean(
    machine: MailMachine, jan: EmailAccount, condition: RuleCondition, fits: dict[str, str], fits_not: dict[str, str]
) -> None:
    given(jan, (condition, (move("Fits"),)))
    for headers, folder in ((fits_not, "INBOX"), (fits, "Fits")):
        machine.deliver(str(jan), **{"Subject": "a letter", **headers})
        soon(lambda place=folder: place in machine.folders(str(jan), PASSWORD), f"a message in {folder}")
    assert [len(found) for found in machine.folders(str(jan), PASSWORD).values()] == [1, 1]


# Replies


def replies(target: SmtpTarget) -> list[Message]:
    return [email.message_from_bytes(session.message) for session in target.messages]


def ask(machine: MailMachine, jan: EmailAccount, sender: str, **headers: str) -> None:
    """A letter from there; back once it was delivered, and whatever it made happen was queued."""
    subject = headers.setdefault("Subject", "a question")
    machine.deliver(str(jan), sender, **headers)
    soon(lambda: subject in machine.subjects(str(jan), PASSWORD), f"{subject!r} at {jan}")
    machine.settle()


def test_a_reply_goes_to_each_sender_once_and_is_signed(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    signing_key(jan.domain)  # type: ignore[arg-type]
    usecases.set_reply(jan, ReplyTerms("Nie ma mnie", 'Wracam "jutro"\n.\nżółw ${x}'), by=SYSTEM)
    for number in range(2):
        ask(machine, jan, f"friend@{split}", Subject=f"question {number}")
    ask(machine, jan, f"other@{split}", Subject="another question")
    soon(lambda: len(target.messages) == 2, "two replies")
    assert sorted(session.recipients[0] for session in target.messages) == [f"friend@{split}", f"other@{split}"]
    assert [session.sender for session in target.messages] == ["", ""]
    found = replies(target)[0]
    assert str(jan) in found["From"]
    assert found["Subject"] == "Nie ma mnie"
    assert found["Auto-Submitted"].startswith("auto-replied")
    assert f"d={jan.domain}" in found["DKIM-Signature"]
    text = found.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert text.decode().split() == ["Wracam", '"jutro"', ".", "żółw", "${x}"]


def test_there_is_no_reply_to_machines_lists_and_spam(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    usecases.set_reply(jan, ReplyTerms("", "Away"), by=SYSTEM)
    given(jan, (about("deleted"), (RuleAction(Deed.DISCARD),)))
    unanswered: list[tuple[str, dict[str, str]]] = [
        ("a", {"List_Id": "<l.outside.test>"}),
        ("b", {"Precedence": "bulk"}),
        ("c", {"Auto_Submitted": "auto-generated"}),
        ("d", {"X_Spam": "Yes"}),
        ("noreply", {}),
        ("postmaster", {}),
        ("shop-bounces+1", {}),
        ("e", {"From": "No Reply <no-reply@outside.test>"}),
        ("f", {"To": "undisclosed-recipients:;"}),
    ]
    for number, (name, headers) in enumerate(unanswered):
        ask(machine, jan, f"{name}@{split}", Subject=f"letter {number}", **headers)
    machine.deliver(str(jan), f"g@{split}", Subject="deleted")
    ask(machine, jan, f"friend@{split}", Subject="the last")
    soon(lambda: target.messages, "the one reply")
    machine.settle()
    assert [session.recipients for session in target.messages] == [[f"friend@{split}"]]


def test_a_reply_keeps_its_days_and_its_audience(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    today = timezone.localdate()
    for starts, ends in ((1, 2), (-2, -1)):
        days = ReplyTerms("", f"Away {starts}", today + timedelta(days=starts), today + timedelta(days=ends))
        usecases.set_reply(jan, days, by=SYSTEM)
        ask(machine, jan, f"friend@{split}", Subject=f"not on {starts}")
    outsiders = ReplyTerms("", "For us", today, today, audience=Audience.ORGANIZATION)
    usecases.set_reply(jan, outsiders, by=SYSTEM)
    ask(machine, jan, "friend@outside.test", Subject="from outside")
    ask(machine, jan, f"friend@{split}", Subject="from one of our domains")
    soon(lambda: target.messages, "the one reply")
    assert [str(message.get_payload()).strip() for message in replies(target)] == ["For us"]


def test_a_reply_answers_what_came_to_an_alias(
    machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    aliases.add(jan, "info", by=SYSTEM, owner=False)
    usecases.set_reply(jan, ReplyTerms("", "Away"), by=SYSTEM)
    machine.deliver(f"info@{jan.domain}", f"friend@{split}", Subject="to the alias")
    soon(lambda: target.messages, "the reply")
    assert f"@{jan.domain}" in replies(target)[0]["From"]


# Forwarding


def test_a_rule_forwards_with_our_envelope_and_the_policy_holds(
    machine: MailMachine, jan: EmailAccount, anna: EmailAccount, split: Domain, target: SmtpTarget
) -> None:
    given(
        jan,
        (about("out"), (RuleAction(Deed.FORWARD, f"friend@{split}"),)),
        (about("in"), (RuleAction(Deed.FORWARD, str(anna)), RuleAction(Deed.DISCARD))),
    )
    machine.deliver(str(jan), "boss@outside.test", Subject="out", X_Kept="as it  is")
    soon(lambda: target.messages, "the message at the target")
    got = target.messages[0]
    assert (got.sender, got.recipients) == (str(jan), [f"friend@{split}"])
    message = email.message_from_bytes(got.message)
    assert (message["From"], message["X-Kept"]) == ("boss@outside.test", "as it  is")
    assert message.get_all("Delivered-To") == [str(jan)]
    machine.arrives(str(jan), PASSWORD, "out")
    machine.deliver(str(jan), Subject="in")
    machine.arrives(str(anna), PASSWORD, "in")
    assert machine.subjects(str(jan), PASSWORD) == ["out"]


def test_a_circle_of_rules_ends(machine: MailMachine, jan: EmailAccount, split: Domain, target: SmtpTarget) -> None:
    given(jan, (about("round"), (RuleAction(Deed.FORWARD, f"friend@{split}"),)))
    machine.deliver(str(jan), Subject="round")
    soon(lambda: target.messages, "the message at the target")
    came = target.messages[0]
    with machine.smtp() as client:
        client.sendmail(came.sender, [str(jan)], came.message)
    soon(lambda: machine.subjects(str(jan), PASSWORD).count("round") == 2, "it comes back")
    machine.settle()
    assert len(target.messages) == 1


def test_what_the_policy_forbids_stays(machine: MailMachine, jan: EmailAccount) -> None:
    given(jan, (about("away"), (RuleAction(Deed.FORWARD, "friend@elsewhere.test"), RuleAction(Deed.DISCARD))))
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    assert sent(machine, jan, "away") == {"INBOX": ""}


def test_nobody_uses_the_addresses_of_rules(machine: MailMachine, jan: EmailAccount, anna: EmailAccount) -> None:
    (rule,) = given(jan, (about("x"), (RuleAction(Deed.FORWARD, "friend@elsewhere.test"),)))
    own = f"mailflow-rule-{rule.pk}-0@mx1.pro.test"
    assert machine.rcpt(own)[0] == 554
    with machine.submission(str(anna), PASSWORD) as client:
        client.mail(str(anna))
        assert client.rcpt(own)[0] == 554


# Own scripts


@pytest.fixture
def managesieve(machine: MailMachine, monkeypatch: pytest.MonkeyPatch) -> Callable[[EmailAccount], ManageSieve]:
    monkeypatch.setattr("sievelib.managesieve.ssllib.create_default_context", lambda *args, **kwargs: CONTEXT)

    def connected(account: EmailAccount) -> ManageSieve:
        client = ManageSieve("127.0.0.1", machine.sieve_port)
        assert client.connect(str(account), PASSWORD, starttls=True, authmech="PLAIN")
        return client

    return connected


def test_an_own_script_comes_after_the_rules_and_a_broken_one_keeps_the_mail(
    machine: MailMachine, jan: EmailAccount, managesieve: Callable[[EmailAccount], ManageSieve]
) -> None:
    given(jan, (about("ours"), (move("Ours"),)), (about("read"), (RuleAction(Deed.READ),)))
    client = managesieve(jan)
    assert not client.putscript("mine", "nonsense {")
    assert client.putscript("mine", OWN)
    assert client.setactive("mine")
    client.logout()
    assert sent(machine, jan, "own and ours") == {"Ours": ""}
    assert sent(machine, jan, "own") == {"Own": ""}
    assert sent(machine, jan, "another") == {"INBOX": ""}
    mail = machine.directory / "mail"
    look(mail)
    own = OwnScript.objects.get(account=jan)
    assert (own.active, own.error) == (True, "")
    home = mail / mailbox_of(jan).hex
    (home / "sieve" / "mine.sieve").write_text("nonsense {")
    (home / ".dovecot.svbin").unlink(missing_ok=True)
    assert sent(machine, jan, "own, while it is broken") == {"INBOX": ""}
    assert sent(machine, jan, "ours, while it is broken") == {"Ours": ""}
    look(mail)
    own.refresh_from_db()
    assert "nonsense" in own.error or "error" in own.error
    (home / "sieve" / "mine.sieve").write_text(OWN)
    assert sent(machine, jan, "own again") == {"Own": ""}
    look(mail)
    own.refresh_from_db()
    assert own.error == ""
    client = managesieve(jan)
    assert client.setactive("")
    assert client.deletescript("mine")
    client.logout()
    look(mail)
    assert not OwnScript.objects.filter(account=jan).exists()


def test_an_own_script_passes_on_under_the_same_policy(
    machine: MailMachine,
    jan: EmailAccount,
    split: Domain,
    target: SmtpTarget,
    managesieve: Callable[[EmailAccount], ManageSieve],
) -> None:
    client = managesieve(jan)
    assert client.putscript("mine", f'redirect "friend@{split}";\n')
    assert client.setactive("mine")
    machine.deliver(str(jan), "boss@outside.test", Subject="passed on")
    soon(lambda: target.messages, "the message at the target")
    assert target.messages[0].sender == str(jan)
    assert machine.folders(str(jan), PASSWORD) == {}
    assert client.putscript("mine", 'redirect "friend@elsewhere.test";\n')
    client.logout()
    change_policy(jan.service, {"forward_outside": False}, by=SYSTEM)
    assert sent(machine, jan, "kept after all") == {"INBOX": ""}


def test_an_own_script_has_no_regular_expressions(
    machine: MailMachine, jan: EmailAccount, managesieve: Callable[[EmailAccount], ManageSieve]
) -> None:
    client = managesieve(jan)
    back = "(.*)" * 6 + "".join(f"\\\\{group}" for group in (6, 5, 4, 3, 2, 1)) + "x"  # takes hours, at one message
    assert not client.putscript("hours", f'require "regex";\nif header :regex "subject" "{back}" {{ discard; }}\n')
    assert b"regex" in client.errmsg
    client.logout()


def test_an_own_script_that_is_made_to_be_slow_does_not_hold_up_others(
    machine: MailMachine, jan: EmailAccount, managesieve: Callable[[EmailAccount], ManageSieve]
) -> None:
    domain = make_domain(
        jan.service, next(name for name in OTHERS if (entrance_of(name) - entrance_of(str(jan.domain))) % ENTRANCES)
    )
    anna = account_at(domain, "anna")
    tests = "".join(f'if header :mime :anychild :contains "x-{n}" "{n}" {{ discard; }}\n' for n in range(3000))
    client = managesieve(jan)
    assert client.putscript("slow", f'require ["foreverypart", "mime"];\nforeverypart {{\n{tests}}}\n')
    assert client.setactive("slow")
    parts = f"--b\nContent-Type: text/plain; x={'y' * 60}\n\nx\n" * 4000
    for number in range(24):
        machine.deliver(
            str(jan), Subject=f"slow {number}", body=f"{parts}--b--", Content_Type="multipart/mixed; boundary=b"
        )

    def over() -> bool:
        """Dovecot has ended the script; some versions break down when they do."""
        return "lost connection" in machine.logs() or bool(machine.folders(str(jan), PASSWORD))

    def arrives(subject: str) -> None:
        machine.deliver(str(anna), Subject=subject)
        soon(lambda: subject in machine.subjects(str(anna), PASSWORD), "mail of another domain", seconds=6)

    arrives("while it runs")
    soon(over, "an end of the slow script", seconds=30)
    arrives("after it broke down")
    assert client.setactive("")
    client.logout()


def test_nobody_s_script_sends_in_another_s_name(
    machine: MailMachine,
    jan: EmailAccount,
    split: Domain,
    target: SmtpTarget,
    managesieve: Callable[[EmailAccount], ManageSieve],
) -> None:
    client = managesieve(jan)
    script = 'require "vacation";\nvacation :from "boss@bank.test" "Send money";\n'
    assert client.putscript("mine", script)
    assert client.setactive("mine")
    assert not client.putscript("notify", 'require "enotify";\nnotify "mailto:a@outside.test";\n')
    client.logout()
    ask(machine, jan, f"friend@{split}")
    soon(lambda: "in another's name is not sent" in machine.logs(), "the refusal in the log")
    assert not target.messages


def test_without_its_parts_mail_waits_and_nothing_is_lost(machine: MailMachine, jan: EmailAccount) -> None:
    given(jan, (about("invoice"), (move("Bills"),)))
    machine.kill_policy_server()
    assert sent(machine, jan, "invoice") == {"Bills": ""}
