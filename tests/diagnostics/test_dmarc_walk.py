"""Finding a DMARC policy: RFC 9989 section 4.10."""

from __future__ import annotations

from functools import partial

import pytest

from domains.dmarc import Request
from domains.lookup.answers import Failure
from domains.rules.policy import Discovery, Source, discover_policy, walk_names

from .paper_dns import settle, zone


def find(domain: str, data: str) -> Discovery:
    return settle(partial(discover_policy, domain), zone(data))[0]


def test_a_name_of_few_labels_is_walked_label_by_label() -> None:
    assert walk_names("a.mail.example.com") == (
        "_dmarc.a.mail.example.com.",
        "_dmarc.mail.example.com.",
        "_dmarc.example.com.",
        "_dmarc.com.",
    )
    assert walk_names("com.") == ("_dmarc.com.",)


@pytest.mark.parametrize("labels", [8, 9, 12])
def test_a_long_name_is_cut_to_seven_labels_so_that_eight_questions_are_enough(labels: int) -> None:
    name = ".".join(f"l{n}" for n in range(labels, 0, -1))
    names = walk_names(name)
    assert len(names) == 8
    assert names[0] == f"_dmarc.{name}."
    assert names[1] == "_dmarc.l7.l6.l5.l4.l3.l2.l1."
    assert names[-1] == "_dmarc.l1."


def test_the_own_record_decides_and_nothing_else_is_asked() -> None:
    said, rounds = settle(
        partial(discover_policy, "d.example"), zone("_dmarc.d.example TXT v=DMARC1; p=reject; sp=none")
    )
    assert (said.source, said.name, said.request, rounds) == (Source.OWN, "_dmarc.d.example.", Request.REJECT, 1)


def test_the_names_above_are_asked_all_at_once() -> None:
    assert settle(partial(discover_policy, "a.b.c.d.example"), zone(""))[1] == 2


@pytest.mark.parametrize(
    ("data", "source", "name", "request_"),
    [
        ("", Source.NONE, "", None),
        ("_dmarc.example TXT v=DMARC1; p=reject", Source.ORGANIZATION, "_dmarc.example.", "reject"),
        ("_dmarc.d.example TXT v=DMARC1; p=reject; sp=none", Source.ORGANIZATION, "_dmarc.d.example.", "none"),
        # The fewest labels make the organizational domain.
        (
            "_dmarc.b.d.example TXT v=DMARC1; p=none\n_dmarc.d.example TXT v=DMARC1; p=reject",
            Source.ORGANIZATION,
            "_dmarc.d.example.",
            "reject",
        ),
        # psd=n makes it too, and ends the walk.
        (
            "_dmarc.b.d.example TXT v=DMARC1; p=none; psd=n\n_dmarc.d.example TXT v=DMARC1; p=reject",
            Source.ORGANIZATION,
            "_dmarc.b.d.example.",
            "none",
        ),
        # psd=y: the organizational domain is one label below.
        (
            "_dmarc.d.example TXT v=DMARC1; p=quarantine\n_dmarc.example TXT v=DMARC1; p=reject; psd=y",
            Source.ORGANIZATION,
            "_dmarc.d.example.",
            "quarantine",
        ),
        ("_dmarc.example TXT v=DMARC1; p=reject; psd=y", Source.SUFFIX, "_dmarc.example.", "reject"),
        (
            "_dmarc.b.d.example TXT v=DMARC1; p=none\n_dmarc.example TXT v=DMARC1; p=reject; sp=quarantine; psd=y",
            Source.SUFFIX,
            "_dmarc.example.",
            "quarantine",
        ),
        # Several records at a name count as none.
        (
            "_dmarc.d.example TXT v=DMARC1; p=reject\n_dmarc.d.example TXT v=DMARC1; p=none\n"
            "_dmarc.example TXT v=DMARC1; p=quarantine",
            Source.ORGANIZATION,
            "_dmarc.example.",
            "quarantine",
        ),
        ("_dmarc.d.example TXT v=spf1 -all\n_dmarc.d.example TXT v=dmarc1; p=none", Source.NONE, "", None),
    ],
)
def test_without_an_own_record_the_walk_goes_up(data: str, source: Source, name: str, request_: str | None) -> None:
    said = find("a.b.d.example", data)
    assert (said.source, said.name, said.request) == (source, name, request_)


def test_several_own_records_count_as_none_and_are_seen() -> None:
    said = find("d.example", "_dmarc.d.example TXT v=DMARC1; p=none\n_dmarc.d.example TXT v=DMARC1; p=reject\n")
    assert (said.source, len(said.own.records)) == (Source.NONE, 2)


def test_a_misspelt_own_record_is_seen() -> None:
    said = find("d.example", "_dmarc.d.example TXT v=DMARC1 p=none")
    assert (said.source, said.own.misspelt) == (Source.NONE, ("v=DMARC1 p=none",))


def test_a_suffix_that_asks_for_mail_from_itself_uses_its_own_record() -> None:
    assert find("d.example", "_dmarc.d.example TXT v=DMARC1; p=reject; psd=y").source == Source.OWN


def test_a_name_that_cannot_be_asked_is_told_apart_from_one_without_policy() -> None:
    said = find("d.example", "_dmarc.d.example FAIL timeout")
    assert (said.source, said.failures) == (Source.NONE, (("_dmarc.d.example.", Failure.TIMEOUT),))
    said = find("a.d.example", "_dmarc.d.example FAIL servfail\n_dmarc.example TXT v=DMARC1; p=none")
    assert (said.source, said.failures) == (Source.ORGANIZATION, (("_dmarc.d.example.", Failure.SERVFAIL),))
