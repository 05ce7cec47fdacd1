from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.names import MAX_NAME, NameRefused, RefusalCode, host_to_ascii, to_ascii, to_unicode
from domains.suffixes import is_registry, public_suffix, registrable

LONG = ".".join(["a" * 63] * 3)


@pytest.mark.parametrize(
    ("text", "name", "shown"),
    [
        ("example.com", "example.com", "example.com"),
        ("  Example.COM. \n", "example.com", "example.com"),
        ("firma.example", "firma.example", "firma.example"),
        ("a.b.c.test", "a.b.c.test", "a.b.c.test"),
        ("żółw.example", "xn--w-uga1v8h.example", "żółw.example"),
        ("ŻÓŁW.Example", "xn--w-uga1v8h.example", "żółw.example"),
        ("XN--W-UGA1V8H.example", "xn--w-uga1v8h.example", "żółw.example"),
        ("faß.de", "xn--fa-hia.de", "faß.de"),
        ("例え。テスト", "xn--r8jz45g.xn--zckzah", "例え.テスト"),
        ("ｅｘａｍｐｌｅ．ｃｏｍ", "example.com", "example.com"),
        ("exam\u200bple.com", "example.com", "example.com"),
        ("ab--cd.example", "ab--cd.example", "ab--cd.example"),
        ("123.example", "123.example", "123.example"),
        ("1.2.3.4.example", "1.2.3.4.example", "1.2.3.4.example"),
        ("github.io", "github.io", "github.io"),
        (f"{LONG}.{'b' * 61}", f"{LONG}.{'b' * 61}", f"{LONG}.{'b' * 61}"),
    ],
)
def test_what_people_type_becomes_an_a_label_name(text: str, name: str, shown: str) -> None:
    assert to_ascii(text) == name
    assert to_unicode(name) == shown


def test_decomposed_letters_are_composed() -> None:
    assert to_unicode(to_ascii("z\u0307o\u0301ł.pl")) == "żół.pl"


@pytest.mark.parametrize(
    ("text", "code", "facts"),
    [
        ("", RefusalCode.EMPTY, {}),
        ("   ", RefusalCode.EMPTY, {}),
        (".", RefusalCode.EMPTY, {}),
        ("a..example", RefusalCode.EMPTY_LABEL, {}),
        (".example.com", RefusalCode.EMPTY_LABEL, {}),
        ("example.com..", RefusalCode.EMPTY_LABEL, {}),
        ("https://www.example.com/contact?x#y", RefusalCode.URL, {"name": "www.example.com"}),
        ("http://user:secret@example.com:8080/", RefusalCode.URL, {"name": "example.com"}),
        ("example.com/path", RefusalCode.URL, {"name": "example.com"}),
        ("example.com:25", RefusalCode.URL, {"name": "example.com"}),
        ("mailto:anna@example.com", RefusalCode.URL, {"name": "example.com"}),
        ("anna@example.com", RefusalCode.E_MAIL_ADDRESS, {"name": "example.com"}),
        ("@", RefusalCode.CHARACTER, {"label": "@", "character": "@"}),
        ("http://", RefusalCode.CHARACTER, {"label": "http://", "character": ":"}),
        ("mailto:", RefusalCode.CHARACTER, {"label": "mailto:", "character": ":"}),
        ("192.0.2.1", RefusalCode.IP_ADDRESS, {}),
        ("192.0.2.0/24", RefusalCode.IP_ADDRESS, {}),
        ("2001:db8::1", RefusalCode.IP_ADDRESS, {}),
        ("[2001:db8::1]", RefusalCode.IP_ADDRESS, {}),
        ("[IPv6:2001:db8::1]", RefusalCode.IP_ADDRESS, {}),
        ("*.example.com", RefusalCode.WILDCARD, {}),
        ("my_shop.example", RefusalCode.UNDERSCORE, {"label": "my_shop"}),
        ("_dmarc.example.com", RefusalCode.UNDERSCORE, {"label": "_dmarc"}),
        ("-a.example", RefusalCode.HYPHEN, {"label": "-a"}),
        ("a-.example", RefusalCode.HYPHEN, {"label": "a-"}),
        ("ex ample.com", RefusalCode.CHARACTER, {"label": "ex ample", "character": " "}),
        ("example.com, example.org", RefusalCode.CHARACTER, None),
        ("a\x00b.example", RefusalCode.CHARACTER, {"label": "a\x00b", "character": "\x00"}),
        ("☃.example", RefusalCode.CHARACTER, {"label": "☃", "character": "☃"}),
        ("a\u200db.example", RefusalCode.CHARACTER, None),
        ("\u0301a.example", RefusalCode.CHARACTER, None),
        ("אa.example", RefusalCode.CHARACTER, None),
        ("xn--a.example", RefusalCode.BAD_A_LABEL, {"label": "xn--a"}),
        ("xn--.example", RefusalCode.HYPHEN, {"label": "xn--"}),
        ("xn--abc.example", RefusalCode.BAD_A_LABEL, {"label": "xn--abc"}),
        ("a" * 64 + ".example", RefusalCode.LABEL_TOO_LONG, {"label": "a" * 64, "length": 64, "limit": 63}),
        ("ż" * 60 + ".example", RefusalCode.LABEL_TOO_LONG, None),
        (f"{LONG}.{'b' * 62}", RefusalCode.TOO_LONG, {"length": 254, "limit": 253}),
        ("ż." * 3000 + "pl", RefusalCode.TOO_LONG, None),
        ("localhost", RefusalCode.SINGLE_LABEL, {}),
        ("com", RefusalCode.SINGLE_LABEL, {}),
        ("example.1", RefusalCode.NUMERIC, {}),
        ("co.uk", RefusalCode.PUBLIC_SUFFIX, {"name": "co.uk"}),
        ("com.pl.", RefusalCode.PUBLIC_SUFFIX, {"name": "com.pl"}),
        ("公司.cn", RefusalCode.PUBLIC_SUFFIX, {"name": "公司.cn"}),
        ("printer.local", RefusalCode.RESERVED, {"suffix": "local"}),
        ("a.localhost", RefusalCode.RESERVED, {"suffix": "localhost"}),
        ("a.invalid", RefusalCode.RESERVED, {"suffix": "invalid"}),
        ("x.onion", RefusalCode.RESERVED, {"suffix": "onion"}),
        ("2.0.192.in-addr.arpa", RefusalCode.RESERVED, {"suffix": "arpa"}),
    ],
)
def test_what_is_no_domain_name_is_refused_with_the_reason(
    text: str, code: RefusalCode, facts: dict[str, object] | None
) -> None:
    with pytest.raises(NameRefused) as refusal:
        to_ascii(text)
    assert refusal.value.code == code
    if facts is not None:
        assert refusal.value.facts == facts


def test_a_host_may_be_a_name_under_which_others_register() -> None:
    assert host_to_ascii("co.uk") == "co.uk"


def test_a_label_that_stands_for_nothing_is_shown_as_it_is() -> None:
    assert to_unicode("xn--a.xn--w-uga1v8h.example.") == "xn--a.żółw.example."


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_refused(text: str) -> None:
    try:
        name = to_ascii(text)
    except NameRefused:
        return
    assert name.isascii()
    assert name == name.lower().strip(".")
    assert len(name) <= MAX_NAME


@given(st.text(alphabet="abcżółßäéя例-123.", min_size=1, max_size=40))
def test_a_stored_name_is_its_own_a_label_form_and_comes_back_from_what_is_shown(text: str) -> None:
    try:
        name = to_ascii(text)
    except NameRefused:
        return
    assert to_ascii(name) == name
    assert to_ascii(to_unicode(name)) == name


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("example.com", "com"),
        ("a.b.example.co.uk", "co.uk"),
        ("co.uk", "co.uk"),
        ("me.github.io", "github.io"),
        ("a.firma.example", "example"),
        ("x.city.kawasaki.jp", "kawasaki.jp"),
        ("a.b.kawasaki.jp", "b.kawasaki.jp"),
    ],
)
def test_public_suffixes(name: str, suffix: str) -> None:
    assert public_suffix(name) == suffix


def test_only_what_registries_run_is_a_registry() -> None:
    assert is_registry("co.uk")
    assert not is_registry("github.io")
    assert not is_registry("firma.example")


@pytest.mark.parametrize(
    ("name", "sold"),
    [("a.b.shop.co.uk", "shop.co.uk"), ("shop.example", "shop.example"), ("a.shop.example", "shop.example")],
)
def test_what_a_registrar_sells_of_a_name(name: str, sold: str) -> None:
    assert registrable(name) == sold
