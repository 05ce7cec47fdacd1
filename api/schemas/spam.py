"""Spam filters of domains and their lists of senders."""

from typing import Literal, Self

from pydantic import BaseModel, Field, StrictInt

from mailflow.models import ListedSender, SpamFilter
from mailflow.spam import HIGHEST, LOWEST, THRESHOLD

from .accounts import MailAddress
from .base import Wish

Kind = Literal["allow", "block"]
Action = Literal["move", "identify", "none"]


class SpamOut(BaseModel):
    """`action`: spam is moved to Junk, only marked in the subject, or left alone. `threshold`: points."""

    runs: bool
    action: Action
    threshold: int

    @classmethod
    def of(cls, stored: SpamFilter, *, runs: bool) -> Self:
        return cls.model_validate({"runs": runs, "action": stored.action, "threshold": stored.threshold})


class SpamWish(Wish):
    action: Action
    threshold: StrictInt = Field(default=THRESHOLD, ge=LOWEST, le=HIGHEST)


class ListedSenderOut(BaseModel):
    id: int
    sender: str
    kind: Kind

    @classmethod
    def of(cls, listed: ListedSender) -> Self:
        return cls.model_validate({"id": listed.pk, "sender": listed.sender, "kind": listed.kind})


class ListedSenderWish(Wish):
    sender: MailAddress
    kind: Kind
