"""`manage.py openapi`: writes docs/openapi.json and docs/api.md from the code."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from api import operations  # noqa: F401 - they register themselves
from api.openapi import document, reference
from panel.commands import Done, Verb


def files() -> dict[str, str]:
    """Name in docs/ and contents."""
    return {"openapi.json": json.dumps(document(), indent=1, ensure_ascii=False) + "\n", "api.md": reference()}


class Command(Verb):
    help = "Write the API's description and reference."

    def arguments(self, parser: ArgumentParser) -> None:
        """None."""

    def act(self, **options: Any) -> Done:
        for name, text in files().items():
            (settings.BASE_DIR / "docs" / name).write_text(text, encoding="utf-8")
        return Done({"written": sorted(files())}, "docs/openapi.json, docs/api.md")
