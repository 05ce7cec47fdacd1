"""What a verb says when it will not do what was asked."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):  # noqa: N818 - a refusal is an answer to a person, not a fault of the program
    """A verb of a model refuses. `code` is stable; the message says, to people, why and what to do.

    `field` names the form field that it stands beside, where there is one.
    """

    def __init__(self, code: str, message: str | Promise, *, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.field = field

    def __str__(self) -> str:
        return str(self.message)
