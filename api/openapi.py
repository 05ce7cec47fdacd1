"""The description of the API (OpenAPI 3.1): what all operations have alike is added; and the reference made of it."""

from __future__ import annotations

from functools import cache
from typing import Any

from .codes import documented
from .framework import api
from .problems import MEDIA_TYPE

REF = "#/components/schemas/Problem"
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. `code` is stable, the same as on the pages and the command line; words are for people.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
ERRORS = {  # status → name, meaning
    400: ("NotUnderstood", "The request is not understood."),
    401: ("NoToken", "No token, or one that does not work."),
    403: ("NotAllowed", "The token may not do this."),
    404: ("NotThere", "There is no such thing, or it is another organization's."),
    409: ("Refused", "Refused: `code` says why."),
    413: ("TooLarge", "The request is too large."),
    422: ("Wrong", "Something in the request is wrong: `errors` says what."),
    429: ("TooMany", "Too many requests: wait for `Retry-After`."),
}
ON_WRITES = {409, 413}
DRY_RUN: dict[str, Any] = {
    "in": "query",
    "name": "dry_run",
    "description": "Answer as if it were done, and change nothing.",
    "schema": {"type": "boolean", "default": False},
}
KEY: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "Sent again with the same key within a day the request is not done again and gets the same answer.",
    "schema": {"type": "string", "pattern": "^[\\x21-\\x7e]{1,255}$"},
}
RATE_HEADERS = {
    "RateLimit": {"schema": {"type": "string"}, "description": "What is left in this minute."},
    "RateLimit-Policy": {"schema": {"type": "string"}, "description": "Requests a minute."},
}


@cache
def document() -> dict[str, Any]:
    schema: dict[str, Any] = dict(api.get_openapi_schema(path_prefix="/api/v1/"))
    schema["servers"] = [{"url": "/"}]
    components = schema["components"]
    components["schemas"]["Problem"] = PROBLEM
    components["headers"] = RATE_HEADERS
    components["responses"] = {
        name: {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": REF}}}}
        for name, words in ERRORS.values()
    }
    for path in schema["paths"].values():
        for method, operation in path.items():
            _complete(method, operation)
    return schema


def _complete(method: str, operation: dict[str, Any]) -> None:
    scope, staff = operation.pop("x-scope"), operation.pop("x-staff")
    needs = f"Scope `{scope}`{', staff only' if staff else ''}."
    operation["description"] = f"{operation['description']} {needs}".strip()
    writes = method != "get"
    if writes:
        operation.setdefault("parameters", []).append(DRY_RUN)
    if method == "post":
        operation["parameters"].append(KEY)
    responses: dict[Any, Any] = operation["responses"]
    for response in responses.values():
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in RATE_HEADERS}
    for status, (name, _words) in ERRORS.items():
        if writes or status not in ON_WRITES:
            responses[status] = {"$ref": f"#/components/responses/{name}"}
    operation["responses"] = {str(status): responses[status] for status in sorted(responses, key=int)}


def reference() -> str:
    """The reference as Markdown."""
    schema = document()
    lines = [
        "# The API: reference",
        "",
        "Made from the code by `manage.py openapi`; do not edit. What all operations have alike is in",
        "[api-guide.md](api-guide.md), the whole description for programs in [openapi.json](openapi.json).",
    ]
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    for tag in sorted(by_tag):
        lines += ["", f"## {tag.capitalize()}"]
        for method, path, operation in by_tag[tag]:
            lines += _of_operation(method, path, operation)
    lines += _of_codes()
    lines += ["", "## Schemas"]
    for name, described in sorted(schema["components"]["schemas"].items()):
        lines += _of_schema(name, described)
    return "\n".join(lines) + "\n"


def _of_codes() -> list[str]:
    """All that `code` of a problem, of its `errors` and of a job can be."""
    lines = [
        "",
        "## Codes",
        "",
        "The `code` of a problem (with its status), of one of its `errors`, or of a job. They are stable, and those",
        "of the command line; the words are those of the pages, with more in them where ‹so› stands. In `errors`",
        "there are, besides, the codes of what the schema asks for (`missing`, `extra_forbidden`,",
        "`string_too_long`, …) and of the settings of a DNS provider (`required`, `invalid`, …).",
        "",
        "| code | where | words |",
        "|---|---|---|",
    ]
    lines += [f"| `{code}` | {where} | {words} |" for code, (where, words) in documented().items()]
    return lines


def _of_operation(method: str, path: str, operation: dict[str, Any]) -> list[str]:
    lines = ["", f"### {method} {path}", "", f"{operation['summary']}. {operation['description']}"]
    parameters = [p for p in operation.get("parameters", []) if p["in"] != "path" and p not in (DRY_RUN, KEY)]
    if parameters:
        lines += ["", "| parameter | in | meaning |", "|---|---|---|"]
        lines += [
            f"| `{p['name']}` | {p['in']} | {p.get('description') or p['schema'].get('description') or ''} |"
            for p in parameters
        ]
    body = operation.get("requestBody")
    if body:
        lines += ["", f"Body: {_type(body['content']['application/json']['schema'])}."]
    answers = [
        f"{status} {_type(response['content']['application/json']['schema'])}"
        for status, response in operation["responses"].items()
        if "application/json" in response.get("content", {})
    ]
    return [*lines, "", f"Answer: {', '.join(answers)}."]


def _of_schema(name: str, described: dict[str, Any]) -> list[str]:
    lines = ["", f"### {name}"]
    if described.get("description"):
        lines += ["", " ".join(described["description"].split())]
    properties = described.get("properties", {})
    if properties:
        required = set(described.get("required", ()))
        lines += ["", "| field | type | |", "|---|---|---|"]
        lines += [
            f"| `{field}` | {_type(of)} | {'required' if field in required else ''} |"
            for field, of in properties.items()
        ]
    return lines


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return " ".join(filter(None, [schema.get("type", "anything"), schema.get("format", "")]))
