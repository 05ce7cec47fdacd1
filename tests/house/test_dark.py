"""The dark colours need no script: `static/dark.css` says under `:root` what Bootstrap says for its dark theme."""

from __future__ import annotations

import re

from django.contrib.staticfiles import finders

from .test_imports import ROOT

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
BETWEEN = re.compile(r";(?![^()]*\))")
UNUSED = re.compile(r"accordion|carousel|navbar")  # parts of Bootstrap that no page has


def declarations(body: str) -> set[str]:
    parts = (part.strip() for part in BETWEEN.split(body))
    return {re.sub(r"\s*:\s*", ":", part, count=1) for part in parts if part}


def test_dark_says_what_bootstrap_says() -> None:
    found = finders.find("bootstrap/bootstrap.min.css")
    assert isinstance(found, str)
    with open(found, encoding="utf-8") as bootstrap:
        theirs = RULE.findall(bootstrap.read())
    ours: dict[str, set[str]] = {}
    for selector, body in RULE.findall(re.sub(r"(?s)/\*.*?\*/", "", (ROOT / "static" / "dark.css").read_text())):
        ours.setdefault(selector.strip(), set()).update(declarations(body))

    dark = [(selector, body) for selector, body in theirs if "[data-bs-theme=dark]" in selector]
    assert len(dark) > 3
    for selector, body in dark:
        wanted = {each for each in declarations(body) if not UNUSED.search(each)}
        if wanted and not UNUSED.search(selector):
            assert wanted <= ours[selector.replace("[data-bs-theme=dark]", ":root")], selector
