"""What is said of the API is what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.management.commands.openapi import files

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(files()))
def test_what_docs_say_of_the_api_is_what_it_is(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == files()[name], "run `manage.py openapi`"
