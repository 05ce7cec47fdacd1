"""Webhooks and their deliveries."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from ..models import Delivery, Endpoint
from .base import NO_NUL, Wish

Url = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=NO_NUL)]
EventName = Literal[
    "domain.verified", "check.red", "check.recovered", "account.configured", "run.finished", "order.placed"
]


class WebhookOut(BaseModel):
    """`old_secret_until`: so long messages are signed with the secret before the last as well."""

    id: int
    url: str
    events: list[EventName]
    active: bool
    old_secret_until: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, endpoint: Endpoint) -> Self:
        return cls.model_validate(endpoint, from_attributes=True)


class NewWebhookOut(WebhookOut):
    """`secret`: messages are signed with it. It is not shown again."""

    secret: str


class NewWebhook(Wish):
    url: Url
    events: list[EventName] = Field(min_length=1, max_length=20)


class WebhookChange(Wish):
    url: Url | None = None
    events: list[EventName] | None = Field(default=None, min_length=1, max_length=20)
    active: StrictBool | None = None


class DeliveryOut(BaseModel):
    """`message_id`: as the header `webhook-id` has it. `status`: of the last answer; `error`: why there was none."""

    id: int
    message_id: str
    event: str
    payload: dict[str, Any]
    state: Literal["waiting", "delivered", "failed"]
    attempts: int
    status: int | None
    error: str
    created_at: datetime
    next_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        names = cls.model_fields.keys() - {"message_id"}
        return cls(message_id=delivery.webhook_id, **{name: getattr(delivery, name) for name in names})
