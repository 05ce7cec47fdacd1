"""Inbox rules and automatic replies: what is refused, and their pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from accounts import forwarding, verbs
from accounts.inbox_rules import terms, usecases, words
from accounts.inbox_rules.terms import Deed, ReplyTerms, Rule, RuleAction, RuleCondition
from accounts.models import AutoReply, EmailAccount, InboxRule, OwnScript
from accounts.policies import change_policy
from accounts.preview import RowProblem
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity
from tests.accounts.conftest import Clinic
from tests.accounts.test_list import fill
from tests.accounts.test_pages import signed_in, url
from tests.factories import make_inbox_rule

pytestmark = pytest.mark.django_db

ABOUT = RuleCondition("subject", "contains", "invoice")
RULE = Rule(name="Bills", conditions=(ABOUT,), actions=(RuleAction("move", "Bills"),))


@pytest.fixture
def staff(clinic: Clinic) -> list[EmailAccount]:
    """Anna, Jan and Ewa."""
    return fill(clinic, ("anna", "Anna Sowa"), ("jan", "Jan Lis"), ("ewa", "Ewa Kos"))


@pytest.fixture
def anna(staff: list[EmailAccount]) -> EmailAccount:
    return staff[0]


@pytest.fixture
def browser(clinic: Clinic) -> Client:
    return signed_in(clinic.technician)


def to(*addresses: str) -> Rule:
    return replace(RULE, actions=tuple(RuleAction(Deed.FORWARD, address) for address in addresses))


def codes(verb: Any, *arguments: Any) -> list[str]:
    with pytest.raises(Refused) as refused:
        verb(*arguments, by=SYSTEM)
    if isinstance(refused.value, usecases.RuleRefused):
        return [str(fault.code) for fault in refused.value.faults]
    return [refused.value.code]


def names(account: EmailAccount) -> list[str]:
    return [row.name for row in usecases.of_account(account)]


def test_rules_are_kept_in_their_order(anna: EmailAccount) -> None:
    made = [usecases.add(anna, replace(RULE, name=name), by=SYSTEM) for name in "abc"]
    usecases.move(anna, made[2].pk, up=True, by=SYSTEM)
    assert names(anna) == ["a", "c", "b"]
    usecases.move(anna, made[0].pk, up=True, by=SYSTEM)
    usecases.move(anna, made[1].pk, up=False, by=SYSTEM)
    assert names(anna) == ["a", "c", "b"]
    usecases.move(anna, made[0].pk, up=False, by=SYSTEM)
    assert names(anna) == ["c", "a", "b"]
    usecases.delete(anna, made[0].pk, by=SYSTEM)
    usecases.add(anna, replace(RULE, name="d"), by=SYSTEM)
    assert names(anna) == ["c", "b", "d"]
    assert codes(usecases.delete, anna, made[0].pk) == ["rule-gone"]


def test_all_at_once_keeps_those_that_are_as_before(anna: EmailAccount) -> None:
    first = usecases.put(anna, [replace(RULE, name=name) for name in "abc"], by=SYSTEM)
    again = usecases.put(anna, [replace(RULE, name=name) for name in "cxa"], by=SYSTEM)
    assert names(anna) == ["c", "x", "a"]
    assert (again[0].pk, again[2].pk) == (first[2].pk, first[0].pk)
    assert codes(usecases.put, anna, [RULE, replace(RULE, conditions=())]) == ["rule-no-conditions"]
    assert codes(usecases.put, anna, [RULE] * 51) == ["rules-many"]
    assert names(anna) == ["c", "x", "a"]
    usecases.put(anna, [], by=SYSTEM)
    assert names(anna) == []


def test_there_are_bounds(anna: EmailAccount) -> None:
    usecases.put(anna, [replace(RULE, name=str(number)) for number in range(50)], by=SYSTEM)
    assert codes(usecases.add, anna, RULE) == ["rules-many"]
    usecases.put(anna, [to(*(f"a{n}@outside.example" for n in range(5))), to("b@outside.example")], by=SYSTEM)
    assert codes(usecases.add, anna, to(*(f"c{n}@outside.example" for n in range(5)))) == ["rules-forward-many"]
    long = replace(RULE, conditions=(RuleCondition("subject", "is", "x" * 200),) * 10)
    usecases.put(anna, [long] * 10, by=SYSTEM)
    assert codes(usecases.add, anna, RULE) == ["rules-large"]


def test_forwarding_by_rules_is_judged_as_forwarding(staff: list[EmailAccount]) -> None:
    anna, jan, ewa = staff
    row = usecases.add(anna, to("Friend@Outside.Example", "jan@aurora.example"), by=SYSTEM)
    assert row.actions[0]["value"] == "friend@outside.example"
    assert codes(usecases.add, anna, to("anna@aurora.example")) == [RowProblem.FORWARD_SELF]
    assert codes(usecases.add, anna, to("nonsense", "nobody@aurora.example")) == [
        RowProblem.ADDRESS_FORM,
        RowProblem.ADDRESS_UNKNOWN,
    ]
    forwarding.set_forwarding(jan, "ewa@aurora.example", keep=True, by=SYSTEM)
    assert codes(usecases.add, ewa, to("anna@aurora.example")) == [RowProblem.FORWARD_LOOP]
    with pytest.raises(Refused):  # and the other way round: forwarding sees what rules pass on
        forwarding.set_forwarding(ewa, "anna@aurora.example", keep=True, by=SYSTEM)
    change_policy(anna.service, {"forward_outside": False}, by=SYSTEM)
    assert codes(usecases.add, ewa, to("x@outside.example")) == [RowProblem.OUTSIDE_FORBIDDEN]
    shown = [(one.address, one.outside) for one in forwarding.by_rules(anna.service)]
    assert shown == [("friend@outside.example", True), ("jan@aurora.example", False)]
    assert len(forwarding.by_rules(anna.service, only_outside=True)) == 1


def test_the_log_says_nothing_of_what_people_look_for(anna: EmailAccount) -> None:
    row = usecases.add(anna, RULE, by=SYSTEM)
    usecases.change(anna, row.pk, RULE, by=SYSTEM)  # nothing new
    usecases.set_reply(anna, ReplyTerms("Away", "A secret text"), by=SYSTEM)
    usecases.set_reply(anna, ReplyTerms("Away", "A secret text"), by=SYSTEM)
    entries = Activity.objects.filter(verb__in=["account.rules", "account.auto_reply"]).order_by("pk")
    assert [entry.verb for entry in entries] == ["account.rules", "account.auto_reply"]
    said = str([(entry.before, entry.after, entry.target) for entry in entries])
    assert "invoice" not in said
    assert "Bills" not in said
    assert "secret" not in said


def test_they_go_with_the_account(anna: EmailAccount, clinic: Clinic) -> None:
    usecases.add(anna, RULE, by=SYSTEM)
    usecases.set_reply(anna, ReplyTerms("", "Away"), by=SYSTEM)
    OwnScript.objects.create(account=anna, changed_at=anna.changed_at)
    verbs.reset(anna, by=SYSTEM)
    assert not any(model.objects.exists() for model in (InboxRule, AutoReply, OwnScript))
    anna.refresh_from_db()
    assert codes(usecases.add, anna, RULE) == ["wrong-state"]


def test_every_fault_and_every_rule_has_its_words(anna: EmailAccount) -> None:
    for language in ("en", "pl"):
        with translation.override(language):
            for code in words.FAULTS:
                assert words.fault_said(terms.RuleFault("", code, facts={"limit": 1}))
            for subject, comparisons in terms.COMPARISONS.items():
                for how in comparisons:
                    for deed in Deed:
                        rule = Rule("", (RuleCondition(subject, how, "%s 50%", "X-A"),), (RuleAction(deed, "a%b"),))
                        assert words.sentence(rule)
    with translation.override("en"):
        both, actions = (ABOUT, RuleCondition("list", "no")), (RuleAction("move", "A"), RuleAction("stop"))
        rule = replace(RULE, conditions=both, actions=actions)
        wanted = "Subject contains “invoice”{}the message does not come from a mailing list: move it to “A”, apply no"
        assert words.sentence(rule) == f"When {wanted.format(' and ')} further rules."
        assert words.sentence(replace(rule, match_any=True)) == f"When {wanted.format(' or ')} further rules."
        reply = ReplyTerms("", "x", days=3)
        assert words.reply_sentence(reply) == (
            "Until it is switched off all who write get an answer, once in 3 days each."
        )


# Pages


def sent(*conditions: tuple[str, str, str, str], do: tuple[tuple[str, str], ...], **fields: str) -> dict[str, str]:
    data = {"name": "", "match_any": "all", "enabled": "on", **fields}
    for place, line in enumerate(conditions):
        for name, value in zip(("subject", "header", "comparison", "value"), line, strict=True):
            data[f"condition-{place}-{name}"] = value
    for place, (deed, value) in enumerate(do):
        data |= {f"action-{place}-deed": deed, f"action-{place}-value": value}
    return data


def test_a_rule_is_made_changed_and_deleted_by_form(browser: Client, clinic: Clinic, anna: EmailAccount) -> None:
    new = url("new_rule", clinic, anna.pk)
    assert browser.get(new).status_code == 200
    data = sent(
        ("subject", "", "contains", "invoice"),
        ("", "", "contains", ""),
        ("header", "X-Shop", "is", "a"),
        do=(("", ""), ("move", "Bills")),
        match_any="any",
    )
    page = browser.post(new, data, follow=True).content.decode()
    assert "Saved." in page
    assert "When Subject contains “invoice” or X-Shop: is “a”: move it to “Bills”." in page
    row = InboxRule.objects.get()
    assert (len(row.conditions), len(row.actions), row.match_any) == (2, 1, True)
    edit = url("rule", clinic, anna.pk, row.pk)
    assert 'value="invoice"' in browser.get(edit).content.decode()
    browser.post(edit, sent(("from", "", "is", "a@b.example"), do=(("read", ""),)))
    row.refresh_from_db()
    assert row.rule.conditions == (RuleCondition("from", "is", "a@b.example"),)
    browser.post(url("switch_rule", clinic, anna.pk, row.pk), {"on": "0"})
    row.refresh_from_db()
    assert not row.enabled
    other = make_inbox_rule(anna)
    browser.post(url("move_rule", clinic, anna.pk, other.pk), {"to": "up"})
    assert [rule.pk for rule in usecases.of_account(anna)] == [other.pk, row.pk]
    assert "invoice" in browser.get(url("delete_rule", clinic, anna.pk, other.pk)).content.decode()
    browser.post(url("delete_rule", clinic, anna.pk, other.pk))
    assert [rule.pk for rule in usecases.of_account(anna)] == [row.pk]


def test_what_is_wrong_stands_beside_the_field(browser: Client, clinic: Clinic, anna: EmailAccount) -> None:
    data = sent(
        ("", "", "contains", ""),
        ("size", "", "over", "many"),
        ("header", "a b", "is", "x"),
        do=(("forward", "anna"), ("move", "a.b")),
    )
    answer = browser.post(url("new_rule", clinic, anna.pk), data)
    assert answer.status_code == 400
    form = answer.context["form"]
    assert list(form.conditions[1].errors) == ["value"]
    assert list(form.conditions[2].errors) == ["header"]
    assert list(form.actions[1].errors) == ["value"]
    assert 'value="many"' in answer.content.decode()
    answer = browser.post(url("new_rule", clinic, anna.pk), sent(do=(("read", ""),)))
    assert "Give at least one condition." in answer.content.decode()
    answer = browser.post(
        url("new_rule", clinic, anna.pk), sent(("list", "", "yes", ""), do=(("forward", "anna@aurora.example"),))
    )
    assert list(answer.context["form"].actions[0].errors) == ["value"]
    assert not InboxRule.objects.exists()


def test_a_reply_is_set_by_form(browser: Client, clinic: Clinic, anna: EmailAccount) -> None:
    page = url("auto_reply", clinic, anna.pk)
    data = {
        "enabled": "on",
        "starts": "2026-12-01",
        "ends": "2026-12-24",
        "subject": "Away",
        "text": "I am away.\r\nAnna",
        "audience": "organization",
        "days": "3",
    }
    answer = browser.post(page, data, follow=True).content.decode()
    assert "senders at this organization" in answer
    row = AutoReply.objects.get()
    assert (row.text, row.days, row.enabled) == ("I am away.\nAnna", 3, True)
    wrong = browser.post(page, {**data, "ends": "2026-11-01", "days": "0", "text": ""})
    assert set(wrong.context["form"].errors) == {"text", "days"}
    wrong = browser.post(page, {**data, "ends": "2026-11-01"})
    assert list(wrong.context["form"].errors) == ["ends"]
    browser.post(page, {name: value for name, value in data.items() if name != "enabled"})
    assert not AutoReply.objects.get().enabled
    assert "No automatic reply." in browser.get(url("rules", clinic, anna.pk)).content.decode()


def test_an_own_script_that_fails_is_shown(browser: Client, clinic: Clinic, anna: EmailAccount) -> None:
    page = url("rules", clinic, anna.pk)
    assert "ManageSieve" in browser.get(page).content.decode()
    own = OwnScript.objects.create(account=anna, changed_at=anna.changed_at)
    assert "It is not active." in browser.get(page).content.decode()
    own.active, own.error = True, "mine: line 1: error: <unknown> command"
    own.save()
    shown = browser.get(page).content.decode()
    assert "stays in the inbox" in shown
    assert "&lt;unknown&gt; command" in shown


def test_another_account_s_rule_is_not_reached(browser: Client, clinic: Clinic, staff: list[EmailAccount]) -> None:
    row = make_inbox_rule(staff[1])
    for name in ("rule", "delete_rule"):
        assert browser.get(url(name, clinic, staff[0].pk, row.pk)).status_code == 404
    browser.post(url("switch_rule", clinic, staff[0].pk, row.pk), {"on": "0"})
    row.refresh_from_db()
    assert row.enabled
