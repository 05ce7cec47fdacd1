"""The web server of `make run`, attacked by strangers and by customers: docs/threat-model.md has a line for each."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.installation import Installation, until
from tests.processes import ROOT, environment, manage
from tests.servers import Caddy, free_port

from .callers import MIB, Person, at_once, dripping, get, multipart, peak_memory, post, temporary_files, web_processes

SIGN_IN = "/account/login/"
UPLOAD = "/services/emailpro-aa00001-1/accounts/bulk/"
PASSWORD = "the chairs are blue"
CUSTOMERS = f"""
from tests.factories import make_member, make_organization, make_platform, make_service, make_user
platform = make_platform()
for code in ("aa00001", "bb00002"):
    organization = make_organization(code)
    make_service(organization, platform)
    for role in ("technician", "viewer"):
        make_member(organization, role, make_user(f"{{role}}@{{code}}.example", password={PASSWORD!r}))
"""
HEAD = b"POST /account/login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with Installation(tmp_path_factory.mktemp("attacked") / "var") as installation:
        installation.line = installation.start()
        made = manage("shell", "--no-imports", "-c", CUSTOMERS, env=installation.env)
        assert made.returncode == 0, made.stderr
        for _time in range(3):  # what each process loads at its first page and form is no memory of an attack
            at_once(8, lambda _: get(installation.port, SIGN_IN))
            at_once(8, lambda _: post(installation.port, SIGN_IN, 1000))
        yield installation


def raw(installation: Installation, data: bytes, seconds: float = 20) -> bytes:
    """All that is answered to these bytes."""
    with closing(socket.create_connection(("127.0.0.1", installation.port), timeout=seconds)) as client:
        client.sendall(data)
        said = b""
        while more := client.recv(65536):
            said += more
        return said


def test_six_posts_of_39_mib_cost_strangers_more_than_us(running: Installation) -> None:
    get(running.port, SIGN_IN)
    pids = web_processes(running)
    before = peak_memory(pids)
    begun = time.monotonic()
    answers = at_once(6, lambda _: post(running.port, SIGN_IN, 39 * MIB))
    assert time.monotonic() - begun < 20
    assert [status for status, _seconds in answers] == [413] * 6
    assert peak_memory(pids) - before < 300 * MIB
    assert not temporary_files(pids)


def test_a_stranger_at_the_address_of_uploads_is_sent_away_unread(running: Installation) -> None:
    pids = web_processes(running)
    before = peak_memory(pids)
    answers = at_once(6, lambda _: post(running.port, UPLOAD, 30 * MIB))
    assert [status for status, _seconds in answers] == [302] * 6
    assert max(seconds for _status, seconds in answers) < 20
    assert peak_memory(pids) - before < 60 * MIB  # of 180


def test_pages_answer_while_forty_connections_drip(running: Installation) -> None:
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    body = HEAD + b"Content-Length: 2000000\r\n\r\n"
    with dripping(running.port, 20, head, every=2), dripping(running.port, 20, body, every=2):
        deadline = time.monotonic() + 12
        while time.monotonic() < deadline:
            for page in (SIGN_IN, "/healthz", "/guide/"):
                status, seconds = get(running.port, page)
                assert status in (200, 302)
                assert seconds < 8


def test_a_thousand_idle_connections_keep_nobody_out(running: Installation) -> None:
    """Whoever has waited longest is sent away for whoever comes."""
    with dripping(running.port, 950, b"GET / HTTP/1.1\r\n", every=3, again=False) as still_open:
        status, seconds = get(running.port, SIGN_IN)
        assert status == 200
        assert seconds < 8
        until(lambda: still_open() <= 2 * 400, 20, "too many are still open")


def test_bodies_in_memory_are_bounded_in_sum(running: Installation) -> None:
    """Sixty bodies of 2 MiB that never end: those that came first give way, the memory is what it says."""
    pids = web_processes(running)
    before = peak_memory(pids)
    with ExitStack() as stack:
        clients = []
        for _ in range(60):
            client = stack.enter_context(closing(socket.create_connection(("127.0.0.1", running.port), timeout=10)))
            try:
                client.sendall(HEAD + b"Content-Length: 2500000\r\n\r\n" + b"a" * 2_000_000)
            except OSError:
                continue
            clients.append(client)
        status, seconds = get(running.port, SIGN_IN)
        assert status == 200
        assert seconds < 8
        assert post(running.port, SIGN_IN, 1000)[0] == 403  # no CSRF token: it was heard
    assert peak_memory(pids) - before < 2 * 32 * MIB * 2


def test_heads_and_bodies_have_a_deadline_in_all(running: Installation) -> None:
    begun = time.monotonic()
    head = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
    body = HEAD + b"Content-Length: 5000\r\n\r\n"
    with (
        dripping(running.port, 3, head, again=False) as heads,
        dripping(running.port, 3, body, again=False) as bodies,
    ):
        assert heads() == bodies() == 3
        until(lambda: heads() == 0, 20, "the end of slow heads")
        until(lambda: bodies() == 0, 45, "the end of slow bodies")
    assert time.monotonic() - begun < 45


def test_readers_who_do_not_read_keep_no_thread(running: Installation) -> None:
    """Each asks for large pages, again and again, and takes nothing of what is said."""
    css = re.search(r"/static/[^\"]*bootstrap[^\"]*\.css", page(running, SIGN_IN))
    assert css
    request = f"GET {css.group()} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with ExitStack() as stack:
        for _ in range(60):
            client = stack.enter_context(closing(socket.socket()))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", running.port))
            client.sendall(request * 50)
        for _ in range(5):
            status, seconds = get(running.port, SIGN_IN)
            assert status == 200
            assert seconds < 8


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"411"),
        (HEAD + b"Content-Length: 3000000\r\n\r\n", b"413"),
        (HEAD + b"Content-Length: 99999999999999999999\r\n\r\n", b"413"),
        (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", b"400"),
        (HEAD + b"Content-Length: -5\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 9_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"414"),
        (b"nonsense\r\n\r\n", b"400"),
        (b"\r\n\r\n\r\n\r\n", b"400"),
        (b"PUT " + UPLOAD.encode() + b" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3000000\r\n\r\n", b"413"),
    ],
)
def test_what_is_not_understood_or_too_much_is_refused_before_it_is_read(
    running: Installation, request_: bytes, status: bytes
) -> None:
    assert raw(running, request_).startswith(b"HTTP/1.1 " + status + b" ")


def test_requests_in_one_go_are_answered_in_order(running: Installation) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /nothing-here/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    said = raw(running, one + one + last)
    assert re.findall(rb"^HTTP/1\.1 (\d+)", said, re.MULTILINE) == [b"200", b"200", b"404"]


def page(installation: Installation, path: str) -> str:
    with urllib.request.urlopen(f"http://localhost:{installation.port}{path}") as response:
        text: str = response.read().decode()
        return text


@pytest.fixture
def technician(running: Installation) -> Person:
    person = Person(running.port)
    person.sign_in("technician@aa00001.example", PASSWORD)
    return person


def table(size: int) -> bytes:
    """A CSV of about `size` bytes."""
    row = b"anna%06d@aurora.example,Anna," + b"x" * 300 + b"\n"
    return b"email,first,note\n" + b"".join(row % number for number in range(size // len(row % 0)))


def test_a_table_of_thirty_mib_comes_in_by_memory_alone(running: Installation, technician: Person) -> None:
    pids = web_processes(running)
    before = peak_memory(pids)
    status, address, text = technician.upload(UPLOAD, table(29 * MIB))
    assert status == 200, text
    assert re.search(r"/bulk/\d+/$", address), text
    assert peak_memory(pids) - before < 300 * MIB
    assert not temporary_files(pids)


def test_an_upload_needs_a_role_and_a_token_and_has_a_ceiling(running: Installation, technician: Person) -> None:
    status, _address, _text = technician.upload(UPLOAD, table(3 * MIB), token="x" * 64)
    assert status == 403
    status, _address, text = technician.upload(UPLOAD, table(40 * MIB))
    assert status == 200
    assert "32" in text
    assert "MiB" in text
    viewer = Person(running.port)
    viewer.sign_in("viewer@aa00001.example", PASSWORD)
    token = technician.token(UPLOAD)
    pids = web_processes(running)
    before = peak_memory(pids)
    assert viewer.upload(UPLOAD, table(20 * MIB), token=token)[0] == 403
    assert technician.upload(UPLOAD.replace("aa00001", "bb00002"), table(20 * MIB), token=token)[0] == 404
    assert peak_memory(pids) - before < 20 * MIB


def test_one_upload_of_an_organization_is_under_way_and_two_in_a_process(
    running: Installation, technician: Person
) -> None:
    """Customers who upload slowly, as often as they like, stop neither pages nor each other."""
    body, kind = multipart(technician.token(UPLOAD), table(4 * MIB))
    head = (
        f"POST {UPLOAD} HTTP/1.1\r\nHost: localhost:{running.port}\r\nCookie: {technician.cookie}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    other = Person(running.port)
    other.sign_in("technician@bb00002.example", PASSWORD)
    with closing(socket.create_connection(("127.0.0.1", running.port), timeout=60)) as slow:
        slow.sendall(head + body[: 1 * MIB])
        time.sleep(1)
        status, _address, text = technician.upload(UPLOAD, table(MIB // 100))
        assert status == 200
        assert "Your organization is already uploading another file" in text
        status, address, text = other.upload(UPLOAD.replace("aa00001", "bb00002"), table(MIB // 100))
        assert re.search(r"/bulk/\d+/$", address), text
        with dripping(running.port, 12, head + body[:MIB], every=2):
            for _ in range(5):
                status, seconds = get(running.port, SIGN_IN)
                assert status == 200
                assert seconds < 8
        slow.sendall(body[MIB:])
        assert b" 302 " in slow.recv(65536)
    until(lambda: "under way" not in technician.upload(UPLOAD, table(MIB // 100))[2], 20, "a free place")


@pytest.fixture
def long_answers() -> Iterator[int]:
    """The port of our web server with another application."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "-c", "python:panel.gunicorn", "--bind", f"127.0.0.1:{port}"]
    process = subprocess.Popen([*command, "tests.attacks.long_answers"], env=environment(), cwd=ROOT)
    try:
        until(lambda: answers(port), 30, "the web server")
        yield port
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    try:
        return get(port, "/short")[0] == 200
    except OSError:
        return False


def test_long_answers_reach_those_who_read_and_hold_no_thread_for_those_who_do_not(long_answers: int) -> None:
    with ExitStack() as stack:
        for _ in range(40):
            client = stack.enter_context(closing(socket.socket()))
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", long_answers))
            client.sendall(b"GET /long HTTP/1.1\r\nHost: localhost\r\n\r\n")
        time.sleep(0.5)
        for _ in range(5):
            status, seconds = get(long_answers, "/short")
            assert (status, seconds < 3) == (200, True)
        with urllib.request.urlopen(f"http://127.0.0.1:{long_answers}/long") as response:
            assert len(response.read()) == 320 * 65536


def test_an_application_that_fails_is_answered_for(long_answers: int) -> None:
    assert get(long_answers, "/broken")[0] == 500
    assert get(long_answers, "/short")[0] == 200


def test_people_read_in_their_language_that_a_form_was_too_large(running: Installation) -> None:
    asked = HEAD + b"Accept: text/html\r\nAccept-Language: pl,en;q=0.5\r\nContent-Length: 3000000\r\n\r\n"
    said = raw(running, asked)

    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"Content-Type: text/html" in said
    assert b'<html lang="pl">' in said


def test_through_the_proxy_of_compose_it_is_the_same(running: Installation) -> None:
    with Caddy(running.port) as proxy:
        head = b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nX-Slow: " % proxy.port
        body = HEAD.replace(b"localhost", b"localhost:%d" % proxy.port) + b"Content-Length: 2000000\r\n\r\n"
        with dripping(proxy.port, 20, head, every=2), dripping(proxy.port, 20, body, every=2):
            for _ in range(5):
                status, seconds = get(proxy.port, SIGN_IN, host="localhost")
                assert status == 200
                assert seconds < 8
        assert post(proxy.port, SIGN_IN, 3 * MIB, host="localhost")[0] == 413
        assert post(proxy.port, SIGN_IN, 39 * MIB, host="localhost")[0] in (0, 413)  # Caddy hangs up
        with urllib.request.urlopen(f"http://localhost:{proxy.port}{SIGN_IN}") as response:
            assert response.status == 200
