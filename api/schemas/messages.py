"""The message trace."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel

from mailflow.models import TracedMessage

TraceState = Literal[
    "accepted", "delivered", "relayed", "passed_on", "kept", "deferred", "refused", "bounced", "deleted"
]


class StepOut(BaseModel):
    """`words`: of the server that took or refused it."""

    at: datetime
    state: TraceState
    words: str


class TracedMessageOut(BaseModel):
    """A message to one recipient. `recipient` is the address that was written to; `became`: what an alias, a group or
    a forward made of it, empty where it stayed. `sender` is the envelope's, empty for a bounce."""

    id: int
    organization: str | None
    at: datetime
    changed_at: datetime
    side: Literal["in", "out", "inside"]
    state: TraceState
    sender: str
    recipient: str
    became: str
    message_id: str
    queue_id: str
    words: str
    relay: str
    client: str
    login: str
    size: int
    steps: list[StepOut]

    @classmethod
    def of(cls, message: TracedMessage) -> Self:
        names = ("id", "at", "changed_at", "side", "state", "sender", "recipient", "became", "message_id", "queue_id")
        facts = {name: getattr(message, name) for name in (*names, "words", "relay", "client", "login", "size")}
        steps = [{"at": at, "state": state, "words": words} for at, state, words in message.steps]
        code = message.organization.code if message.organization else None
        return cls.model_validate({**facts, "organization": code, "steps": steps})
