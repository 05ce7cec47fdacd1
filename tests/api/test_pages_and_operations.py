"""Everything that the pages do, the API does; or it is said why not."""

from __future__ import annotations

from tests.access_table import TABLE as URLS

from .operations_table import TABLE as OPERATIONS
from .pages_table import PAGES, PREFIXES

# What only programs do: people have the page that shows it, or the operation is made for programs.
FOR_PROGRAMS = {"get_job"}


def test_every_page_has_operations_or_a_reason() -> None:
    mapped = {name for name in URLS if name in PAGES or name.startswith(tuple(PREFIXES))}
    missing = sorted(URLS.keys() - mapped)
    assert not missing, f"these pages have no line in tests/api/pages_table.py: {missing}"
    assert not PAGES.keys() - URLS.keys()


def test_every_operation_is_of_a_page() -> None:
    named = {operation for what in PAGES.values() if isinstance(what, tuple) for operation in what}
    assert named - OPERATIONS.keys() == set()
    assert OPERATIONS.keys() - named == FOR_PROGRAMS
