"""What surrounds accounts: the security policy, quotas, mail that is kept."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel, Field, StrictBool, StrictInt

from accounts import aging, lockout, passwords
from accounts.app_passwords import DeviceUsed
from accounts.models import AppPassword, PasswordPolicy, RetiredMailbox
from panel.forms import MAX_QUOTA

from .base import Text, Wish


class PolicyOut(BaseModel):
    """A service's security policy. `lockout_reset` and `lockout_duration`: minutes; `lockout_threshold` 0: never.
    `min_age` and `max_age`: days, 0: without limit. `history`: how many of the latest passwords may not be used again.
    With `change_first` a password that its owner did not choose has to be changed first, with `main_for_web` mail
    programs need app passwords."""

    min_length: int
    symbol: bool
    pieces: bool
    forward_outside: bool
    lockout_threshold: int
    lockout_reset: int
    lockout_duration: int
    lockout_everybody: bool
    min_age: int
    max_age: int
    history: int
    change_first: bool
    main_for_web: bool

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
    min_age: StrictInt | None = Field(default=None, ge=0, le=aging.AGE_MOST)
    max_age: StrictInt | None = Field(default=None, ge=0, le=aging.AGE_MOST)
    history: StrictInt | None = Field(default=None, ge=0, le=aging.HISTORY_MOST)
    change_first: StrictBool | None = None
    main_for_web: StrictBool | None = None


class AppPasswordOut(BaseModel):
    """A device signs in as `address*name`. `used_from`: the network of its last sign-in."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None
    used_from: str

    @classmethod
    def of(cls, row: AppPassword, use: DeviceUsed | None) -> Self:
        return cls(
            id=row.pk,
            name=row.name,
            created_at=row.created_at,
            used_at=use.at if use else None,
            used_from=use.network if use else "",
        )


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
