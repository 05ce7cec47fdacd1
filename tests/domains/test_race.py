"""The rule of claims under a race, of threads and of processes."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections

from domains.models import Domain
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Service
from tests.factories import make_service
from tests.processes import ROOT

CONTENDERS = 6


@pytest.mark.django_db(transaction=True)
def test_of_many_who_attach_a_name_at_once_one_wins() -> None:
    """Each on a platform of its own, so that nothing but the claim keeps them apart."""
    services = [make_service() for _ in range(CONTENDERS)]
    start = Barrier(CONTENDERS)

    def attach(service: Service) -> str:
        try:
            start.wait()
            Domain.attach(service, "contended.example", mode="authoritative", actor=SYSTEM, verified=True)
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "attached"

    with ThreadPoolExecutor(CONTENDERS) as pool:
        outcomes = sorted(pool.map(attach, services))
    assert outcomes == ["attached"] + ["authoritative-domain-detected"] * (CONTENDERS - 1)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_switch_to_authoritative_at_once_one_wins() -> None:
    target = "mx1.other.example"
    domains = [
        Domain.attach(
            make_service(), "shared.example", mode="non_authoritative", target=target, actor=SYSTEM, verified=True
        )
        for _ in range(2)
    ]
    domains[1].detach(SYSTEM)
    Domain.attach(domains[1].service, "shared.example", mode="non_authoritative", target=target, actor=SYSTEM)
    contenders = list(Domain.objects.filter(name__name="shared.example"))
    start = Barrier(len(contenders))

    def switch(domain: Domain) -> str:
        try:
            start.wait()
            if domain.is_verified:
                domain.change_mode("authoritative", "", SYSTEM)
                return "authoritative"
            domain.verify("token", SYSTEM)
            return "verified"
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(contenders)) as pool:
        outcomes = sorted(pool.map(switch, contenders))
    assert outcomes in (
        ["authoritative", "authoritative-domain-detected"],
        ["authoritative-domain-detected", "verified"],
    )


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_that_attach_a_name_at_once_one_wins(process_environment: dict[str, str]) -> None:
    services = [make_service() for _ in range(CONTENDERS)]
    connection.close()
    running = [
        subprocess.Popen(
            [sys.executable, "manage.py", "attach_domain", service.name, "contended.example", "--verified"],
            cwd=ROOT,
            env=process_environment | {"PYTHONPATH": os.fspath(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for service in services
    ]
    ended = [(process.communicate(timeout=120), process.returncode) for process in running]
    statuses = sorted(status for _output, status in ended)
    assert statuses == [0] + [1] * (CONTENDERS - 1), ended
    assert all("Authoritative domain detected" in errors for (_out, errors), status in ended if status)
    assert Domain.objects.filter(name__name="contended.example", state="verified").count() == 1
