"""Changing the rules and the reply of an account, for pages and programs alike. All hold from the next message on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from panel.activity import record
from panel.errors import Refused

from .. import batch, forwarding, outside
from ..models import AutoReply, EmailAccount, InboxRule
from ..preview import RowProblem
from . import terms
from .terms import Deed, ReplyTerms, Rule, RuleAction, RuleFault
from .words import fault_said

if TYPE_CHECKING:
    from panel.actors import Actor
    from panel.models import Service


class RuleRefused(Refused):
    """Nothing was done: each of these is to be put right."""

    def __init__(self, faults: Sequence[RuleFault]) -> None:
        super().__init__(faults[0].code, fault_said(faults[0]), field=faults[0].part)
        self.faults = faults


def of_account(account: EmailAccount) -> list[InboxRule]:
    return list(InboxRule.objects.filter(account=account))


def reply_of(account: EmailAccount) -> AutoReply | None:
    return AutoReply.objects.filter(account=account).first()


@transaction.atomic
def add(account: EmailAccount, rule: Rule, *, by: Actor) -> InboxRule:
    """At the end. Raises Refused, as all of these do."""
    fresh = _opened(account)
    rows = of_account(fresh)
    if len(rows) >= terms.RULES_AT_MOST:
        raise RuleRefused([RuleFault("name", "rules-many", facts={"limit": terms.RULES_AT_MOST})])
    rule = _checked(fresh, rule, [row.rule for row in rows])
    made = _row(fresh, rule, (rows[-1].position + 1) if rows else 0)
    made.save()
    _done(fresh, rows, by)
    return made


@transaction.atomic
def change(account: EmailAccount, number: int, rule: Rule, *, by: Actor) -> InboxRule:
    """What it looks for and does, its name, and whether it is on; not its place."""
    fresh = _opened(account)
    rows = of_account(fresh)
    row = _one(rows, number)
    rule = _checked(fresh, rule, [other.rule for other in rows if other is not row])
    if rule == replace(row.rule, number=rule.number):
        return row
    changed = _row(fresh, rule, row.position)
    changed.pk = row.pk
    changed.save()
    _done(fresh, rows, by)
    return changed


@transaction.atomic
def switch(account: EmailAccount, number: int, *, on: bool, by: Actor) -> InboxRule:
    fresh = _opened(account)
    rows = of_account(fresh)
    row = _one(rows, number)
    if row.enabled != on:
        InboxRule.objects.filter(pk=row.pk).update(enabled=on, changed_at=timezone.now())
        _done(fresh, rows, by)
    row.enabled = on
    return row


@transaction.atomic
def move(account: EmailAccount, number: int, *, up: bool, by: Actor) -> None:
    """One place. The first does not go further up, nor the last further down."""
    fresh = _opened(account)
    rows = of_account(fresh)
    at = rows.index(_one(rows, number))
    to = at - 1 if up else at + 1
    if not 0 <= to < len(rows):
        return
    ordered = list(rows)
    ordered.insert(to, ordered.pop(at))
    _number(ordered)
    _done(fresh, rows, by)


@transaction.atomic
def delete(account: EmailAccount, number: int, *, by: Actor) -> InboxRule:
    fresh = _opened(account)
    rows = of_account(fresh)
    row = _one(rows, number)
    InboxRule.objects.filter(pk=row.pk).delete()
    _done(fresh, rows, by)
    return row


@transaction.atomic
def put(account: EmailAccount, rules: Sequence[Rule], *, by: Actor) -> list[InboxRule]:
    """These in place of those before, in this order. A rule that is as one of those before stays that one."""
    fresh = _opened(account)
    if len(rules) > terms.RULES_AT_MOST:
        raise RuleRefused([RuleFault("rules", "rules-many", facts={"limit": terms.RULES_AT_MOST})])
    before = of_account(fresh)
    left = list(before)
    checked: list[Rule] = []
    made = []
    for position, rule in enumerate(rules):
        try:
            checked.append(_checked(fresh, rule, checked))
        except RuleRefused as refused:
            fault = refused.faults[0]
            raise RuleRefused([replace(fault, part=f"rules.{position}.{fault.part}"), *refused.faults[1:]]) from None
        same = next((row for row in left if replace(row.rule, number=0) == replace(checked[-1], number=0)), None)
        if same is not None:
            left.remove(same)
        row = same or _row(fresh, checked[-1], position)
        row.position = position
        made.append(row)
    InboxRule.objects.filter(pk__in=[row.pk for row in left]).delete()
    for row in made:
        row.save()
    if [row.pk for row in before] != [row.pk for row in made]:
        _done(fresh, before, by)
    return made


@transaction.atomic
def set_reply(account: EmailAccount, reply: ReplyTerms, *, by: Actor) -> AutoReply:
    fresh = _opened(account)
    reply = replace(reply, subject=reply.subject.strip(), text="\n".join(reply.text.strip().splitlines()))
    if faults := terms.faults_of_reply(reply):
        raise RuleRefused(faults)
    before = reply_of(fresh)
    if before is not None and before.reply == reply:
        return before
    row = AutoReply(
        pk=before.pk if before else None,
        account=fresh,
        enabled=reply.enabled,
        subject=reply.subject,
        text=reply.text,
        starts=reply.starts,
        ends=reply.ends,
        days=reply.days,
        audience=reply.audience,
    )
    row.save()
    _replied(fresh, before, row, by)
    return row


def _opened(account: EmailAccount) -> EmailAccount:
    batch.locked(account.service_id)
    fresh = EmailAccount.objects.select_related("service__organization", "domain__name").get(pk=account.pk)
    if fresh.is_slot or fresh.domain is None:
        raise Refused("wrong-state", batch.NOT_CONFIGURED)
    return fresh


def _one(rows: Iterable[InboxRule], number: int) -> InboxRule:
    for row in rows:
        if row.pk == number:
            return row
    raise Refused("rule-gone", fault_said(RuleFault("", "rule-gone")))


def _checked(account: EmailAccount, rule: Rule, others: Sequence[Rule]) -> Rule:
    """As it is stored. Raises RuleRefused."""
    rule = terms.cleaned(rule)
    faults = terms.faults_of(rule)
    if not faults:
        rule, faults = _with_addresses(account, rule)
    if not faults and terms.forwards_in([*others, rule]) > terms.FORWARDS_AT_MOST:
        faults = [RuleFault("actions", "rules-forward-many", facts={"limit": terms.FORWARDS_AT_MOST})]
    if not faults and terms.length_of([*others, rule]) > terms.TOGETHER_AT_MOST:
        faults = [RuleFault("conditions", "rules-large", facts={"limit": terms.TOGETHER_AT_MOST})]
    if faults:
        raise RuleRefused(faults)
    return rule


def _with_addresses(account: EmailAccount, rule: Rule) -> tuple[Rule, list[RuleFault]]:
    """The addresses that it forwards to, judged as those of forwarding."""
    service: Service = account.service
    actions, faults = [], []
    problem = _judge(account, service)
    for place, action in enumerate(rule.actions):
        if action.deed == Deed.FORWARD:
            pair = outside.parse(action.value)
            code = RowProblem.ADDRESS_FORM if pair is None else problem(pair)
            if code or pair is None:
                faults.append(RuleFault("actions", str(code), place, "value"))
                continue
            action = RuleAction(action.deed, f"{pair[0]}@{pair[1]}")
        actions.append(action)
    return replace(rule, actions=tuple(actions)), faults


def _judge(account: EmailAccount, service: Service) -> Callable[[outside.Pair], str]:
    leads = forwarding.Leads(service)
    allowed = outside.allowed(service)

    def problem(pair: outside.Pair) -> str:
        owner = outside.owners(service, [pair]).get(pair)
        return str(forwarding.problem_of(account, owner, leads, allowed=allowed))

    return problem


def _row(account: EmailAccount, rule: Rule, position: int) -> InboxRule:
    return InboxRule(
        account=account,
        position=position,
        name=rule.name,
        enabled=rule.enabled,
        match_any=rule.match_any,
        conditions=[condition.stored() for condition in rule.conditions],
        actions=[action.stored() for action in rule.actions],
        forwards=bool(rule.forwards),
    )


def _number(rows: Sequence[InboxRule]) -> None:
    for position, row in enumerate(rows):
        InboxRule.objects.filter(pk=row.pk).exclude(position=position).update(position=position)


def _done(account: EmailAccount, before: Sequence[InboxRule], by: Actor) -> None:
    """What people look for in mail, and where they put it, is nobody's business: the log has numbers alone."""
    _touched(account, "account.rules", _tally(before), _tally(of_account(account)), by)


def _tally(rows: Sequence[InboxRule]) -> dict[str, object]:
    outwards = sorted({address for row in rows if row.enabled for _place, address in row.rule.forwards})
    return {"rules": len(rows), "on": sum(row.enabled for row in rows), "forward_to": outwards}


def _replied(account: EmailAccount, before: AutoReply | None, after: AutoReply, by: Actor) -> None:
    _touched(account, "account.auto_reply", _dates(before), _dates(after), by)


def _dates(row: AutoReply | None) -> dict[str, object]:
    if row is None or not row.enabled:
        return {"on": False}
    days = {name: day.isoformat() for name, day in (("starts", row.starts), ("ends", row.ends)) if day}
    return {"on": True, "audience": str(row.audience), **days}


def _touched(account: EmailAccount, verb: str, before: dict[str, object], after: dict[str, object], by: Actor) -> None:
    EmailAccount.objects.filter(pk=account.pk).update(changed_at=timezone.now(), version=F("version") + 1)
    record(verb, actor=by, service=account.service, target=account.shown_address, before=before, after=after)
