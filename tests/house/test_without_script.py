"""Nothing on a page waits for a script: what a script makes quicker works without one too."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .test_imports import ROOT

TEMPLATES = ROOT / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
TAG = r"<{name}\b(?:\{{%.*?%\}}|[^<>])*>"
BUTTONS = re.compile(TAG.format(name="button"))
FETCHING = re.compile(r'hx-trigger="(?:every|load)\b')
# Parts that only htmx fetches, and hints without which a page is whole.
FETCHED = {
    *("diagnostics/_delegation_hint.html", "diagnostics/_mx_hint.html", "domains/attach_mode.html"),
    *("diagnostics/_spf_tree.html", "diagnostics/_buttons.html", "domains/_apply.html"),
}


def fault_of(text: str) -> str:
    """What in a template does nothing where there is no script; "" if all works."""
    for button in BUTTONS.findall(text):
        if 'type="button"' not in button or "data-copy" in button:
            continue  # it sends its form; what is copied can be selected too
        named = re.search(r'popovertarget="([^"]*)"', button)
        if not named:
            return f"a button that only a script could hear: {button}"
        if f'<nav popover id="{named[1]}"' in text:
            continue  # the same button folds it again
        if f'<dialog popover id="{named[1]}"' not in text:
            return f"a button that opens what the browser cannot open by itself: {button}"
        if f'popovertarget="{named[1]}" popovertargetaction="hide"' not in text:
            return f"a dialog without a way out: {named[1]}"
    for form in re.findall(r"<form[^<>]*data-autosubmit.*?</form>", text, re.DOTALL):
        if "<button" not in form:
            return "a form that only a script sends"
    return ""


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_every_button_works_without_script(path: Path) -> None:
    assert fault_of(path.read_text()) == ""


def fetches_only_by_script(text: str) -> bool:
    if "<noscript>" in text or "panel/_refresh.html" in text:
        return False
    inside = (
        re.split(r"</(?:div|form|section)>", text[start.end() :], maxsplit=1)[0] for start in FETCHING.finditer(text)
    )
    return any("<a " not in each and "<button" not in each for each in inside)


def test_what_refreshes_itself_has_a_link_for_whoever_has_no_script() -> None:
    without = [
        name
        for name, text in ((str(path.relative_to(TEMPLATES)), path.read_text()) for path in PAGES)
        if name not in FETCHED and fetches_only_by_script(text)
    ]

    assert without == []


@pytest.mark.parametrize(
    "text",
    [
        '<button class="btn" type="button">Remove</button>',
        '<button type="button" popovertarget="remove">Remove</button><dialog id="remove"></dialog>',
        '<button type="button" popovertarget="remove">Remove</button><dialog popover id="remove"></dialog>',
        '<form method="get" data-autosubmit><select name="state"></select></form>',
    ],
)
def test_what_does_nothing_without_script_is_found(text: str) -> None:
    assert fault_of(text)


def test_what_only_a_script_fetches_is_found() -> None:
    assert fetches_only_by_script('<div hx-get="/" hx-trigger="every 2s"></div><p><a href="/">Elsewhere</a></p>')
