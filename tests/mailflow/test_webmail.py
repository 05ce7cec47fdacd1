"""Roundcube as people meet it, in a real browser, against real Postfix and Dovecot."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts import policies
from accounts.models import EmailAccount
from mailflow.models import Failure
from panel.actors import SYSTEM
from tests.browser import NewPage
from tests.mailflow.conftest import PASSWORD, mailbox_of, started
from tests.mailflow.machine import MailMachine, soon
from tests.processes import ROOT
from tests.servers.process import free_port, program

pytestmark = pytest.mark.django_db(transaction=True)
PORT = free_port()
ADDRESS = f"http://127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def running(django_db_setup: None, django_db_blocker: object) -> Iterator[MailMachine]:
    program("php", "php-cli")
    program("/usr/share/roundcube/bin/cleandb.sh", "roundcube-core roundcube-sqlite3")
    yield from started(django_db_blocker, "--webmail-port", str(PORT))


def test_somebody_signs_in_writes_to_himself_and_reads_it(
    machine: MailMachine, jan: EmailAccount, page_at: NewPage
) -> None:
    page = page_at(ADDRESS)
    page.goto("/")
    page.locator("#rcmloginuser").fill(str(jan))
    page.locator("#rcmloginpwd").fill(PASSWORD)
    page.locator("#rcmloginsubmit").click()
    expect(page.locator("#messagelist")).to_be_attached()
    page.wait_for_load_state("networkidle")  # what is asked for meanwhile must not end the letter begun
    page.goto(f"/?_task=mail&_action=compose&_to={jan}")
    page.locator("[name=_subject]").fill("to myself")
    page.locator("#composebody").fill("written in the webmail")
    page.locator("#compose-content, .toolbar, #toolbar-menu").get_by_role("button", name="Send").first.click()
    soon(lambda: "to myself" in machine.subjects(str(jan), PASSWORD), "the message")
    expect(page.locator("#messagelist")).to_be_attached()  # it goes there by itself when the letter is sent
    page.wait_for_load_state("networkidle")
    page.goto("/?_task=mail&_mbox=INBOX&_uid=1&_action=show")
    expect(page.locator("#messagebody")).to_contain_text("written in the webmail")
    assert machine.subjects(str(jan), PASSWORD, "Sent") == ["to myself"]
    leads_to_the_panel(page)


def leads_to_the_panel(page: Page) -> None:
    """Password, rules and replies have one author."""
    page.goto("/?_task=settings")
    link = page.get_by_role("button", name="Password, rules, replies")
    expect(link).to_be_visible()
    told = page.request.get(link.get_attribute("href") or "", max_redirects=0)
    assert told.status == 302
    assert told.headers["location"].endswith("/mailbox/")
    texts = page.get_by_role("navigation", name="Settings").inner_text()
    assert not re.search(r"Filters|Vacation", texts)


def sign_in(user: str, password: str, origin: str) -> int:
    """Roundcube's form, through a proxy that says who asks; the status of the answer."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    opener.addheaders = [("X-Forwarded-For", origin), ("User-Agent", "Mozilla/5.0")]
    form = opener.open(ADDRESS, timeout=30).read().decode()
    token = re.search(r'name="_token" value="([^"]+)"', form)
    assert token, form[:2000]
    data = {"_token": token[1], "_task": "login", "_action": "login", "_user": user, "_pass": password}
    try:
        with opener.open(f"{ADDRESS}/?_task=login", urllib.parse.urlencode(data).encode(), timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_wrong_passwords_shut_out_their_own_network_and_not_the_webmail(
    machine: MailMachine, jan: EmailAccount
) -> None:
    for _try in range(10):
        assert sign_in(str(jan), "wrong", "198.51.100.7") != 200
    counted = Failure.objects.filter(mailbox=mailbox_of(jan), failures__gt=0)
    soon(counted.exists, "they are counted")
    assert set(counted.values_list("network", flat=True)) == {"198.51.100.0/24"}
    assert sign_in(str(jan), PASSWORD, "198.51.100.9") != 200, "their network is shut out"
    assert sign_in(str(jan), PASSWORD, "203.0.113.5") == 200
    assert machine.imap(str(jan), PASSWORD).logout()[0] == "BYE"


def test_passwords_that_are_for_the_webmail_alone_open_it(machine: MailMachine, jan: EmailAccount) -> None:
    """Its own address counts, not the one that it says its user has."""
    policies.change_policy(jan.service, {"main_for_web": True}, by=SYSTEM)
    assert sign_in(str(jan), PASSWORD, "203.0.113.5") == 200
    login = f"{jan}", PASSWORD
    assert machine.imap(*login).logout()[0] == "BYE"  # this machine is where the webmail is


@pytest.mark.parametrize(
    "path",
    ["/config/config.inc.php", "/data/roundcube.db", "/common.php", "/router.php", "/SQL/sqlite.initial.sql", "/..%2f"],
)
def test_nothing_but_its_pages_is_served(machine: MailMachine, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(ADDRESS + path, timeout=30)
    assert caught.value.code == 404


def test_its_key_is_kept_and_its_own(machine: MailMachine) -> None:
    config: Path = machine.directory / "webmail" / "config" / "config.inc.php"
    assert re.search(r"\$config\['des_key'\] = '[0-9a-f]{24}';", config.read_text())
    assert config.stat().st_mode & 0o777 == 0o600


def test_the_configuration_of_compose_is_php_and_has_one_author_of_rules(tmp_path: Path) -> None:
    common = ROOT / "mailflow" / "webmail" / "common.php"
    text = (ROOT / "mailflow" / "webmail" / "compose.php").read_text().replace("/var/roundcube/common.php", str(common))
    (tmp_path / "config.php").write_text(f"{text}\necho json_encode($config);\n")
    environment = {"PUBLIC_URL": "https://panel.example", "MAIL_HOST": "mx.example", "WEBMAIL_PROXY": "172.29.13.2"}
    command = [program("php", "php-cli"), str(tmp_path / "config.php")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    config = json.loads(done.stdout)
    assert config["plugins"] == ["configureme"]
    assert config["imap_conn_options"]["ssl"]["peer_name"] == "mx.example"
    assert config["support_url"] == "https://panel.example/mailbox/"
    assert config["proxy_whitelist"] == ["172.29.13.2"]
