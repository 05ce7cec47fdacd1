"""Footers of domains."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, StrictBool, StringConstraints

from domains.footers import HTML_AT_MOST, TEXT_AT_MOST
from domains.models import Footer

from .base import NO_NUL, Wish


class FooterOut(BaseModel):
    """What is added to messages that leave from a domain. An empty `text` is made of the HTML, and the other way round.
    `only_outside`: only where a recipient is outside of the domain."""

    text: str
    html: str
    active: bool
    only_outside: bool
    changed_at: datetime | None

    @classmethod
    def of(cls, footer: Footer | None) -> Self:
        if footer is None:
            return cls(text="", html="", active=False, only_outside=False, changed_at=None)
        return cls.model_validate(footer, from_attributes=True)


class FooterWish(Wish):
    """A footer as it is to be."""

    text: Annotated[str, StringConstraints(max_length=TEXT_AT_MOST, pattern=NO_NUL)] = ""
    html: Annotated[str, StringConstraints(max_length=HTML_AT_MOST, pattern=NO_NUL)] = ""
    active: StrictBool = True
    only_outside: StrictBool = False
