"""An installation with a customer in it, who does what customers do while something fails."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request

from tests.attacks.callers import Person
from tests.installation import Installation
from tests.processes import manage

PASSWORD = "correct horse battery"
SOON = 20  # seconds in which every page answers, whatever has failed
PEOPLE = """
from tests.factories import *
service = make_service(make_organization("aurora"))
service.name = "mail"
service.save()
domain = make_domain(service, "aurora.example")
for number in range(30): make_slot(service)
make_member(service.organization, user=make_user("anna@aurora.example", password=PASSWORD))
make_user("staff@people.example", staff=True, password=PASSWORD)
"""


def python(installation: Installation, code: str) -> str:
    """What the code prints that runs beside the installation."""
    done = manage("shell", "--no-imports", "-c", code, env=installation.env)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def populate(installation: Installation) -> None:
    python(installation, PEOPLE.replace("PASSWORD", repr(PASSWORD)))


class Customer(Person):
    """Anna, by her browser. Everything has to be answered soon and without an error."""

    def __init__(self, installation: Installation) -> None:
        super().__init__(installation.port)
        self.slowest = 0.0

    def come(self) -> None:
        self.cookies.clear()
        begun = time.monotonic()
        self.sign_in("anna@aurora.example", PASSWORD)
        self._measure(begun)

    def get(self, path: str) -> str:
        begun = time.monotonic()
        text = super().get(path)
        self._measure(begun)
        return text

    def post(self, path: str, page: str, **fields: str | list[str]) -> tuple[str, str]:
        """The address and the text of the page that a form of `page` leads to."""
        form = {"csrfmiddlewaretoken": self.token(page), **fields}
        begun = time.monotonic()
        body = urllib.parse.urlencode(form, doseq=True).encode()
        try:
            with self.opener.open(self.address + path, body, timeout=60) as response:
                answer: tuple[str, str] = response.url, response.read().decode()
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code}") from error
        self._measure(begun)
        return answer

    def check_again(self) -> None:
        self.post("/services/mail/domains/aurora.example/again/", "/services/mail/domains/aurora.example/")

    def share(self) -> None:
        page = "/services/mail/domains/aurora.example/instructions/"
        _, text = self.post(page, page, email="dns@people.example", language="en")
        assert "dns@people.example" in text

    def start_run(self, *people: str) -> str:
        """The address of a run that configures accounts, started."""
        page = "/services/mail/accounts/bulk/"
        table = "Email,Password\n" + "".join(f"{name}@aurora.example,Hemlig4Sak-kw7x\n" for name in people)
        begun = time.monotonic()
        status, address, text = self.upload(page, table.encode())
        self._measure(begun)
        assert status == 200, text
        run = urllib.parse.urlsplit(address).path
        self.post(f"{run}columns/", run, column=["address", "password"], way="passwords")
        self.post(f"{run}start/", run, how="good")
        return run

    def _measure(self, begun: float) -> None:
        taken = time.monotonic() - begun
        assert taken < SOON
        self.slowest = max(self.slowest, taken)
