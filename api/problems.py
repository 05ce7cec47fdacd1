"""Problem details (RFC 9457): what the API says when it will not or cannot. Codes and words are those of the pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _

MEDIA_TYPE = "application/problem+json"

TITLES: dict[int, Any] = {
    400: _("The request is not understood."),
    401: _("A token is needed."),
    403: _("The token may not do this."),
    404: _("There is no such thing."),
    405: _("This cannot be done with it."),
    409: _("It is refused."),
    413: _("The request is too large."),
    422: _("Something in the request is wrong."),
    429: _("Too many requests."),
    500: _("The panel failed."),
    503: _("The panel is not available."),
}

# What is answered below the operations: its code, and its words in the reference.
OF_REQUESTS = {
    400: ("bad-request", "The request is not understood."),
    404: ("not-found", "There is no such thing, or it is another organization's."),
    405: ("method-not-allowed", "This cannot be done with it."),
    413: ("too-large", "The request is too large."),
    500: ("failed", "The panel failed. The same request can be sent again."),
}


class Problem(Exception):  # noqa: N818 - an answer, not a fault of the program
    """Ends a request with this status and code. `errors`: one for each part of the request that is wrong."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: object = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers or {}

    def response(self) -> JsonResponse:
        return problem(self.status, self.code, self.detail, errors=self.errors, headers=self.headers)


def problem(
    status: int,
    code: str,
    detail: object = "",
    *,
    errors: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> JsonResponse:
    title = TITLES.get(status) or HTTPStatus(status).phrase
    body: dict[str, Any] = {"type": "about:blank", "title": str(title), "status": status, "code": code}
    if str(detail):
        body["detail"] = str(detail)
    if errors:
        body["errors"] = list(errors)
    response = JsonResponse(body, status=status, content_type=MEDIA_TYPE)
    for name, value in (headers or {}).items():
        response[name] = value
    return response
