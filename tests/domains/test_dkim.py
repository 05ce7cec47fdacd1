"""DKIM key records: RFC 6376 section 3.6.1 and RFC 8463."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from domains.dkim import DkimFaultCode, KeyMatch, match_key, parse_key, same_key


def _public(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey, *, bare: bool = False) -> str:
    format_ = serialization.PublicFormat.PKCS1 if bare else serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(key.public_key().public_bytes(serialization.Encoding.DER, format_)).decode()


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OURS = _public(RSA_KEY)
BARE = _public(RSA_KEY, bare=True)
OTHER = _public(rsa.generate_private_key(public_exponent=65537, key_size=1024))
ED25519 = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate()
    .public_key()
    .public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
).decode()
SPACED = " \t".join(OURS[i : i + 60] for i in range(0, len(OURS), 60))


@pytest.mark.parametrize(
    "text",
    [
        f"v=DKIM1; k=rsa; p={OURS}",
        f"v=DKIM1;k=rsa;p={OURS};",
        f"v = DKIM1 ; k = RSA ; p = {SPACED} ; ",
        f"p={OURS}",
        f"k=rsa; p={OURS}",
        f"k=rsa; t=y; p={OURS}; n=a note",
        f"v=DKIM1; p={OURS}; s=email:other; h=sha1:sha256; t=s; x=unknown",
        f"v=DKIM1; s=*; p={OURS}",
        f"v=DKIM1; p={OURS.rstrip('=')}",
        f"v=DKIM1; p={BARE}",
    ],
)
def test_our_key_is_known_however_it_is_written(text: str) -> None:
    assert match_key([text], OURS).match == KeyMatch.EQUAL
    assert same_key(text, OURS)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"v=DKIM1; p={OTHER}", KeyMatch.OTHER),
        ("v=DKIM1; p=", KeyMatch.REVOKED),
        ("v=DKIM1; k=rsa; p= ;", KeyMatch.REVOKED),
        (f"v=DKIM1; k=ed25519; p={ED25519}", KeyMatch.WRONG_TYPE),
        (f"v=DKIM1; k=quantum; p={OURS}", KeyMatch.WRONG_TYPE),
        (f"v=DKIM1; s=tlsrpt; p={OURS}", KeyMatch.RESTRICTED),
        (f"v=DKIM1; h=sha1; p={OURS}", KeyMatch.RESTRICTED),
        (f"v=DKIM2; p={OURS}", KeyMatch.SYNTAX),
        (f"v=dkim1; p={OURS}", KeyMatch.SYNTAX),
        (f"k=rsa; v=DKIM1; p={OURS}", KeyMatch.SYNTAX),
        (f"v=DKIM1; p={OURS}; p={OURS}", KeyMatch.SYNTAX),
        (f"v=DKIM1 k=rsa; p={OURS}", KeyMatch.SYNTAX),
        (f"v=DKIM1; k=rsa p={OURS}", KeyMatch.SYNTAX),
        (f"v=DKIM1;; p={OURS}", KeyMatch.SYNTAX),
        (f"v=DKIM1; {OURS}", KeyMatch.SYNTAX),
        (OURS, KeyMatch.SYNTAX),
        ("v=DKIM1; k=rsa", KeyMatch.SYNTAX),
        (f"v=DKIM1; p={OURS[:-40]}", KeyMatch.SYNTAX),
        (f"v=DKIM1; p={OURS[:100]}*{OURS[100:]}", KeyMatch.SYNTAX),
        ("v=DKIM1; k=ed25519; p=AAAA", KeyMatch.SYNTAX),
        ("v=spf1 -all", KeyMatch.ABSENT),
        ("hello", KeyMatch.ABSENT),
        ("", KeyMatch.ABSENT),
    ],
    ids=lambda value: value.value if isinstance(value, KeyMatch) else "record",  # no key: each process has its own
)
def test_what_is_not_our_key_says_why(text: str, match: KeyMatch) -> None:
    assert match_key([text], OURS).match == match
    assert same_key(text, OURS) == (match == KeyMatch.RESTRICTED)


def test_an_ed25519_key_is_compared_as_its_octets() -> None:
    assert match_key([f"v=DKIM1; k=ed25519; p={ED25519}"], ED25519, "ed25519").match == KeyMatch.EQUAL
    assert match_key([f"v=DKIM1; k=rsa; p={OURS}"], ED25519, "ed25519").match == KeyMatch.WRONG_TYPE


def test_of_several_records_the_best_counts_and_the_others_are_told() -> None:
    texts = [f"v=DKIM1; p={OTHER}", "v=spf1 -all", "v=DKIM1; p=", f"v=DKIM1; t=y; p={OURS}"]
    said = match_key(texts, OURS)
    assert (said.match, said.beside) == (KeyMatch.EQUAL, 2)
    assert said.record is not None
    assert said.record.testing
    assert match_key(texts[:3], OURS).match == KeyMatch.OTHER
    assert match_key([], OURS).match == KeyMatch.ABSENT


def test_flags_services_and_hashes_are_noted() -> None:
    record = parse_key(f"v=DKIM1; t= y : s; s = email ; h=sha256 : sha1; p={OURS}")
    assert (record.flags, record.services, record.hashes) == (("y", "s"), ("email",), ("sha256", "sha1"))
    assert record.testing
    assert record.usable_for_mail


def test_faults_have_their_place() -> None:
    record = parse_key("k=rsa; v=DKIM1; junk; p=*")
    assert [(fault.code, fault.position, fault.tag) for fault in record.faults] == [
        (DkimFaultCode.VERSION, 7, "v"),
        (DkimFaultCode.TAG, 15, "junk"),
        (DkimFaultCode.KEY, 22, "p"),
    ]


@given(st.text(max_size=80) | st.text(alphabet="vkpsth=;: DKIM1rsaABC/+", max_size=60))
def test_any_text_can_be_parsed(text: str) -> None:
    record = parse_key(text)
    assert record.text == text
    assert record.revoked is (not record.key and not record.faults)


@given(st.permutations(["k=rsa", "t=s", "s=email", "n=note", f"p={OURS}"]), st.sampled_from(["; ", ";", " ; \t"]))
def test_the_order_of_tags_and_blanks_do_not_matter(tags: list[str], separator: str) -> None:
    assert match_key([separator.join(tags)], OURS).match == KeyMatch.EQUAL


def test_the_same_key_published_twice_is_nothing_else_beside_it() -> None:
    said = match_key([f"v=DKIM1; p={OURS}", f"v=DKIM1; k=rsa; p={OURS}"], OURS)
    assert (said.match, said.beside) == (KeyMatch.EQUAL, 0)
