"""Encodings: told where they can be told, asked where they cannot, never guessed wrongly in silence."""

from __future__ import annotations

from contextlib import suppress
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.reading import Choices, OpenQuestion
from accounts.tables import ENCODINGS, Refusal, TableRefused
from accounts.tables.encodings import tell
from tests.accounts.people import result_of
from tests.linear import is_linear

PEOPLE = {
    "polish": ["Żaneta Łączyńska", "Świętosława Źrebięć", "Grażyna Żółć"],
    "french": ["Loïc Forêt", "François Lefèvre", "Zoé Bénaïm"],
    "spanish": ["Iñaki Peña", "Begoña Muñoz", "José Núñez"],
    "italian": ["Nicolò Papà", "Niccolò Però"],
    "german": ["Jörg Müller", "Käthe Groß"],
    "swedish": ["Åsa Håkansson", "Björn Sjöström"],
    "danish": ["Søren Kjær", "Åse Sørensen"],
    "turkish": ["Işıl Doğan", "Şeyma Çağlar", "İbrahim Yıldız"],
    "czech": ["Jiří Dvořák", "Šárka Němcová"],
    "hungarian": ["Győző Kőműves", "Ágnes Szűcs"],
    "lithuanian": ["Žydrė Šimkūnaitė", "Eglė Žukauskaitė"],
    "russian": ["Иванна Шевченко", "Анна Кузнецова"],
    "greek": ["Ελένη Παππά", "Γιώργος Αντωνίου"],
}
CASES = [
    ("polish", "cp852"),
    ("polish", "mac-latin2"),
    ("polish", "cp1250"),
    ("polish", "iso8859-2"),
    ("french", "cp1252"),
    ("french", "mac-roman"),
    ("french", "cp850"),
    ("spanish", "cp1252"),
    ("spanish", "mac-roman"),
    ("italian", "cp1252"),
    ("german", "cp850"),
    ("german", "cp1252"),
    ("german", "mac-roman"),
    ("swedish", "cp1252"),
    ("danish", "cp1252"),
    ("danish", "iso8859-15"),
    ("turkish", "cp1254"),
    ("turkish", "iso8859-9"),
    ("czech", "cp1250"),
    ("czech", "cp852"),
    ("hungarian", "cp1250"),
    ("hungarian", "cp852"),
    ("lithuanian", "cp1257"),
    ("russian", "cp1251"),
    ("greek", "cp1253"),
    ("polish", "utf-8"),
    ("french", "utf-8-sig"),
    ("polish", "utf-16"),
    ("russian", "utf-16-le"),
    ("greek", "utf-16-be"),
    ("polish", "utf-32"),
    ("polish", "utf-32-le"),
    ("polish", "utf-32-be"),
]


def table(names: list[str], encoding: str, *, told: bool) -> bytes:
    """`told`: the addresses are made from the names."""
    rows = ["Email;First name;Last name"]
    for number, name in enumerate(names):
        first, last = name.split()
        local = plain(first) if told else f"user{number}"
        rows.append(f"{local}{'.' + plain(last) if told else ''}@d.example;{first};{last}")
    return "\r\n".join(rows).encode(encoding)


def plain(name: str) -> str:
    from accounts.rules import fold

    folded = fold(name)
    return folded if folded.isascii() else "".join(f"{ord(char) % 26 + 97:c}" for char in folded)


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize(("language", "encoding"), CASES)
def test_names_are_read_right_or_the_encoding_is_asked_for(language, encoding, told):
    names = [tuple(name.split()) for name in PEOPLE[language]]
    data = table(PEOPLE[language], encoding, told=told)
    found = result_of(data)
    if found.asked:
        assert found.asked == [OpenQuestion.ENCODING]
        assert any(result_of(data, Choices(encoding=one)).names == names for one in found.reading.candidates)
        assert len(found.reading.candidates) == len(found.reading.words[0]) > 1
    else:
        assert found.names == names


CERTAIN = [
    ("polish", "cp1250"),
    ("polish", "iso8859-2"),
    ("polish", "cp852"),
    ("polish", "mac-latin2"),
    ("czech", "cp1250"),
    ("german", "cp1252"),
    ("danish", "cp1252"),
    ("turkish", "cp1254"),
    ("russian", "cp1251"),
    ("swedish", "cp1252"),
    ("polish", "utf-32"),
]


@pytest.mark.parametrize(("language", "encoding"), CERTAIN)
def test_what_the_addresses_tell_is_not_asked(language, encoding):
    found = result_of(table(PEOPLE[language], encoding, told=True))
    assert found.asked == []
    assert found.names == [tuple(name.split()) for name in PEOPLE[language]]


DECIDED = [
    ("Hélène Crépin, François Lefèvre, Benoît Forêt", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Agnès Noël, Gaëlle Prévôt, Loïc Châtelain, Cécile Dufrêne", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Françoise Besançon, Jérôme Garçon", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Søren Kjær, Åse Sørensen", ["cp1252", "iso8859-15", "mac-roman", "cp850", "cp1257"]),
    ("Jørgen Møller, Lærke Østergaard, Børge Nørby, Kåre Brøndum", ["cp1252", "mac-roman", "cp850", "cp1257"]),
    ("Nicolò Papà, Mosè Cinà", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Giosuè Forlì, Niccolò Cannavò, Noè Donà", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Győző Kőműves, Ágnes Szűcs", ["cp1250", "iso8859-2", "cp852", "mac-latin2"]),
    ("Özséb Fűri, Gergő Erdős, László Szőllősi", ["cp1250", "iso8859-2", "cp852", "mac-latin2"]),
    ("Jörg Müller, Käthe Groß", ["cp1252", "iso8859-15", "cp850", "cp852", "mac-roman", "cp1250", "cp1254"]),
    ("Iñaki Peña, Íñigo López, Begoña Núñez", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("João Conceição, Inês Gonçalves, Sebastião Simões", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Zoë Daniëls, Daniël Noëls", ["cp1252", "iso8859-15", "mac-roman", "cp850"]),
    ("Şeyma Çağlar, Işıl Doğan, Yıldız Şahin", ["cp1254", "iso8859-9"]),
    ("Łukasz Wójcik, Michał Dąbrowski, Żaneta Źrebięć", ["cp1250", "iso8859-2", "cp852", "mac-latin2", "cp1257"]),
    ("Šárka Němcová, Jiří Dvořák, Zdeněk Růžička", ["cp1250", "iso8859-2", "cp852"]),
    ("Žydrė Šimkūnaitė, Eglė Žukauskaitė", ["cp1257", "mac-latin2"]),
    ("Tõnu Põld, Õnne Mägi, Jüri Kõiv", ["cp1257", "cp1252"]),
]


@pytest.mark.parametrize(("names", "encoding"), [(names, one) for names, all_ in DECIDED for one in all_])
def test_what_the_letters_tell_is_not_asked(names, encoding):
    found = result_of(table(names.split(", "), encoding, told=False))
    assert (found.asked, found.names) == ([], [tuple(name.split()) for name in names.split(", ")])


@pytest.mark.parametrize(
    ("name", "encoding"), [("Foręt", "cp1250"), ("Forêt", "cp1252"), ("Noè", "cp1252"), ("Noč", "cp1250")]
)
def test_one_name_alone_is_asked_or_right(name, encoding):
    found = result_of(table([f"Marek {name}"], encoding, told=False))
    assert found.asked == [OpenQuestion.ENCODING] or found.names == [("Marek", name)]


def test_a_word_that_speaks_for_another_encoding_has_it_asked():
    data = table(["Hélène Lefèvre", "Benoît Prévôt"], "cp1252", told=False) + "\r\nx9@d.example;Łukasz;".encode(
        "cp1250"
    )
    assert result_of(data + "Wójcik\r\n".encode("cp1250")).asked == [OpenQuestion.ENCODING]


def test_what_is_utf8_by_chance_is_asked_for():
    found = result_of(table(["Jiří Dvořák"], "mac-latin2", told=False))
    assert found.asked == [OpenQuestion.ENCODING]
    assert {"mac-latin2", "utf-8-sig"} <= set(found.reading.candidates)


def test_one_name_that_fits_two_languages_is_asked_for():
    found = result_of("Email;First name\nx1@d.example;Forêt\n".encode("cp1252"))
    assert found.asked == [OpenQuestion.ENCODING]
    assert {"cp1250", "cp1252"} <= set(found.reading.candidates)
    assert {"Forêt", "Foręt"} <= set(found.reading.words[0])


@pytest.mark.parametrize("encoding", [e for e in ENCODINGS if not e.startswith("utf")])
def test_every_encoding_can_be_chosen(encoding):
    data = "Email;First name\nzofia@d.example;Zofia\nada@d.example;x\xe9\n".encode("latin-1")
    try:
        expected = b"x\xe9".decode(encoding)
    except UnicodeDecodeError:
        return
    assert result_of(data, Choices(encoding=encoding)).names[1][0] == expected


def test_a_chosen_encoding_that_does_not_fit_is_refused():
    with pytest.raises(TableRefused) as caught:
        result_of("Email;First name\nzofia@d.example;Żofia\n".encode(), Choices(encoding="utf-16"))
    assert caught.value.code is Refusal.ENCODING


@pytest.mark.parametrize("stray", [b"\xeb", b"\xff", b"\x9c"])
def test_a_text_that_is_nearly_utf8_names_the_line_and_the_octet(stray):
    data = "Email;First name\nzofia@d.example;Żaneta\nadam@d.example;Łukasz\nx1@d.example;Zo".encode() + stray + b"\n"
    with pytest.raises(TableRefused) as caught:
        result_of(data)
    assert (caught.value.code, caught.value.facts) == (Refusal.NEARLY_UTF8, {"line": 4, "octet": f"{stray[0]:02X}"})


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Å»aneta", "letters-twice"),
        ("Ĺ»aneta", "letters-twice"),
        ("FranÃ§ois", "letters-twice"),
        ("JosÃ©", "letters-twice"),
        ("\ufffdaneta", "letters-lost"),
        ("Gra\ufffdyna", "letters-lost"),
        ("Gra?yna", "letters-question"),
        ("?aneta", "letters-question"),
        ("Ż??ć", "letters-question"),
    ],
)
def test_letters_that_were_lost_on_their_way_are_remarked_on(name, code):
    found = result_of(f"Email;First name\nzofia@d.example;{name}\n")
    assert (2, code) in found.remarks


@pytest.mark.parametrize("name", ["Żaneta", "François", "Why? Because", "Åsa", "Łukasz", "Zoë"])
def test_whole_letters_are_not(name):
    assert not [
        code
        for _line, code in result_of(f"Email;First name\nzofia@d.example;{name}\n").remarks
        if code != "letters-question"
    ]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_told_or_refused(data):
    try:
        told = tell(data)
    except TableRefused:
        return
    data.decode(told.encoding)
    assert all(len(words) == len(told.candidates) for words in told.words)


@pytest.mark.parametrize("octets", [b"\xb1", b"\xea\xb1 ", b"a\xe9;", b"\x80", b"\xff\xfe\n", b"\xe9@\n"])
def test_telling_is_linear(octets):
    def read(data: bytes) -> None:
        with suppress(TableRefused):
            tell(data)

    linear, told = is_linear(lambda count: partial(read, octets * count), 1000, 256_000)
    assert linear, told
