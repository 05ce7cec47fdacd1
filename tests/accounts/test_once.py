"""A form that is sent twice does one thing, whichever way it is sent twice."""

from __future__ import annotations

import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import ordering
from accounts.models import BulkRun, EmailAccount, Order, PasswordLink
from panel import once
from panel.actors import SYSTEM
from panel.errors import Refused
from panel.models import Activity, SpentToken
from tests.accounts.conftest import Clinic, make_clinic
from tests.accounts.test_list import fill

CONTENDERS = 6


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def token_in(page: str) -> str:
    return re.findall(r'name="once" value="([^"]+)"', page)[-1]


def order_form(browser: Client, clinic: Clinic) -> tuple[str, dict[str, str]]:
    address = reverse("accounts:order", args=[clinic.service.name])
    review = browser.post(address, {"quantity": "3"}).content.decode()
    return address, {"quantity": "3", "note": "", "step": "confirm", once.FIELD: token_in(review)}


def test_the_same_order_sent_twice_is_one_and_says_the_same(clinic):
    browser = signed_in(clinic.technician)
    address, form = order_form(browser, clinic)
    first = browser.post(address, form, follow=True)
    second = browser.post(address, form, follow=True)
    assert Order.objects.count() == 1
    assert Activity.objects.filter(verb="order.placed").count() == 1
    assert second.redirect_chain == first.redirect_chain
    assert "3 accounts ordered" in first.content.decode()
    assert "3 accounts ordered" in second.content.decode()


def test_a_form_that_comes_back_changed_is_another_one(clinic):
    browser = signed_in(clinic.technician)
    address, form = order_form(browser, clinic)
    browser.post(address, form)
    browser.post(address, form | {"quantity": "4"})
    assert sorted(Order.objects.values_list("quantity", flat=True)) == [3, 4]


def test_what_was_refused_can_be_sent_again(clinic):
    browser = signed_in(clinic.technician)
    address, form = order_form(browser, clinic)
    type(clinic.service).objects.update(account_limit=11)
    assert "The limit of this service is 11" in browser.post(address, form).content.decode()
    type(clinic.service).objects.update(account_limit=None)
    browser.post(address, form)
    assert Order.objects.count() == 1


def test_what_crashed_can_be_sent_again(clinic, monkeypatch):
    browser = signed_in(clinic.technician)
    browser.raise_request_exception = False
    address, form = order_form(browser, clinic)
    with monkeypatch.context() as patch:
        patch.setattr(ordering, "place", lambda *args, **options: 1 / 0)
        assert browser.post(address, form).status_code == 500
    assert not SpentToken.objects.exists()
    browser.post(address, form)
    assert Order.objects.count() == 1


def test_the_token_of_another_person_is_another_token(clinic):
    address, form = order_form(signed_in(clinic.technician), clinic)
    for person in (clinic.technician, clinic.owner):
        signed_in(person).post(address, form)
    assert Order.objects.count() == 2


def test_a_page_that_shows_what_is_shown_once_is_shown_again_to_the_same_press(clinic):
    (account,) = fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    browser = signed_in(clinic.technician)
    page = browser.get(reverse("accounts:password", args=[clinic.service.name, account.pk])).content.decode()
    address, form = reverse("accounts:link", args=[clinic.service.name, account.pk]), {once.FIELD: token_in(page)}
    first, second = (browser.post(address, form).content.decode() for _twice in range(2))
    assert PasswordLink.objects.count() == 1
    assert re.findall(r"/set-password/([^/]+)/", first) == re.findall(r"/set-password/([^/]+)/", second)
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT body FROM panel_spenttoken WHERE body <> ''")
        assert "set-password" not in cursor.fetchone()[0], "the database has it encrypted"


def test_old_tokens_are_forgotten(clinic):
    browser = signed_in(clinic.technician)
    address, form = order_form(browser, clinic)
    browser.post(address, form)
    once.prune()
    assert SpentToken.objects.count() == 1
    SpentToken.objects.update(at=timezone.now() - once.KEPT - timedelta(minutes=1))
    once.prune()
    assert not SpentToken.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_that_come_at_the_same_moment_one_orders_and_all_say_so():
    clinic = make_clinic()
    address, form = order_form(signed_in(clinic.technician), clinic)
    start = Barrier(CONTENDERS)
    browsers = [signed_in(clinic.technician) for _each in range(CONTENDERS)]

    def send(browser: Client) -> tuple[int, str]:
        try:
            start.wait()
            response = browser.post(address, form)
            return response.status_code, response["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CONTENDERS) as pool:
        answers = set(pool.map(send, browsers))
    assert Order.objects.count() == 1
    assert answers == {(302, reverse("accounts:list", args=[clinic.service.name]))}


@pytest.mark.django_db(transaction=True)
def test_of_many_approvals_at_the_same_moment_each_slot_is_made_once():
    clinic = make_clinic(slots=0)
    order = ordering.place(clinic.service, 2500, by=SYSTEM)
    start = Barrier(CONTENDERS)

    def approve(_number: int) -> str:
        try:
            start.wait()
            ordering.approve(Order.objects.get(pk=order.pk), by=SYSTEM)
        except Refused as refusal:
            return refusal.code
        finally:
            connections.close_all()
        return "approved"

    with ThreadPoolExecutor(CONTENDERS) as pool:
        outcomes = sorted(pool.map(approve, range(CONTENDERS)))
    assert outcomes == ["approved"] + ["order-decided"] * (CONTENDERS - 1)
    assert EmailAccount.objects.count() == 1000, "the first chunk, once"


def upload_form(browser: Client, clinic: Clinic) -> tuple[str, dict[str, str]]:
    address = reverse("accounts:upload", args=[clinic.service.name])
    return address, {once.FIELD: token_in(browser.get(address).content.decode()), "cells": ""}


def a_file(line: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("staff.csv", f"email\n{line}\n".encode())


def test_the_same_file_sent_twice_is_one_table_and_another_file_is_another(clinic):
    browser = signed_in(clinic.technician)
    address, form = upload_form(browser, clinic)
    first = browser.post(address, form | {"file": a_file("anna@aurora.example")})
    again = browser.post(address, form | {"file": a_file("anna@aurora.example")})
    assert (first.status_code, again["Location"]) == (302, first["Location"])
    assert browser.post(address, form | {"file": a_file("ewa@aurora.example")})["Location"] != first["Location"]
    assert BulkRun.objects.count() == 2


def test_a_file_that_was_refused_can_be_sent_again(clinic, monkeypatch):
    browser = signed_in(clinic.technician)
    address, form = upload_form(browser, clinic)
    with monkeypatch.context() as patch:
        patch.setattr("accounts.runs.loading.reshape", lambda *args: 1 / 0)
        browser.raise_request_exception = False
        assert browser.post(address, form | {"file": a_file("anna@aurora.example")}).status_code == 500
    assert browser.post(address, form | {"file": a_file("anna@aurora.example")}).status_code == 302
    assert BulkRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_that_calls_others_is_carried_out_once_and_holds_no_transaction_meanwhile(monkeypatch):
    clinic = make_clinic(slots=0)
    address = reverse("domains:provider_new", args=[clinic.organization.code, "powerdns"])
    browsers = [signed_in(clinic.owner) for _each in range(3)]
    form = {"name": "Ours", "url": "https://dns.example.com:8081", "server_id": "localhost", "api_key": "k"}
    form["untested"] = "1"
    form[once.FIELD] = token_in(browsers[0].get(address).content.decode())
    open_transactions = []

    views = sys.modules["domains.views.providers"]  # the package has a view of that name
    tries = views._try

    def slow(*args: object, **options: object) -> object:
        open_transactions.append(connections["default"].in_atomic_block)
        time.sleep(0.5)
        return tries(*args, **options)

    monkeypatch.setattr(views, "_try", slow)

    def send(browser: Client) -> str:
        try:
            return browser.post(address, form)["Location"]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = set(pool.map(send, browsers))
    assert len(answers) == 1
    assert clinic.organization.dns_providers.count() == 1
    assert open_transactions == [False]


def test_a_token_left_by_a_process_that_died_is_good_again_after_a_while(clinic, monkeypatch):
    monkeypatch.setattr(once, "WAIT", 0)
    browser = signed_in(clinic.technician)
    address, form = upload_form(browser, clinic)
    browser.post(address, form | {"file": a_file("anna@aurora.example")})
    SpentToken.objects.update(location="")
    waiting = browser.post(address, form | {"file": a_file("anna@aurora.example")}, follow=True)
    assert "still being processed" in waiting.content.decode()
    assert BulkRun.objects.count() == 1
    SpentToken.objects.update(at=timezone.now() - once.DEAD - timedelta(seconds=1))
    browser.post(address, form | {"file": a_file("anna@aurora.example")})
    assert BulkRun.objects.count() == 2
