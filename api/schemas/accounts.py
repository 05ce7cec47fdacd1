"""E-mail accounts, orders and bulk runs."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, StrictBool, StrictInt, StringConstraints

from accounts import credentials, usage
from accounts.models import Alias, BulkRow, BulkRun, CatchAll, EmailAccount, Order
from accounts.preview import ALIASES_AT_MOST
from accounts.runs.results import reasons

from .base import NO_NUL, Text, Wish

PersonName = Annotated[str, StringConstraints(max_length=64, pattern=NO_NUL)]
LocalPart = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NO_NUL)]
DomainName = Annotated[str, StringConstraints(min_length=1, max_length=253, pattern=NO_NUL)]
MailAddress = Annotated[str, StringConstraints(min_length=1, max_length=320, pattern=r"^[^\x00\s;]+$")]
Password = Annotated[str, StringConstraints(max_length=128, pattern=NO_NUL)]


class AccountOut(BaseModel):
    """`version` grows with every change: give it back as `If-Match` to change only what you saw. `quota`: MiB, 0 is
    without limit. `used`: octets. Null: the mail servers have said nothing yet, or it is a slot. `blocked_since`: it
    may send nothing since. `password_expires_at`: by the security policy, null where it sets no age; from then on, and
    while `must_change_password`, the password opens self-service only."""

    id: int
    address: str
    state: Literal["slot", "active", "suspended"]
    first_name: str
    last_name: str
    display_name: str
    created_at: datetime
    configured_at: datetime | None
    version: str
    quota: int | None
    used: int | None
    messages: int | None
    last_login: datetime | None
    blocked_since: datetime | None
    password_changed_at: datetime | None
    password_expires_at: datetime | None
    must_change_password: bool

    @classmethod
    def of(cls, account: EmailAccount) -> Self:
        """For many, `accounts.usage.attach` and `accounts.credentials.attach` have asked for all of them at once."""
        names = ("state", "first_name", "last_name", "display_name", "created_at", "configured_at")
        facts = {name: getattr(account, name) for name in names}
        if account.mailbox_id and account.usage is None:
            usage.attach(account.service, [account])
        found = account.usage if account.mailbox_id else None
        known = found.known if found else usage.Known()
        password = None
        if not account.is_slot:
            if account.password_state is None:
                credentials.attach(account.service, [account])
            password = account.password_state
        return cls(
            **facts,
            id=account.pk,
            address=account.shown_address,
            version=str(account.seen),
            quota=found.quota if found else None,
            used=known.bytes,
            messages=known.messages,
            last_login=known.last_login,
            blocked_since=known.blocked_since,
            password_changed_at=password.changed_at if password else None,
            password_expires_at=password.expires_at if password else None,
            must_change_password=password is not None and password.must_change,
        )


class AccountOfService(AccountOut):
    """With whose it is."""

    organization: str
    service: str

    @classmethod
    def of(cls, account: EmailAccount) -> Self:
        service = account.service
        whose = {"organization": service.organization.code, "service": service.name}
        return cls.model_validate({**AccountOut.of(account).model_dump(), **whose})


class Names(Wish):
    """`name` is what stands before the @. Without a display name the first and last names make one."""

    name: LocalPart
    domain: DomainName
    first_name: PersonName = ""
    last_name: PersonName = ""
    display_name: PersonName = ""


class Configuration(Names):
    """Without a password one is generated, and shown in the answer."""

    password: Password = ""


class ConfiguredOut(AccountOut):
    """`password`: the generated one; it is not shown again."""

    password: str | None = None


class AliasOut(BaseModel):
    """A further address of an account: it receives and may be sent as."""

    id: int
    address: str
    created_at: datetime

    @classmethod
    def of(cls, alias: Alias) -> Self:
        return cls(id=alias.pk, address=str(alias), created_at=alias.created_at)


class NewAliases(Wish):
    """Without a domain the account's own is meant."""

    addresses: list[MailAddress] = Field(min_length=1, max_length=ALIASES_AT_MOST)


class AliasesOut(BaseModel):
    """Those that are new: the account may have had the others already."""

    added: list[str]


class CatchAllOut(BaseModel):
    """`account`: the address of the account that takes mail to unknown addresses of the domain."""

    id: int
    domain: str
    account: str

    @classmethod
    def of(cls, found: CatchAll) -> Self:
        return cls(id=found.pk, domain=found.domain.name.name, account=found.account.shown_address)


class CatchAllWish(Wish):
    account: MailAddress


class PasswordWish(Wish):
    """Without a password one is generated, and shown in the answer."""

    password: Password = ""


class LinkOut(BaseModel):
    """A link with which the person sets the password, once. It is not shown again."""

    link: str
    expires_at: datetime


class OrderOut(BaseModel):
    id: int
    kind: Literal["add", "cancel"]
    quantity: int
    state: Literal["requested", "approved", "refused", "cancelled"]
    note: str
    carried_out: int
    ordered_at: datetime
    decided_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, order: Order) -> Self:
        return cls.model_validate(order, from_attributes=True)


class OrderOfService(OrderOut):
    """With whose it is."""

    organization: str
    service: str

    @classmethod
    def of(cls, order: Order) -> Self:
        service = order.service
        whose = {"organization": service.organization.code, "service": service.name}
        return cls.model_validate({**OrderOut.of(order).model_dump(), **whose})


class NewOrder(Wish):
    """`kind`: more accounts, or unused ones given back."""

    quantity: StrictInt = Field(ge=1, le=100_000)
    kind: Literal["add", "cancel"] = "add"
    note: Text = ""


class RefusalWish(Wish):
    note: Text = ""


class RunOut(BaseModel):
    """`columns`: what each column of the table is taken for."""

    id: int
    kind: Literal["configure", "suspend", "resume", "reset", "passwords", "move", "undo"]
    state: Literal["columns", "checking", "preview", "running", "stopped", "done", "nothing"]
    way: Literal["passwords", "mail", "slips"]
    filename: str
    columns: list[str]
    total: int
    already: int
    bad: int
    done: int
    refused: int
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, run: BulkRun) -> Self:
        return cls.model_validate(run, from_attributes=True)


class NewRun(Wish):
    """`table`: CSV. `columns`: a field for each column, where the headings do not say it; a cell of `aliases` has them
    divided by semicolons or blanks. `domain`: of addresses that name none. `way`: how people get their passwords: in
    the results, or by a link that is mailed or printed."""

    table: Annotated[str, StringConstraints(min_length=1, max_length=33_554_432, pattern=NO_NUL)]
    filename: Annotated[str, StringConstraints(max_length=255, pattern=NO_NUL)] = ""
    columns: (
        list[
            Literal[
                "ignore",
                "address",
                "name",
                "domain",
                "first_name",
                "last_name",
                "display_name",
                "password",
                "contact",
                "slot",
                "aliases",
            ]
        ]
        | None
    ) = Field(default=None, max_length=100)
    domain: Annotated[str, StringConstraints(max_length=253, pattern=NO_NUL)] = ""
    way: Literal["passwords", "mail", "slips"] = "passwords"


class StartWish(Wish):
    all_or_nothing: StrictBool = False


class RowOut(BaseModel):
    number: int
    state: Literal["good", "already", "bad", "hashed", "done", "refused"]
    address: str
    reasons: list[str]

    @classmethod
    def of(cls, row: BulkRow) -> Self:
        facts = {name: getattr(row, name) for name in ("number", "state", "address")}
        return cls(**facts, reasons=reasons(row))


class HandedOut(BaseModel):
    number: int
    address: str
    secret: str


class Results(BaseModel):
    """What was generated: passwords, or links to set one."""

    items: list[HandedOut]
