"""What the log says, and what it never says."""

from __future__ import annotations

import gzip
import io
import json
import logging
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from gunicorn.config import Config

from panel import gunicorn, logs, sentry
from tests.processes import manage


@pytest.fixture
def lines(settings: Any) -> Iterator[list[dict[str, Any]]]:
    """What is logged, read back."""
    settings.LOG_FORMAT = "json"
    found: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append(json.loads(self.format(record)))

    handler = Keep()
    handler.setFormatter(logs.formatter())
    root, requests = logging.getLogger(), logging.getLogger("panel.requests")
    level = requests.level
    requests.setLevel(logging.INFO)
    root.addHandler(handler)
    yield found
    root.removeHandler(handler)
    requests.setLevel(level)


def test_a_request_is_one_line_with_its_id_and_its_route(client: Client, lines: list[dict[str, Any]], db: None) -> None:
    response = client.get("/invitations/the-secret-token/", headers={"X-Request-ID": "forged-by-anybody"})
    line = next(line for line in lines if line["event"] == "request")
    assert line["request"] == response["X-Request-ID"] != "forged-by-anybody"
    assert (line["method"], line["route"], line["status"]) == ("GET", "/invitations/<str:token>/", response.status_code)
    assert line["ms"] >= 0
    assert "the-secret-token" not in json.dumps(lines)


def test_a_trusted_proxys_id_is_kept(client: Client, settings: Any, db: None) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    assert client.get("/guide/", headers={"X-Request-ID": "abcdef-123456"})["X-Request-ID"] == "abcdef-123456"
    assert client.get("/guide/", headers={"X-Request-ID": "a b\tc"})["X-Request-ID"] != "a b\tc"


def test_whatever_is_logged_within_a_request_or_a_task_has_its_id(lines: list[dict[str, Any]]) -> None:
    class Request:
        asked_by = "the-request"

    class Task:
        name = "panel.tasks.send_letters"
        request = Request

    logs._task_begins(task_id="the-task", task=Task)
    logging.getLogger("elsewhere").warning("something")
    logs._task_ended(task=Task, state="SUCCESS")
    logging.getLogger("elsewhere").warning("afterwards")
    first, second = lines
    assert (first["task"], first["task_name"], first["request"]) == ("the-task", Task.name, "the-request")
    assert "task" not in second


def test_the_web_servers_own_lines_are_as_all_others(settings: Any) -> None:
    settings.LOG_FORMAT = "json"
    server = logging.getLogger("gunicorn.error")
    before = server.handlers[:]
    written = io.StringIO()
    try:
        server.handlers = [logging.StreamHandler(written)]
        log = gunicorn.Log(Config())
        log.warning("Error handling request %s", "/invitations/the-secret-token/")
    finally:
        server.handlers = before
    line = json.loads(written.getvalue())
    assert line["event"] == f"Error handling request /invitations/{logs.HIDDEN}/"
    assert (line["level"], line["logger"]) == ("warning", "gunicorn.error")


def test_no_link_that_lets_somebody_in_is_logged() -> None:
    """Of every address of the project that takes a token or a key."""
    routes = [route for route in _routes(get_resolver()) if re.search(r"<(?:\w+:)?(?:token|key)>", route)]
    assert len(routes) >= 6, routes
    for route in routes:
        address = "/" + re.sub(r"<(?:\w+:)?(?:token|key)>", "LetsMeIn-0123456789", route)
        address = re.sub(r"<[^>]+>", "x1", address)
        assert "LetsMeIn" not in logs.hide(f"Not Found: {address}"), address


def _routes(resolver: Any, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        here = before + re.sub(r"\(\?P(<\w+>)[^)]*\)", r"\1", str(pattern.pattern)).strip("^$")
        if hasattr(pattern, "url_patterns"):
            yield from _routes(pattern, here)
        else:
            yield here


@pytest.mark.parametrize(
    "text",
    [
        "smtp://user:LetsMeIn@mail.example:587 did not answer",
        "password=LetsMeIn",
        '{"api_key": "LetsMeIn"}',
        "Authorization: LetsMeIn",
        "gAAAAABLetsMeInLetsMeInLetsMeIn",
    ],
)
def test_what_lets_somebody_in_is_hidden(text: str, lines: list[dict[str, Any]]) -> None:
    logging.getLogger("elsewhere").error("it said %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("elsewhere").exception("failed")
    assert len(lines) == 2
    assert "LetsMeIn" not in json.dumps(lines)
    assert "LetsMeIn" not in json.dumps(sentry.without_secrets({"message": text, "request": {"data": text}}))


def test_plain_words_stay(lines: list[dict[str, Any]]) -> None:
    text = "letter 5 was not taken, tried again later: password policy of shop.example"
    logging.getLogger("elsewhere").warning(text)
    assert lines[0]["event"] == text
    assert (lines[0]["level"], lines[0]["logger"]) == ("warning", "elsewhere")


@pytest.mark.parametrize(("wanted", "first"), [("json", "{"), ("text", "2")])
def test_standard_error_speaks_the_wanted_form(
    process_environment: dict[str, str], wanted: str, first: str, tmp_path: Any
) -> None:
    code = "import logging; logging.getLogger('x').warning('words')"
    env = process_environment | {"LOG_FORMAT": wanted, "VAR_DIR": str(tmp_path)}
    done = manage("shell", "--no-imports", "-c", code, env=env)
    assert done.stderr.splitlines()[-1].startswith(first), done.stderr
    assert "words" in done.stderr


def test_sentry_gets_the_error_and_no_secret(process_environment: dict[str, str], tmp_path: Any) -> None:
    envelopes: list[bytes] = []

    class Sentry(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            envelopes.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Sentry) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        dsn = f"http://key@127.0.0.1:{server.server_port}/1"
        code = (
            "import logging, sentry_sdk\n"
            "kept = ''.join(['Lets', 'MeIn'])\n"  # the source itself is sent
            "try:\n    raise ValueError(f'/invitations/{kept}/ failed')\n"
            "except ValueError:\n    logging.getLogger('x').exception('password=%s', kept)\n"
            "sentry_sdk.flush(10)"
        )
        env = process_environment | {"SENTRY_DSN": dsn, "VAR_DIR": str(tmp_path), "SENTRY_ENVIRONMENT": "of-a-test"}
        done = manage("shell", "--no-imports", "-c", code, env=env)
        server.shutdown()
    assert done.returncode == 0, done.stderr
    sent = b"".join(envelopes)
    assert b"ValueError" in sent
    assert b"of-a-test" in sent
    found = sent.find(b"LetsMeIn")
    assert found < 0, sent[max(0, found - 200) : found + 100]
