"""Migrations meet accounts that are there already, and can be taken back."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts import ordering, verbs
from accounts.models import EmailAccount, Tally
from accounts.models.accounts import configured_key
from panel.actors import SYSTEM
from tests.accounts.conftest import make_clinic
from tests.accounts.test_list import fill, listing, shown


@pytest.mark.django_db(transaction=True)
def test_accounts_and_orders_from_before_are_found_sorted_and_finished():
    clinic = make_clinic(slots=3)
    (account,) = fill(clinic, ("anna.kowalska", "Anna Kowalska"))
    order = ordering.place(clinic.service, 5, by=SYSTEM)
    ordering.approve(order, by=SYSTEM)
    try:
        call_command("migrate", "accounts", "0002", verbosity=0)
        with connection.cursor() as cursor:
            columns = connection.introspection.get_table_description(cursor, "accounts_emailaccount")
        assert "search_key" not in {column.name for column in columns}
    finally:
        call_command("migrate", verbosity=0)
    account.refresh_from_db()
    assert account.configured_at
    assert account.configured_key == configured_key(account.configured_at)
    assert account.version == 0
    order.refresh_from_db()
    assert (order.carried_out, order.is_finished) == (5, True)
    browser = Client()
    browser.force_login(clinic.viewer)
    assert shown(listing(browser, clinic, "?q=walska")) == ["anna.kowalska@aurora.example"]
    verbs.suspend(account, by=SYSTEM)
    assert EmailAccount.objects.get(pk=account.pk).version == 1
    assert Tally.of(clinic.service.pk)["suspended"] == 1
