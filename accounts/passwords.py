"""Passwords of e-mail accounts: the policy, the judge and the generator. Pure."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .rules import fold

LENGTH_MIN = 9  # the guide's stricter number; a service's policy may ask for more
LENGTH_MAX = 30
GENERATED = 16  # characters, or as many as the policy asks for
WORD = 3  # letters from which a word of a name may not occur in the password
PIECE = 4  # letters of a word in a row that a strict policy refuses

LOWER = "abcdefghijkmnpqrstuvwxyz"  # generated passwords leave out what is easily misread
UPPER = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
SYMBOLS = "!?*._:%"


class PasswordRule(StrEnum):
    """A rule that a password breaks. The words are in `accounts/words.py`."""

    SHORT = "password-short"
    LONG = "password-long"
    CHARACTERS = "password-characters"
    UPPER = "password-upper"
    LOWER = "password-lower"
    DIGIT = "password-digit"
    SYMBOL = "password-symbol"
    NAME = "password-name"
    PIECE = "password-piece"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a service asks of passwords. It can only tighten what always holds."""

    min_length: int = LENGTH_MIN
    symbol: bool = False  # at least one character that is neither letter nor digit
    pieces: bool = False  # also refuse four letters in a row of a name's word

    def __post_init__(self) -> None:
        if not LENGTH_MIN <= self.min_length <= LENGTH_MAX:
            raise ValueError(f"a policy's length lies within {LENGTH_MIN} and {LENGTH_MAX}")


BASE = Policy()
_HASH = re.compile(
    r"\{[A-Za-z0-9.-]{2,20}\}.{8,}|\$(?:[1256y]|2[abxy]|apr1|argon2\w*|scrypt|pbkdf2[\w-]*)\$.{8,}"
    r"|(?:[0-9a-fA-F]{32}|[0-9a-fA-F]{40}|[0-9a-fA-F]{64}|[0-9a-fA-F]{128})"
)


def words(names: Iterable[str]) -> frozenset[str]:
    """Words of three or more letters that `names` are made of: lower case, without accents."""
    return frozenset(
        word for name in names for word in re.findall(r"[^\W\d_]+", fold(name)) if len(word) >= WORD and word.isascii()
    )


def looks_like_hash(password: str) -> bool:
    """Whether this is what another system keeps instead of a password: `{SSHA}…`, `$6$…`, MD5 or SHA in hexadecimal."""
    return _HASH.fullmatch(password) is not None


def broken(password: str, names: Iterable[str], policy: Policy = BASE) -> tuple[PasswordRule, ...]:
    """Every rule that `password` breaks. `names` are the account name and the display name."""
    rules = []
    if len(password) < policy.min_length:
        rules.append(PasswordRule.SHORT)
    if len(password) > LENGTH_MAX:
        rules.append(PasswordRule.LONG)
    if not all("!" <= char <= "~" for char in password):
        rules.append(PasswordRule.CHARACTERS)
    for rule, letters in (
        (PasswordRule.UPPER, string.ascii_uppercase),
        (PasswordRule.LOWER, string.ascii_lowercase),
        (PasswordRule.DIGIT, string.digits),
    ):
        if not any(char in letters for char in password):
            rules.append(rule)
    if policy.symbol and not any(char in string.punctuation for char in password):
        rules.append(PasswordRule.SYMBOL)
    lowered, forbidden = password.lower(), words(names)
    if any(word in lowered for word in forbidden):
        rules.append(PasswordRule.NAME)
    elif policy.pieces and any(
        word[i : i + PIECE] in lowered for word in forbidden for i in range(len(word) - PIECE + 1)
    ):
        rules.append(PasswordRule.PIECE)
    return tuple(rules)


def generate(names: Iterable[str], policy: Policy = BASE) -> str:
    """A random password that breaks no rule and starts with a letter (a spreadsheet reads no formula in it)."""
    names = tuple(names)
    classes = [LOWER, UPPER, DIGITS] + ([SYMBOLS] if policy.symbol else [])
    alphabet = "".join(classes)
    length = max(GENERATED, policy.min_length)
    while True:
        password = secrets.choice(LOWER + UPPER) + "".join(secrets.choice(alphabet) for _ in range(length - 1))
        if not broken(password, names, policy):
            return password
