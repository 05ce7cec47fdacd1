import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts import hashing, passwords
from accounts.passwords import PasswordRule, Policy

NAMES = ("anna.kowalska", "Zoë O'Brien Ng")


@pytest.mark.parametrize("password", ["Abcdefg12", "A1" + "b" * 28, "Pa$$w0rd!~", "XYng12345a"])
def test_passwords_that_are_good(password):
    assert passwords.broken(password, NAMES) == ()


@pytest.mark.parametrize(
    ("password", "broken"),
    [
        ("Abcdef12", {PasswordRule.SHORT}),
        ("A1" + "b" * 29, {PasswordRule.LONG}),
        ("Abcdefg 12", {PasswordRule.CHARACTERS}),
        ("Abcdefgż12", {PasswordRule.CHARACTERS}),
        ("Abcdefg\t12", {PasswordRule.CHARACTERS}),
        ("abcdefg12", {PasswordRule.UPPER}),
        ("ABCDEFG12", {PasswordRule.LOWER}),
        ("Abcdefghi", {PasswordRule.DIGIT}),
        ("KOWALSKAx1", {PasswordRule.NAME}),
        ("xxAnna1234", {PasswordRule.NAME}),
        ("Zoe1234567", {PasswordRule.NAME}),
        ("brieN12345", {PasswordRule.NAME}),
        ("", {PasswordRule.SHORT, PasswordRule.UPPER, PasswordRule.LOWER, PasswordRule.DIGIT}),
    ],
)
def test_each_broken_rule_is_named(password, broken):
    assert set(passwords.broken(password, NAMES)) == broken


def test_words_of_two_letters_may_occur():
    assert passwords.words(("jo.ng", "Jo Ng")) == frozenset()


def test_a_policy_only_tightens():
    strict = Policy(min_length=12, symbol=True, pieces=True)
    assert set(passwords.broken("Abcdefg12", NAMES, strict)) == {PasswordRule.SHORT, PasswordRule.SYMBOL}
    assert passwords.broken("xWALSx!12345", NAMES, strict) == (PasswordRule.PIECE,)
    assert passwords.broken("xWALSx!12345", NAMES) == ()
    with pytest.raises(ValueError):
        Policy(min_length=8)
    with pytest.raises(ValueError):
        Policy(min_length=31)


@settings(deadline=None)
@given(
    st.lists(st.text(max_size=64), max_size=2),
    st.builds(Policy, min_length=st.integers(9, 30), symbol=st.booleans(), pieces=st.booleans()),
)
def test_a_generated_password_breaks_no_rule(names, policy):
    password = passwords.generate(names, policy)
    assert passwords.broken(password, names, policy) == ()
    assert password[0].isalpha()


def test_generated_passwords_differ():
    assert len({passwords.generate(NAMES) for _ in range(50)}) == 50


def test_a_hash_is_in_dovecots_form_and_verifies_only_its_password():
    stored = hashing.hash_password("Abcdefg12")
    assert stored.startswith("{ARGON2ID}$argon2id$v=19$m=19456,t=2,p=1$")
    assert hashing.verify(stored, "Abcdefg12")
    assert not hashing.verify(stored, "Abcdefg13")
    assert not hashing.verify("", "")
    assert not hashing.verify("{ARGON2ID}nonsense", "Abcdefg12")
    assert hashing.hash_password("Abcdefg12") != stored
