"""The include tree as it is drawn."""

from __future__ import annotations

from functools import partial

from diagnostics.show.spf_tree import drawing
from domains.spf.tree import tree

from .paper_dns import settle, spf_zone

MORE = """
    i.example TXT v=spf1 include:j.example include:gone.example -all
    j.example TXT v=spf1 a:x1.example a:x2.example a:x3.example a:x4.example a:x5.example -all
    x1.example A 192.0.2.1
    x2.example A 192.0.2.1
    x3.example A 192.0.2.1
    x4.example A 192.0.2.1
    x5.example A 192.0.2.1
    d.example MX 10 x1.example
"""


def test_each_branch_has_its_cost_and_the_term_that_fails_is_marked() -> None:
    found = settle(partial(tree, "d.example"), spf_zone("v=spf1 include:i.example mx mx mx -all", MORE))[0]
    assert found is not None
    assert [(term.text, term.lookups, term.first) for term in found] == [
        ("include:i.example", 8, 1),
        ("mx", 1, 9),
        ("mx", 1, 10),
        ("mx", 1, 11),
    ]
    assert [term.text for term in found[0].below] == ["include:j.example", "include:gone.example"]
    assert found[0].below[1].problems == ["spf-include-none"]
    drawn = drawing([term.to_json() for term in found])
    assert (drawn.lookups, drawn.too_many, len(drawn.branches)) == (11, True, 11)
    assert [slot.beyond for slot in drawn.slots] == [False] * 10 + [True]
    assert [branch.text for branch in drawn.branches if branch.failing] == ["include:gone.example", "mx"]
    first, below = drawn.branches[0], drawn.branches[1]
    assert (first.depth, below.depth, below.x > first.x) == (0, 1, True)
    assert first.y < below.up < below.y, "the line hangs from the term above"


def test_a_record_that_asks_for_nothing_is_no_tree() -> None:
    assert settle(partial(tree, "d.example"), spf_zone("v=spf1 ip4:192.0.2.1 -all", ""))[0] == []
