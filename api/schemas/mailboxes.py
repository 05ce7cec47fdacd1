"""What surrounds accounts: the security policy, quotas, mail that is kept."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, StrictBool, StrictInt

from accounts import lockout, passwords
from accounts.models import PasswordPolicy, RetiredMailbox
from panel.forms import MAX_QUOTA

from .base import Text, Wish


class PolicyOut(BaseModel):
    """A service's security policy. `lockout_reset` and `lockout_duration`: minutes; `lockout_threshold` 0: never."""

    min_length: int
    symbol: bool
    pieces: bool
    forward_outside: bool
    lockout_threshold: int
    lockout_reset: int
    lockout_duration: int
    lockout_everybody: bool

    @classmethod
    def of(cls, policy: PasswordPolicy) -> Self:
        return cls.model_validate(policy, from_attributes=True)


class PolicyChange(Wish):
    """What is left out stays."""

    min_length: StrictInt | None = Field(default=None, ge=passwords.LENGTH_MIN, le=passwords.LENGTH_MAX)
    symbol: StrictBool | None = None
    pieces: StrictBool | None = None
    forward_outside: StrictBool | None = None
    lockout_threshold: StrictInt | None = Field(default=None, ge=0, le=lockout.MOST)
    lockout_reset: StrictInt | None = Field(default=None, ge=1, le=lockout.LONGEST)
    lockout_duration: StrictInt | None = Field(default=None, ge=1, le=lockout.LONGEST)
    lockout_everybody: StrictBool | None = None


class QuotaWish(Wish):
    """MiB; null: the service's, 0: without limit."""

    quota: StrictInt | None = Field(ge=0, le=MAX_QUOTA)


class KeptMailOut(BaseModel):
    """Mail of an account that was reset. From `purge_at` on it may be deleted."""

    id: int
    address: str
    retired_at: datetime
    purge_at: datetime

    @classmethod
    def of(cls, mailbox: RetiredMailbox) -> Self:
        return cls(id=mailbox.pk, address=mailbox.address, retired_at=mailbox.retired_at, purge_at=mailbox.purge_at)


class RestoreWish(Wish):
    """`address`: another than it had."""

    address: Text = ""
