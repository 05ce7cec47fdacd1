"""A split domain whose other half has services of its own in the DNS: ours are not mixed into them."""

from __future__ import annotations

import pytest

from domains.records import Kind
from domains.rules.deciding import Left

from .paper import PaperWorld

MX = "@ MX 10 mx1.mail.example.\n@ MX 20 mx2.mail.example.\n"


def split(text: str) -> PaperWorld:
    case = {"name": "d.test", "zone": "d.test", "text": f"{MX}{text}\n", "mode": "non_authoritative"}
    return PaperWorld({**case, "target": "mx1.other.example"})


@pytest.mark.parametrize(
    "theirs",
    [
        "_autodiscover._tcp SRV 0 0 443 autodiscover.other.example.",
        "autodiscover CNAME autodiscover.other.example.",
        "_imaps._tcp SRV 0 0 993 imap.other.example.",
        "_autodiscover._tcp SRV 0 0 443 autodiscover.mail.example.\nautodiscover CNAME autodiscover.other.example.",
    ],
)
def test_where_the_other_half_has_one_nothing_is_added_beside_it(theirs: str) -> None:
    over = split(theirs)
    verdict = over.judged()[Kind.SRV]
    assert (verdict.status, verdict.reason, verdict.fixes) == ("wrong", "srv-other-half", ())
    assert over.planned().left()[Kind.SRV] == Left.FOREIGN_SERVICE


def test_where_there_is_none_ours_are_offered() -> None:
    assert len(split("").judged()[Kind.SRV].fixes) == 5
