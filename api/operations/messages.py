"""Where is my message? The message trace."""

from typing import Annotated, Literal

from ninja import Query

from mailflow.trace import reading
from panel.keyset import Cursor, Where

from ..access import organization_of
from ..framework import Asked, operation
from ..paging import Page, next_address
from ..problems import Problem
from ..schemas.base import NO_NUL, Moment
from ..schemas.messages import TracedMessageOut, TraceState

Typed = Annotated[str, Query(max_length=320, pattern=NO_NUL, description="An address, or a domain for all of it.")]


@operation("GET", "/messages", scope="messages:read", response=Page[TracedMessageOut])
def list_messages(
    request: Asked,
    sender: Typed = "",
    recipient: Typed = "",
    since: Moment | None = None,
    until: Moment | None = None,
    ident: Annotated[
        str, Query(alias="id", max_length=250, pattern=NO_NUL, description="A Message-ID or a queue ID.")
    ] = "",
    state: Literal["", TraceState] = "",
    organization: Annotated[str, Query(max_length=32, pattern=NO_NUL, description="Code: only what is its.")] = "",
    after: Annotated[str, Query(max_length=1000, pattern=NO_NUL, description="As in `next`.")] = "",
) -> Page[TracedMessageOut]:
    """What the mail servers did with messages, the newest first, 50 on a page: a row for each recipient."""
    owner = request.auth.organization
    if organization:
        owner = organization_of(request.auth, organization)
    if after and Cursor.parse(after) is None:
        raise Problem(422, "invalid", errors=[{"field": "after", "code": "cursor", "detail": "Take it from `next`."}])
    parameters = {"from": sender, "to": recipient, "id": ident, "state": state}
    question = reading.TraceQuestion.of(
        {
            **parameters,
            "since": since.isoformat() if since else "",
            "until": until.isoformat() if until else "",
        }
    )
    rows = reading.rows_of(None if request.auth.is_staff and owner is None else owner)
    found, page = reading.page_of(rows, question, Where.of({"after": after}), with_steps=True)
    return Page(
        items=[TracedMessageOut.of(message) for message in found],
        next=next_address(request, page.next) if page.next else None,
    )
