"""DMARC policy records: RFC 9989 sections 4.7 and 4.8."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domains.dmarc import DmarcNoteCode, Psd, Request, is_dmarc, parse_dmarc, resembles_dmarc


@pytest.mark.parametrize(
    ("text", "it_is"),
    [
        ("v=DMARC1", True),
        ("v=DMARC1;", True),
        ("v = DMARC1 ; p=none", True),
        ("V=DMARC1; p=none", True),
        ("v=dmarc1; p=none", False),
        ("v=DMARC1 p=none", False),
        ("v=DMARC2; p=none", False),
        ("v=DMARC10; p=none", False),
        (" v=DMARC1; p=none", False),
        ("p=none; v=DMARC1", False),
        ("v=spf1 -all", False),
        ("", False),
    ],
)
def test_the_version_comes_first_and_must_match(text: str, it_is: bool) -> None:
    assert is_dmarc(text) == it_is


def test_a_misspelt_version_is_still_recognised_as_meant() -> None:
    assert resembles_dmarc("v=dmarc1 p=none")
    assert resembles_dmarc(" V = DMARC ; p=none")
    assert not resembles_dmarc("v=spf1 -all")


def test_defaults_stand_for_what_is_unsaid() -> None:
    record = parse_dmarc("v=DMARC1; p=reject")
    assert (record.p, record.sp, record.np) == (Request.REJECT, Request.REJECT, Request.REJECT)
    assert (record.psd, record.testing, record.adkim, record.aspf, record.fo) == (Psd.UNSAID, False, "r", "r", "0")
    assert (record.rua, record.ruf, record.notes, record.applies) == ((), (), (), True)


def test_every_tag_is_read_in_any_order_and_case() -> None:
    record = parse_dmarc(
        "v=DMARC1;rua=mailto:a@b.example , https://c.example/r; sp=Quarantine;np=REJECT; P=None; psd=n; t=Y; adkim=s;"
        "aspf=S; fo=1:d:s; ruf=mailto:x@y.example;"
    )
    assert (record.p, record.sp, record.np) == (Request.NONE, Request.QUARANTINE, Request.REJECT)
    assert (record.psd, record.testing, record.adkim, record.aspf, record.fo) == (Psd.NO, True, "s", "s", "1:d:s")
    assert (record.rua, record.ruf) == (("mailto:a@b.example", "https://c.example/r"), ("mailto:x@y.example",))
    assert record.notes == ()


def test_np_follows_sp_and_sp_follows_p() -> None:
    record = parse_dmarc("v=DMARC1; p=reject; sp=none")
    assert record.np == Request.NONE


@pytest.mark.parametrize(
    ("text", "code", "tag", "position"),
    [
        ("v=DMARC1; p=none; pct=20", DmarcNoteCode.REMOVED, "pct", 18),
        ("v=DMARC1; p=none; rf=afrf", DmarcNoteCode.REMOVED, "rf", 18),
        ("v=DMARC1; p=none; ri=3600", DmarcNoteCode.REMOVED, "ri", 18),
        ("v=DMARC1; p=none; color=red", DmarcNoteCode.UNKNOWN, "color", 18),
        ("v=DMARC1; p=none; junk", DmarcNoteCode.TAG, "junk", 17),
        ("v=DMARC1; p=none; p=reject", DmarcNoteCode.DUPLICATE, "p", 18),
        ("v=DMARC1; p=none; adkim=x", DmarcNoteCode.VALUE, "adkim", 18),
        ("v=DMARC1; p=none; psd=maybe", DmarcNoteCode.VALUE, "psd", 18),
        ("v=DMARC1; p=none; t=1", DmarcNoteCode.VALUE, "t", 18),
        ("v=DMARC1; p=none; fo=2", DmarcNoteCode.VALUE, "fo", 18),
        ("v=DMARC1; p=none; rua=a@b.example", DmarcNoteCode.URI, "rua", 18),
        ("v=DMARC1; p=none; rua=mailto:b.example", DmarcNoteCode.URI, "rua", 18),
        ("v=DMARC1; p=none; rua=", DmarcNoteCode.URI, "rua", 18),
        ("v=DMARC1; p=none; rua=mailto:a@b.example!10m", DmarcNoteCode.SIZE, "rua", 18),
        ("v=DMARC1; rua=mailto:a@b.example", DmarcNoteCode.POLICY_MISSING, "p", 32),
    ],
)
def test_what_can_be_said_against_a_record_is_noted_and_does_no_harm(
    text: str, code: DmarcNoteCode, tag: str, position: int
) -> None:
    record = parse_dmarc(text)
    assert [(note.code, note.tag, note.position) for note in record.notes] == [(code, tag, position)]
    assert (record.p, record.applies) == (Request.NONE, True)


@pytest.mark.parametrize(
    ("text", "applies"),
    [
        ("v=DMARC1; p=rejected", False),
        ("v=DMARC1", False),
        ("v=DMARC1; p=reject; sp=nothing", False),
        ("v=DMARC1; p=reject; np=nothing", False),
        ("v=DMARC1; p=rejected; rua=mailto:a@b.example", True),
        ("v=DMARC1; p=rejected; rua=a@b.example", False),
        ("v=DMARC1; p=reject; sp=nothing; rua=mailto:a@b.example", True),
    ],
)
def test_without_a_valid_policy_only_a_report_address_keeps_it_alive_as_p_none(text: str, applies: bool) -> None:
    record = parse_dmarc(text)
    assert (record.applies, record.p, record.sp, record.np) == (applies, *[Request.NONE] * 3)


def test_a_size_is_cut_off_the_address() -> None:
    assert parse_dmarc("v=DMARC1; p=none; rua=mailto:a@b.example!10m,mailto:c@d.example").rua == (
        "mailto:a@b.example",
        "mailto:c@d.example",
    )


@given(st.text(alphabet="psnrufadkmt=;:!@, 1yoejcq.", max_size=80) | st.text(max_size=40))
def test_any_text_can_be_parsed(text: str) -> None:
    record = parse_dmarc("v=DMARC1;" + text)
    assert record.p in Request
