"""The conversations that depend on Dovecot, with Debian 13: its Dovecot 2.4 has another configuration, its Postfix is
3.10."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mailflow.conftest import started
from tests.mailflow.machine import MailMachine
from tests.servers.trixie import require_trixie, wrap, wrap_postfix

from .test_inbox_rules import (
    managesieve,
    test_a_reply_goes_to_each_sender_once_and_is_signed,
    test_a_reply_keeps_its_days_and_its_audience,
    test_a_rule_forwards_with_our_envelope_and_the_policy_holds,
    test_a_rule_holds_for_the_next_message_and_so_does_each_change,
    test_an_own_script_comes_after_the_rules_and_a_broken_one_keeps_the_mail,
    test_an_own_script_has_no_regular_expressions,
    test_an_own_script_passes_on_under_the_same_policy,
    test_nobody_s_script_sends_in_another_s_name,
    test_there_is_no_reply_to_machines_lists_and_spam,
    test_what_rules_do,
    test_what_the_policy_forbids_stays,
)
from .test_quota import (
    test_a_full_mailbox_refuses_at_rcpt_until_it_has_room,
    test_what_is_known_of_a_mailbox_stays_when_it_is_renamed,
)
from .test_receiving import (
    test_a_renamed_account_keeps_its_mail_and_a_reset_one_loses_its_address,
    test_known_recipients_are_delivered_and_unknown_ones_refused,
    test_suspended_accounts_and_services_receive,
)
from .test_sending import (
    anna,
    test_a_device_signs_in_behind_a_star,
    test_a_network_with_a_success_stays_open,
    test_a_new_password_holds_for_the_next_login,
    test_mail_is_sent_as_the_login_s_own_address_only,
    test_open_sessions_end_within_a_minute,
    test_suspended_and_reset_accounts_neither_sign_in_nor_send,
    test_the_main_password_opens_mail_from_the_webmail_only_where_the_policy_says_so,
    test_wrong_passwords_shut_out_their_network_for_this_account_only,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(
    django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MailMachine]:
    require_trixie()
    programs: Path = tmp_path_factory.mktemp("programs")
    wrap(programs, "/usr/sbin/dovecot", "/usr/bin/doveconf", "/usr/bin/doveadm")
    wrap_postfix(programs)
    yield from started(django_db_blocker, PATH=f"{programs}:{os.environ['PATH']}")


def test_it_is_2_4_beside_postfix_3_10(machine: MailMachine) -> None:
    assert "Dovecot v2.4" in machine.logs()
    assert "daemon started -- version 3.10" in machine.logs()


__all__ = [
    "anna",
    "managesieve",
    "test_a_device_signs_in_behind_a_star",
    "test_a_full_mailbox_refuses_at_rcpt_until_it_has_room",
    "test_a_network_with_a_success_stays_open",
    "test_a_new_password_holds_for_the_next_login",
    "test_a_renamed_account_keeps_its_mail_and_a_reset_one_loses_its_address",
    "test_a_reply_goes_to_each_sender_once_and_is_signed",
    "test_a_reply_keeps_its_days_and_its_audience",
    "test_a_rule_forwards_with_our_envelope_and_the_policy_holds",
    "test_a_rule_holds_for_the_next_message_and_so_does_each_change",
    "test_an_own_script_comes_after_the_rules_and_a_broken_one_keeps_the_mail",
    "test_an_own_script_has_no_regular_expressions",
    "test_an_own_script_passes_on_under_the_same_policy",
    "test_known_recipients_are_delivered_and_unknown_ones_refused",
    "test_mail_is_sent_as_the_login_s_own_address_only",
    "test_nobody_s_script_sends_in_another_s_name",
    "test_open_sessions_end_within_a_minute",
    "test_suspended_accounts_and_services_receive",
    "test_suspended_and_reset_accounts_neither_sign_in_nor_send",
    "test_the_main_password_opens_mail_from_the_webmail_only_where_the_policy_says_so",
    "test_there_is_no_reply_to_machines_lists_and_spam",
    "test_what_is_known_of_a_mailbox_stays_when_it_is_renamed",
    "test_what_rules_do",
    "test_what_the_policy_forbids_stays",
    "test_wrong_passwords_shut_out_their_network_for_this_account_only",
]
