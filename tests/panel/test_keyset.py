"""Pages by key: every row once, whichever way one walks, ties and all; and no address is too odd."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from panel.keyset import FIRST, Cursor, KeysetPage, Where, page_by_key
from panel.models import User
from tests.factories import make_user

pytestmark = pytest.mark.django_db

NAMES = ("Ann", "Ann", "Bea", "Ann", "Cyd", "Bea", "Ann", "", "Żaneta", "Cyd", "Ann")


def walk(where: Where, step: Callable[[KeysetPage], Where | None], *, size: int, falling: bool) -> list[list[int]]:
    pages = []
    following: Where | None = where
    while following is not None:
        page = page_by_key(User.objects.all(), "name", following, size=size, falling=falling)
        pages.append(page.pks)
        following = step(page)
        assert len(pages) < 20
    return pages


@pytest.mark.parametrize("falling", [False, True])
@pytest.mark.parametrize("size", [1, 2, 3, 5, len(NAMES), 50])
def test_every_row_comes_once_in_order_forwards_and_backwards(size: int, falling: bool) -> None:
    for number, name in enumerate(NAMES):
        make_user(f"{number}@people.example", name=name)
    sign = "-" if falling else ""
    everybody = list(User.objects.order_by(f"{sign}name", f"{sign}pk").values_list("pk", flat=True))
    forwards = walk(FIRST, lambda page: Where(after=page.next) if page.next else None, size=size, falling=falling)
    assert [pk for pks in forwards for pk in pks] == everybody
    assert all(len(pks) == size for pks in forwards[:-1])
    backwards = walk(
        Where(last=True),
        lambda page: Where(before=page.previous) if page.previous else None,
        size=size,
        falling=falling,
    )
    assert [pk for pks in reversed(backwards) for pk in pks] == everybody


def test_the_last_page_leads_nowhere_and_the_first_has_nothing_before_it() -> None:
    for number in range(5):
        make_user(f"{number}@people.example", name=f"N{number}")
    first = page_by_key(User.objects.all(), "name", FIRST, size=2)
    assert (first.previous, bool(first.next)) == (None, True)
    last = page_by_key(User.objects.all(), "name", Where(last=True), size=2)
    assert (bool(last.previous), last.next) == (True, None)


def test_of_nothing_there_is_an_empty_page() -> None:
    assert page_by_key(User.objects.none(), "name", Where(last=True), size=2) == KeysetPage([], None, None)


@pytest.mark.parametrize(
    "text", ["", "x", "W10", str(Cursor("a", 1))[:-2], str(Cursor("\0", 1)), "WyJhIiwiYiJd", "a" * 10_000]
)
def test_what_is_no_place_asks_for_the_first_page(text: str) -> None:
    assert Where.of({"after": text}) == FIRST
    assert Where.of({"last": text}) == FIRST


def test_a_place_that_no_value_of_the_field_can_have_is_none() -> None:
    person = make_user("a@people.example", name="Ann")
    odd = Where(after=Cursor("Zed", 0))

    def read(_text: str) -> str:
        raise ValueError

    assert page_by_key(User.objects.all(), "name", odd, size=2, read=read).pks == [person.pk]
