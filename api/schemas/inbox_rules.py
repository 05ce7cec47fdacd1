"""Inbox rules and automatic replies of accounts."""

from datetime import date, datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, StringConstraints

from accounts.inbox_rules import terms
from accounts.models import AutoReply, InboxRule, OwnScript

from .base import NO_NUL, Day, Wish

Value = Annotated[str, StringConstraints(max_length=terms.VALUE_LENGTH, pattern=NO_NUL)]
Address = Annotated[str, StringConstraints(max_length=320, pattern=NO_NUL)]
Name = Annotated[str, StringConstraints(max_length=terms.NAME_LENGTH, pattern=NO_NUL)]
Looked = Literal["from", "to", "subject", "header", "size", "attachment", "list"]
Compared = Literal[
    "contains", "is", "begins", "ends", "contains-not", "is-not", "over", "under", "yes", "no"
]  # fmt: skip
Done = Literal["move", "copy", "read", "flag", "forward", "keep", "discard", "stop"]
Answered = Literal["everybody", "organization"]


class ConditionOfRule(Wish):
    """`subject`: what it looks at; `to` is To or Cc. Texts are compared by `contains`, `is`, `begins`, `ends`,
    `contains-not`, `is-not`, a `size` (kB) by `over` and `under`, `attachment` and `list` by `yes` and `no`. `header`:
    the name of a header, where it looks at one."""

    subject: Looked
    comparison: Compared
    value: Value = ""
    header: Name = ""


class ActionOfRule(Wish):
    """`value`: the folder of `move` and `copy`, the address of `forward`."""

    deed: Done
    value: Address = ""


class InboxRuleWish(Wish):
    """`match_any`: one true condition suffices; otherwise all are to be true."""

    name: Name = ""
    enabled: StrictBool = True
    match_any: StrictBool = False
    conditions: list[ConditionOfRule] = Field(max_length=terms.CONDITIONS_AT_MOST)
    actions: list[ActionOfRule] = Field(max_length=terms.ACTIONS_AT_MOST)

    def rule(self) -> terms.Rule:
        return terms.Rule(
            name=self.name,
            conditions=terms.conditions_of([condition.model_dump() for condition in self.conditions]),
            actions=terms.actions_of([action.model_dump() for action in self.actions]),
            match_any=self.match_any,
            enabled=self.enabled,
        )


class InboxRulesWish(Wish):
    """In the order in which they apply."""

    rules: list[InboxRuleWish] = Field(max_length=terms.RULES_AT_MOST)


class InboxRuleOut(BaseModel):
    id: int
    name: str
    enabled: bool
    match_any: bool
    conditions: list[ConditionOfRule]
    actions: list[ActionOfRule]

    @classmethod
    def of(cls, row: InboxRule) -> Self:
        return cls.model_validate(
            {
                "id": row.pk,
                "name": row.name,
                "enabled": row.enabled,
                "match_any": row.match_any,
                "conditions": row.conditions,
                "actions": row.actions,
            }
        )


class OwnScriptOut(BaseModel):
    """A Sieve script that the mailbox's person put there by ManageSieve: it gets what the rules leave in the inbox.
    `error`: what the mail server says of it, where it fails; the mail then stays in the inbox."""

    active: bool
    changed_at: datetime
    error: str

    @classmethod
    def of(cls, row: OwnScript) -> Self:
        return cls(active=row.active, changed_at=row.changed_at, error=row.error)


class InboxRulesOut(BaseModel):
    rules: list[InboxRuleOut]
    own_script: OwnScriptOut | None

    @classmethod
    def of(cls, rows: list[InboxRule], own: OwnScript | None) -> Self:
        return cls(
            rules=[InboxRuleOut.of(row) for row in rows],
            own_script=OwnScriptOut.of(own) if own else None,
        )


class AutoReplyWish(Wish):
    """`starts` and `ends`: the first and the last day, in the panel's time zone. `days`: until the same sender gets
    another one. `audience`: everybody, or senders at the organization's domains."""

    enabled: StrictBool = True
    subject: Annotated[str, StringConstraints(max_length=terms.SUBJECT_LENGTH, pattern=NO_NUL)] = ""
    text: Annotated[str, StringConstraints(max_length=terms.TEXT_LENGTH, pattern=NO_NUL)]
    starts: Day | None = None
    ends: Day | None = None
    days: StrictInt = Field(default=7, ge=1, le=terms.DAYS_AT_MOST)
    audience: Answered = "everybody"

    def reply(self) -> terms.ReplyTerms:
        return terms.ReplyTerms(**self.model_dump())


class AutoReplyOut(BaseModel):
    """Off and empty where none was ever set."""

    enabled: bool
    subject: str
    text: str
    starts: date | None
    ends: date | None
    days: int
    audience: Answered

    @classmethod
    def of(cls, row: AutoReply | None) -> Self:
        row = row or AutoReply(enabled=False)
        names = ("enabled", "subject", "text", "starts", "ends", "days")
        facts = {name: getattr(row, name) for name in names}
        return cls.model_validate({**facts, "audience": str(row.audience)})
