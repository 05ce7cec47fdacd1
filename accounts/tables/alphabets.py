"""The letters beside a–z of the languages that names are written in: what tells encodings apart. Pure.

In each text the letters before `|` are common in names of the language, those after it rare.
"""

from __future__ import annotations

from functools import cache
from itertools import batched
from typing import NamedTuple

from ..rules import fold
from .neighbours import NEIGHBOURS


class Neighbours(NamedTuple):
    """Where a letter stands in names: the letters before and after it, together and each."""

    pairs: frozenset[tuple[str, str]]
    before: frozenset[str]
    after: frozenset[str]
    sounds: frozenset[str]


class Alphabet(NamedTuple):
    common: frozenset[str]
    rare: frozenset[str]
    neighbours: dict[str, Neighbours]


def sounds(before: str, after: str) -> str:
    """Which of the two is a vowel, a consonant or an end of the word."""
    return _sound(before) + _sound(after)


@cache
def _sound(char: str) -> str:
    return char if char in "^$" else "V" if fold(char)[:1] in "aeiouy" else "C"


def _neighbours(pairs: str) -> Neighbours:
    found = [(before, after) for before, after in batched(pairs, 2)]
    before, after = zip(*found, strict=True)
    return Neighbours(frozenset(found), frozenset(before), frozenset(after), frozenset(sounds(*pair) for pair in found))


def _alphabet(language: str, letters: str) -> Alphabet:
    common, _bar, rare = letters.partition("|")
    neighbours = {letter: _neighbours(pairs) for letter, pairs in NEIGHBOURS.get(language, {}).items()}
    return Alphabet(frozenset(common), frozenset(rare), neighbours)


CENTRAL = {
    "pl": "ąćęłńóśźż",
    "cs": "áčéěíňřšůúýž|ďóť",
    "sk": "áčéíľňôšúýžäď|ĺŕóť",
    "hu": "áéíóöőúüű",
    "hr": "čćšžđ",
    "ro": "ăâîşţ",
    "de": "äöüß|é",
    "sq": "ëç",
}
WESTERN = {
    "fr": "éèêëçïîôâ|àûùüœöæÿñ",
    "es": "áéíñóú|üçàèòïô",
    "pt": "áãâçéêíóõôú|àü",
    "it": "àèéìòù|íîóúç",
    "de": "äöüß|é",
    "sv": "åäöé|üàë",
    "da": "æøåé|äöüèó",
    "fi": "äö|åšž",
    "nl": "ëïé|öüèáóç",
    "is": "áéíóúýþæöð",
    "ca": "àçéèíòóúï|ü",
}
TURKISH = {"tr": "çğışöü\N{COMBINING DOT ABOVE}|âîû"} | {name: text for name, text in WESTERN.items() if name != "is"}
BALTIC = {
    "pl": "ąćęłńóśźż",
    "lt": "ąčęėįšųūž",
    "lv": "āčēģīķļņšūž",
    "et": "äõöü|šž",
    "de": "äöüß|é",
    "da": "æøåé|öü",
    "sv": "åäöé|ü",
}
CYRILLIC = {
    "ru": "абвгдежзийклмнопрстуфхцчшщыьэюя|ёъ",
    "uk": "абвгдежзийклмнопрстуфхцчшщьюяіїє|ґ",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "be": "абвгдежзйклмнопрстуфхцчшыьэюяёіў",
    "sr": "абвгдежзиклмнопрстуфхцчшјђћљњџ",
}
GREEK = {"el": "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώ|ϊϋΐΰ"}
HEBREW = {"he": "אבגדהוזחטיכלמנסעפצקרשתםןץףך"}
ARABIC = {"ar": "ابتثجحخدذرزسشصضطظعغفقكلمنهويةىئءأإآؤ", "fa": "ابتثجحخدذرزسشصضطظعغفقلمنهوپچژگکیآئء"}


def _alphabets(languages: dict[str, str]) -> dict[str, Alphabet]:
    return {language: _alphabet(language, letters) for language, letters in languages.items()}


# The encodings that can be chosen and the languages they are used for. Those of UTF hold every language.
UNICODE = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
OF_ENCODING = {
    "cp1250": _alphabets(CENTRAL),
    "cp1252": _alphabets(WESTERN),
    "iso8859-2": _alphabets(CENTRAL),
    "iso8859-15": _alphabets(WESTERN),
    "cp1254": _alphabets(TURKISH),
    "iso8859-9": _alphabets(TURKISH),
    "cp1257": _alphabets(BALTIC),
    "cp1251": _alphabets(CYRILLIC),
    "cp1253": _alphabets(GREEK),
    "cp1255": _alphabets(HEBREW),
    "cp1256": _alphabets(ARABIC | {"fr": "éèêëçïîôâ|àûù"}),
    "cp852": _alphabets(CENTRAL),
    "cp850": _alphabets(WESTERN),
    "mac-roman": _alphabets(WESTERN),
    "mac-latin2": _alphabets(CENTRAL | {name: BALTIC[name] for name in ("lt", "lv", "et")}),
}
SELDOM = frozenset({"cp852", "cp850", "mac-roman", "mac-latin2"})  # of systems that are out of use
# Words of headings that only one reading of their octets gives.
WORDS = frozenset(
    [
        "imię",
        "hasło",
        "użytkownika",
        "początkowe",
        "wyświetlana",
        "wyświetlania",
        "prénom",
        "prénoms",
        "contraseña",
        "jméno",
        "příjmení",
        "uživatel",
        "uživatelské",
        "zobrazované",
        "größe",
        "straße",
        "identité",
        "dirección",
        "électronique",
    ]
)
