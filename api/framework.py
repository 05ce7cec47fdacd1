"""The frame of every operation: who asks, whether it may, once only, as a dry run, and what a refusal looks like.

An operation is a function (request, what was asked) that calls a use-case and returns a schema. What changes something
runs in one transaction with its idempotency key; a dry run is the same transaction rolled back, so it decides nothing
by itself.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as InvalidRequest
from ninja.security import HttpBearer
from pydantic import BaseModel

from domains.claims import counting
from panel.actors import Actor
from panel.errors import Refused
from panel.models import Service

from . import idempotency, rates
from .access import require_staff
from .models import Token
from .problems import Problem, problem

DRY_RUN = "dry_run"
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="configureme"'}


class Asked(HttpRequest):
    """A request whose token is known and reaches the operation."""

    auth: Token
    attempt: tuple[Service, str, Actor]  # to attach: service, name, who


class Bearer(HttpBearer):
    """A token that may do `scope`; `staff`: and that is staff's."""

    openapi_name = "token"

    def __init__(self, scope: str, *, staff: bool) -> None:
        super().__init__()
        self.scope = scope
        self.staff = staff

    def __call__(self, request: HttpRequest) -> Token:
        scheme, _blank, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            _count(request, rates.of_stranger(request))
            raise Problem(401, "token-missing", headers=CHALLENGE)
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Token:
        found = Token.of(token)
        if found is None:
            _count(request, rates.of_stranger(request))
            raise Problem(
                401,
                "token-invalid",
                headers={"WWW-Authenticate": CHALLENGE["WWW-Authenticate"] + ', error="invalid_token"'},
            )
        _count(request, rates.of_token(found.pk))
        if self.staff:
            require_staff(found)
        if not found.may(self.scope):
            raise Problem(403, "scope-missing", f"{self.scope}")
        return found


def _count(request: HttpRequest, rate: rates.Rate) -> None:
    """Have the answer tell what is left."""
    request.rate_headers = rate.headers  # type: ignore[attr-defined]


api = NinjaAPI(
    title="Configureme",
    version="1",
    urls_namespace="api_v1",
    docs_url=None,
    openapi_url=None,
    description="Everything that the pages do, for billing systems and scripts.",
)


class Reply:
    """An answer with a status of its own, or with the address of what was made.

    `stays`: what was written stays in a dry run, too: a job that does nothing but look.
    """

    def __init__(self, body: BaseModel, *, status: int, location: str = "", stays: bool = False) -> None:
        self.body = body
        self.status = status
        self.location = location
        self.stays = stays


def operation(
    method: str,
    path: str,
    *,
    scope: str,
    response: Any,
    status: int = 200,
    more: dict[int, Any] | None = None,
    staff: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a function an operation of the API. `more`: other statuses of success and their schemas.

    The first paragraph of its docstring is its summary; the tag is the area of its scope.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        known: set[str] = set() if method == "GET" else {DRY_RUN}

        @wraps(function)
        def view(request: Asked, *args: Any, **kwargs: Any) -> HttpResponse:
            _require_known(request, known)

            def perform() -> Reply:
                result = function(request, *args, **kwargs)
                return result if isinstance(result, Reply) else Reply(result, status=status)

            return _answer(perform()) if method == "GET" else _carried_out(request, perform)

        summary, _blank, rest = (function.__doc__ or "").strip().partition("\n")
        api.default_router.add_api_operation(
            path,
            [method],
            view,
            auth=Bearer(scope, staff=staff),
            response={status: response, **(more or {})},
            operation_id=function.__name__,
            summary=summary.rstrip("."),
            description=" ".join(rest.split()) or " ",  # not the whole docstring
            tags=[scope.partition(":")[0]],
            url_name=function.__name__,
            openapi_extra={"x-scope": scope, "x-staff": staff},
        )
        for model in api.default_router.path_operations[path].operations[-1].models:
            if model.__ninja_param_source__ == "query":
                known.update(model.__ninja_flatten_map__)
        return view

    return decorate


def _require_known(request: HttpRequest, known: set[str]) -> None:
    """A parameter that is mistyped would be a filter that does nothing. Raises Problem."""
    unknown = sorted(request.GET.keys() - known)
    if unknown:
        words = _("There is no such parameter.")
        errors = [{"field": name, "code": "extra_forbidden", "detail": str(words)} for name in unknown]
        raise Problem(422, "invalid", errors=errors)


def _answer(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.body.model_dump_json(), status=reply.status, content_type="application/json")
    if reply.location:
        response["Location"] = reply.location
    return response


def _carried_out(request: Asked, perform: Callable[[], Reply]) -> HttpResponse:
    dry = is_dry(request)
    key = idempotency.key_of(request) if request.method == "POST" else ""
    with transaction.atomic():
        kept = idempotency.begin(request.auth, key, request) if key else None
        if isinstance(kept, HttpResponse):
            return kept
        reply = perform()
        response = _answer(reply)
        if dry:
            response["Dry-Run"] = "true"
        if dry and not reply.stays:
            transaction.set_rollback(True)
            del response["Location"]  # of what is not there
        elif kept is not None:
            idempotency.keep(kept, response)
    return response


def is_dry(request: HttpRequest) -> bool:
    text = request.GET.get(DRY_RUN, "false")
    if text not in ("true", "false"):
        raise Problem(422, "invalid", errors=[{"field": DRY_RUN, "code": "bool_parsing", "detail": "true, false"}])
    return text == "true"


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


@api.exception_handler(Refused)
def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    attempt = getattr(request, "attempt", None)
    if attempt is not None:  # here, since what was refused is rolled back and its count is not
        try:
            with counting(*attempt):
                raise error
        except Refused as counted:
            error = counted
    errors = [{"field": error.field, "code": str(error.code), "detail": str(error)}] if error.field else []
    return problem(409, str(error.code), error, errors=errors)


@api.exception_handler(ValidationError)
def _not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, "invalid", " ".join(error.messages))


@api.exception_handler(InvalidRequest)
def _invalid(request: HttpRequest, error: InvalidRequest) -> HttpResponse:
    """Where the request is not what the schema says, in the words of the schema."""
    errors = [
        {
            "field": _field(item["loc"]),
            "code": item["type"],
            "detail": item["msg"],
        }
        for item in error.errors
    ]
    return problem(422, "invalid", errors=errors)


def _field(place: tuple[str | int, ...]) -> str:
    """The name of what is wrong, given where it stands: ("body", name of the argument, …) or ("query", name)."""
    inside = place[2:] if place[0] == "body" and len(place) > 2 else place[1:]
    return ".".join(map(str, inside or place))


@api.exception_handler(HttpError)
def _not_understood(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "bad-request", error)


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "not-found")
