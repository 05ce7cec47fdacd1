"""Verdicts on rows, over a snapshot of the state."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import passwords, preview
from accounts.columns import Field
from accounts.preview import Existing, Judge, RowOutcome, RowProblem, Way

DOMAINS = {"aurora.example": True, "pending.example": False, "xn--w-uga1v8h.example": True}


def judge(free: int = 10, **changes: object) -> Judge:
    settings = {"domains": DOMAINS, "policy": passwords.BASE, "free_slots": free, "owner": False, **changes}
    return Judge(**settings)  # type: ignore[arg-type]


def row(address: str, line: int = 2, **cells: str) -> preview.Row:
    values = {Field.ADDRESS: address} | {Field(name): value for name, value in cells.items()}
    return preview.parse(line, values)


def codes(verdict: preview.RowVerdict) -> list[str]:
    return [str(fault.code) for fault in verdict.faults]


def test_stray_blanks_are_trimmed_and_accents_kept():
    parsed = row("  Anna.Kowalska@Aurora.Example. ", first_name=" Łukasz ", last_name="\u00a0Żółć")
    assert parsed.address == "anna.kowalska@aurora.example"
    assert (parsed.first_name, parsed.last_name, parsed.display_name) == ("Łukasz", "Żółć", "Łukasz Żółć")
    assert judge().judge(parsed, None).outcome is RowOutcome.GOOD


def test_a_domain_may_be_written_as_people_read_it():
    assert row("anna@żółw.example").domain == "xn--w-uga1v8h.example"
    assert judge().judge(row("anna@ŻÓŁW.example"), None).outcome is RowOutcome.GOOD


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("", RowProblem.ADDRESS_MISSING),
        ("anna", RowProblem.ADDRESS_NO_DOMAIN),
        ("anna@x@aurora.example", RowProblem.ADDRESS_FORM),
        ("anna@", RowProblem.DOMAIN_UNKNOWN),
        ("@aurora.example", "name-empty"),
        ("a@aurora.example", "name-short"),
        ("bad user@aurora.example", "name-characters"),
        ("żółw@aurora.example", "name-accents"),
        ("anna@elsewhere.example", RowProblem.DOMAIN_UNKNOWN),
        ("anna@-.example", RowProblem.DOMAIN_UNKNOWN),
        ("anna@pending.example", RowProblem.DOMAIN_PENDING),
        ("postmaster@aurora.example", "name-reserved"),
    ],
)
def test_each_fault_of_an_address_has_its_code(address, code):
    verdict = judge().judge(row(address), None)
    assert verdict.outcome is RowOutcome.BAD
    assert codes(verdict)[0] == code


def test_an_account_name_with_accents_comes_with_a_suggestion():
    (fault,) = judge().judge(row("żółw@aurora.example"), None).faults
    assert fault.facts["suggestion"] == "zolw@aurora.example"


def test_of_rows_with_one_address_the_first_counts():
    one = judge()
    assert one.judge(row("anna@aurora.example", 2), None).outcome is RowOutcome.GOOD
    second = one.judge(row("ANNA@aurora.example", 7), None)
    assert (codes(second), second.faults[0].facts) == ([RowProblem.ADDRESS_DUPLICATE], {"line": 2})


def test_an_address_configured_under_the_same_names_is_done_already_and_needs_no_slot():
    existing = Existing(True, "Anna", "B", "Anna B")
    same = row("anna@aurora.example", first_name="Anna", last_name="B", password="bad")
    assert judge(free=0).judge(same, existing).outcome is RowOutcome.ALREADY
    other = row("anna@aurora.example", first_name="Ann", last_name="B")
    assert codes(judge().judge(other, existing)) == [RowProblem.ADDRESS_TAKEN]
    assert codes(judge().judge(same, Existing(False, "Anna", "B", "Anna B")))[0] == RowProblem.ADDRESS_TAKEN_ELSEWHERE


def test_slots_run_out_in_the_order_of_the_rows():
    one = judge(free=1)
    verdicts = [one.judge(row(f"user{i}@aurora.example", i), None) for i in range(3)]
    assert [codes(verdict) for verdict in verdicts] == [[], [RowProblem.NO_SLOT], [RowProblem.NO_SLOT]]


def test_every_broken_rule_of_a_row_is_named():
    bad = row("x!@aurora.example", first_name="y" * 65, display_name="ok", password="kort")
    assert codes(judge().judge(bad, None)) == [
        "name-characters",
        "text-long",
        "password-short",
        "password-upper",
        "password-digit",
    ]


@pytest.mark.parametrize("cell", ["", "****", "*"])
def test_no_password_or_asterisks_ask_for_a_generated_one(cell):
    assert row("anna@aurora.example", password=cell).password == ""


@pytest.mark.parametrize("cell", ["Kwietny7Las ", " Kwietny7Las", "Kwietny7Las\xa0", "\tKwietny7Las", "  "])
def test_a_password_is_never_trimmed_but_refused_for_the_blank_at_its_edge(cell):
    parsed = row("anna@aurora.example", password=cell)
    assert parsed.password == cell
    assert codes(judge().judge(parsed, None)) == [RowProblem.PASSWORD_EDGES]


def test_links_by_mail_need_a_contact_address_and_ignore_passwords():
    one = judge(way=Way.MAIL)
    assert codes(one.judge(row("anna@aurora.example", password="kort"), None)) == [RowProblem.CONTACT_MISSING]
    assert codes(one.judge(row("bo@aurora.example", contact="home"), None)) == [RowProblem.CONTACT_FORM]
    assert one.judge(row("cy@aurora.example", contact="cy@home.example"), None).outcome is RowOutcome.GOOD


def test_name_and_domain_may_have_columns_of_their_own():
    parsed = preview.parse(2, {Field.NAME: "anna", Field.DOMAIN: "aurora.example"})
    assert parsed.address == "anna@aurora.example"
    assert preview.parse(2, {Field.NAME: "anna"}, default_domain="aurora.example").address == "anna@aurora.example"


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(list(Field)), st.text(max_size=90)))
def test_any_row_gets_a_verdict(values):
    verdict = judge().judge(preview.parse(2, values), None)
    assert (verdict.outcome is RowOutcome.BAD) == bool(verdict.faults)


def test_the_domains_of_a_service_are_gone_through_once_however_many_rows_name_none_of_them():
    class Counted(dict[str, bool]):
        times = 0

        def __iter__(self) -> Iterator[str]:
            type(self).times += 1
            return super().__iter__()

    domains = Counted(DOMAINS)
    judging = judge(domains=domains)
    for line, address in enumerate(("anna@aurorа.example", "adam@elsewhere.example", "ewa@żołw.example"), 2):
        assert judging.judge(row(address, line), None).outcome is RowOutcome.BAD
    assert Counted.times <= 1
