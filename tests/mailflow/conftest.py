"""One mail machine for all tests of a process: it follows the database, whatever a test puts there."""

from __future__ import annotations

import itertools
import sys
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from accounts.hashing import hash_password
from accounts.models import EmailAccount
from domains.keys import new_identity
from domains.models import DkimKey, Domain
from panel.models import Platform, Service
from tests.factories import make_account, make_domain, make_organization, make_platform, make_service
from tests.processes import environment
from tests.servers.target import SmtpTarget

from .machine import MailMachine, require_servers

WEBMAIL = "127.0.0.77"  # from where the webmail signs people in
PASSWORD = "Correct-horse-9"
_HASH = hash_password(PASSWORD)
_numbers = itertools.count(1)
HOSTS = {
    "mx_hosts": ["mx1.pro.test"],
    "imap_host": "imap.pro.test",
    "smtp_host": "smtp.pro.test",
    "outbound_addresses": ["192.0.2.10"],
}


def database_url() -> str:
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{database['NAME']}"
    return f"postgresql://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def started(django_db_blocker: Any, *options: str, **env: str) -> Iterator[MailMachine]:
    """A machine over this process's test database."""
    require_servers()
    with django_db_blocker.unblock():
        make_platform("mail", is_default=True, **HOSTS)
        machine = MailMachine(
            environment(
                DATABASE_URL=database_url(),
                REDIS_URL="",
                VAR_DIR=str(settings.VAR_DIR),
                MAIL_WEBMAIL_NETWORKS=WEBMAIL,
                MAIL_ACCOUNT_LIMIT="30",
                MAIL_SERVICE_LIMIT="45",
                **env,
            ),
            "--native-lookup",
            *options,
        )
        try:
            machine.start()
        except BaseException:
            machine.close()
            raise
        finally:
            Platform.objects.all().delete()
            connection.close()
    yield machine
    machine.close()


@pytest.fixture(scope="session")
def running(django_db_setup: None, django_db_blocker: object) -> Iterator[MailMachine]:
    yield from started(django_db_blocker)


@pytest.fixture
def machine(running: MailMachine, transactional_db: None) -> Iterator[MailMachine]:
    yield running
    running.settle()
    if sys.exc_info()[0] is not None:
        print(running.logs()[-6000:])


@pytest.fixture
def platform(transactional_db: None) -> Platform:
    return make_platform("mail", is_default=True, **HOSTS)


@pytest.fixture
def service(platform: Platform) -> Service:
    return make_service(make_organization(), platform)


@pytest.fixture
def target() -> Iterator[SmtpTarget]:
    with SmtpTarget() as server:
        yield server


@pytest.fixture
def domain(service: Service) -> Domain:
    """Authoritative. Its name is used by no other test: the servers remember for half a minute what they accepted."""
    return make_domain(service, f"aurora{next(_numbers)}.test")


@pytest.fixture
def split(service: Service, target: SmtpTarget) -> Domain:
    """Non-authoritative; the rest is at `target`."""
    return make_domain(service, f"split{next(_numbers)}.test", target="127.0.0.1", target_port=target.port)


def account_at(domain: Domain, local_part: str, **fields: object) -> EmailAccount:
    """With PASSWORD."""
    account = make_account(domain, local_part, **{"password_hash": _HASH, **fields})
    account.set_keys(f"{local_part}@{domain.name.name}")
    account.save()
    return account


def mailbox_of(account: EmailAccount) -> uuid.UUID:
    assert account.mailbox_id is not None
    return account.mailbox_id


@pytest.fixture
def jan(domain: Domain) -> EmailAccount:
    return account_at(domain, "jan")


def signing_key(domain: Domain, selector: str = "cm1") -> DkimKey:
    identity = new_identity()
    return DkimKey.objects.create(
        ownership=domain.ownership,
        name=domain.name,
        selector=selector,
        private_key=identity.private_key,
        public_key=identity.public_key,
        state=DkimKey.State.ACTIVE,
    )
