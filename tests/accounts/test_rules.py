import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import rules
from accounts.rules import NameRule


@pytest.mark.parametrize("name", ["ab", "anna.kowalska", "a-b_c", "1st", "smith,john", "a" * 32, "x_"])
def test_names_that_the_guide_allows(name):
    assert rules.broken_by_name(name) == ()


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("", {NameRule.NAME_EMPTY}),
        ("a", {NameRule.NAME_SHORT}),
        ("a" * 33, {NameRule.NAME_LONG}),
        ("żółw", {NameRule.NAME_ACCENTS}),
        ("anna kowalska", {NameRule.NAME_CHARACTERS}),
        ("anna+x", {NameRule.NAME_CHARACTERS}),
        ("anna'x", {NameRule.NAME_CHARACTERS}),
        (".anna", {NameRule.NAME_START}),
        ("_anna", {NameRule.NAME_START}),
        ("-anna", {NameRule.NAME_START}),
        ("anna.", {NameRule.NAME_DOTS}),
        ("an..na", {NameRule.NAME_DOTS}),
        ("ż", {NameRule.NAME_SHORT, NameRule.NAME_ACCENTS}),
    ],
)
def test_each_broken_rule_is_named(name, broken):
    assert set(rules.broken_by_name(name)) == broken


def test_a_name_is_stored_in_lower_case_without_blanks_around_it():
    assert rules.normalise_name("\u00a0 Anna.Kowalska\ufeff ") == "anna.kowalska"


def test_a_comma_is_allowed_with_a_warning():
    assert rules.advice_on_name("smith,john") == (rules.NameAdvice.NAME_COMMA,)
    assert rules.advice_on_name("smith") == ()


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("żółw", "zolw"),
        ("Łukasz Żółć", "lukasz.zolc"),
        ("Straße", "strasse"),
        ("Bjørn.Ærø", "bjorn.aero"),
        ("o'brien", "obrien"),
        ("..a..b.", "a.b"),
        ("иван", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_a_name_with_accents_gets_a_suggestion(text, suggestion):
    assert rules.suggest_name(text) == suggestion


@settings(deadline=None)
@given(st.text(max_size=80))
def test_a_suggestion_is_always_a_valid_name(text):
    suggestion = rules.suggest_name(text)
    assert not suggestion or rules.broken_by_name(suggestion) == ()


@settings(deadline=None)
@given(st.text(max_size=80))
def test_normalising_twice_changes_nothing(text):
    assert rules.normalise_text(rules.normalise_text(text)) == rules.normalise_text(text)


def test_an_address_of_more_than_254_characters_is_too_long():
    assert rules.broken_by_address("a" * 32, "b" * 221) == ()
    assert rules.broken_by_address("a" * 32, "b" * 222) == (NameRule.ADDRESS_LONG,)


@pytest.mark.parametrize("text", ["", "Zoë Żółć", "王小明", "نامه\u200cها", "O'Brien-Smith, Jr.", "x" * 64])
def test_people_are_called_what_they_are_called(text):
    assert rules.broken_by_text(text) == ()


def test_a_persons_name_is_printable_and_at_most_64_characters():
    assert rules.broken_by_text("x" * 65) == (NameRule.TEXT_LONG,)
    assert rules.broken_by_text("a\nb") == (NameRule.TEXT_CHARACTERS,)
    assert rules.broken_by_text("a\u202eb") == (NameRule.TEXT_CHARACTERS,)


def test_a_display_name_starts_as_the_two_names():
    assert rules.display_name("Anna", "Kowalska") == "Anna Kowalska"
    assert rules.display_name("", "Kowalska") == "Kowalska"
    assert len(rules.display_name("x" * 64, "y" * 64)) == 64
