"""Macros in SPF records: RFC 7208 section 7."""

from __future__ import annotations

import pytest

from domains.lookup.answers import Answers, Question
from domains.spf import Result, check_host

from .paper_dns import HERE4, evaluate, spf_zone


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("%{s}", "first.last@sub.mail.example"),
        ("%{o}.x", "sub.mail.example.x"),
        ("%{d}.x", "d.example.x"),
        ("%{d2}.x", "d.example.x"),
        ("%{d1}.x", "example.x"),
        ("%{dr}.x", "example.d.x"),
        ("%{l}.x", "first.last.x"),
        ("%{l1}.x", "last.x"),
        ("%{lr}.x", "last.first.x"),
        ("%{l1r}.x", "first.x"),
        ("%{o1r}.x", "sub.x"),
        ("%{i}.x", "192.0.2.10.x"),
        ("%{ir}.%{v}.x", "10.2.0.192.in-addr.x"),
        ("%{h}.x", "helo.host.example.x"),
        ("%{S}.x", "first.last%40sub.mail.example.x"),
        ("%{s-}", "first.last@sub.mail.example"),
        ("a%%b.x", "a%b.x"),
        ("a%_b.x", "a\\032b.x"),
        ("a%-b.x", "a%20b.x"),
        ("%{l=}.x", "first.last.x"),
        ("%{d}.%{d}.x", "d.example.d.example.x"),
    ],
)
def test_section_7_macros(spec: str, name: str) -> None:
    answers = Answers()
    check_host(
        HERE4,
        "d.example",
        answers,
        sender="First.Last@sub.mail.example",
        helo="helo.host.example",
        record=f"v=spf1 exists:{spec} -all",
    )
    name = name.replace("@", "\\@")
    assert answers.wanted == {Question(name + ".", "A")}


def test_section_7_1_an_ip6_address_expands_to_nibbles() -> None:
    answers = Answers()
    check_host("2001:db8::cb01", "d.example", answers, record="v=spf1 exists:%{ir}.%{v}.x exists:%{i}.x -all")
    nibbles = "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1"
    assert {question.name for question in answers.wanted} == {f"{nibbles[::-1]}.ip6.x.", f"{nibbles}.x."}


@pytest.mark.parametrize(
    ("value", "spec", "name"),
    [
        ("a-b-c@x.example", "%{l-}.x", "a.b.c.x"),
        ("a-b-c@x.example", "%{lr-}.x", "c.b.a.x"),
        ("a-b-c@x.example", "%{l2-}.x", "b.c.x"),
        ("a+b=c/d_e,f@x.example", "%{l+=/_,}.x", "a.b.c.d.e.f.x"),
        ("a+b.c@x.example", "%{l+}.x", "a.b.c.x"),
        ("@x.example", "%{l}.x", "postmaster.x"),
        ("x.example", "%{s}.x", "postmaster\\@x.example.x"),
    ],
)
def test_section_7_3_delimiters_and_local_parts(value: str, spec: str, name: str) -> None:
    answers = Answers()
    check_host(HERE4, "d.example", answers, sender=value, record=f"v=spf1 exists:{spec} -all")
    assert answers.wanted == {Question(name + ".", "A")}


def test_section_7_3_a_name_that_is_too_long_loses_labels_at_the_left() -> None:
    answers = Answers()
    domain = ".".join(["a" * 60, "b" * 60, "c" * 60, "example"])
    check_host(HERE4, domain, answers, record="v=spf1 exists:%{d}.%{d}.x -all")
    (question,) = answers.wanted
    assert question.name == ".".join(["example", "a" * 60, "b" * 60, "c" * 60, "example", "x."])
    assert len(question.name) <= 254


def test_the_validated_name_macro_prefers_the_domain_itself() -> None:
    more = """
        10.2.0.192.in-addr.arpa PTR a.example
        10.2.0.192.in-addr.arpa PTR z.d.example
        10.2.0.192.in-addr.arpa PTR d.example
        a.example A 192.0.2.10
        z.d.example A 192.0.2.10
        d.example A 192.0.2.10
        d.example.named.example A 127.0.0.1
    """
    assert evaluate(spf_zone("v=spf1 exists:%{p}.named.example -all", more)).result == Result.PASS
    more = more.replace("d.example A 192.0.2.10\n        d.example.n", "z.d.example.n").replace(
        "PTR d.example", "PTR y.example"
    )
    assert evaluate(spf_zone("v=spf1 exists:%{p}.named.example -all", more)).result == Result.PASS
