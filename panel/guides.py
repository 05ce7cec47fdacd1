"""The user's guide: Markdown below docs/user/<language>/. No markup but Markdown's own gets through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = settings.BASE_DIR / "docs" / "user"
RECORDS = ("cname", "mx", "srv", "spf", "dkim", "dmarc")
CLIENTS = ("setup", "outlook", "thunderbird", "apple", "android")
SLUG = re.compile(r"[a-z0-9-]{1,40}\Z")


@dataclass(frozen=True, slots=True)
class Guide:
    slug: str
    title: str
    html: SafeString


@lru_cache(maxsize=256)
def read(slug: str, language: str) -> Guide | None:
    """The guide in that language, else in English; None where there is none."""
    if not SLUG.match(slug):
        return None
    spoken = [code for code, _name in settings.LANGUAGES if code == language]
    for folder in (*spoken, "en"):
        path = FOLDER / folder / f"{slug}.md"
        if path.is_file():
            return _render(slug, path.read_text(encoding="utf-8"))
    return None


def contents(language: str) -> list[list[Guide]]:
    """What there is to read: the whole way first, then records, then mail programs."""
    groups: Sequence[Sequence[str]] = (
        ("index", "bulk", "aliases", "footers", "rules", "mailbox", "spam", "webmail", "trace"),
        RECORDS,
        CLIENTS,
    )
    return [[guide for slug in group if (guide := read(slug, language))] for group in groups]


def _render(slug: str, text: str) -> Guide:
    """`js-default` turns HTML in the text into text and drops links that are no web addresses."""
    parser = MarkdownIt("js-default")
    tokens = parser.parse(text)
    title = slug
    for index, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h1" and title == slug:
            title = tokens[index + 1].content
        elif token.type == "table_open":
            token.attrSet("class", "table")
        for child in token.children or ():
            _point(child)
    html = parser.renderer.render(tokens, parser.options, {})
    # A table that is wider than a phone scrolls, and can be reached by keyboard for that.
    box = format_html('<div class="table-responsive" tabindex="0" role="region" aria-label="{}">', title)
    html = html.replace("<table", f"{box}<table").replace("</table>", "</table></div>")
    return Guide(slug, title, mark_safe(html))  # noqa: S308 - the parser escapes all HTML  # nosec


def _point(token: Token) -> None:
    """Links from one guide to another name its file, so that they hold where the files themselves are read, too."""
    slug, dot, kind = str(token.attrGet("href") or "").partition(".")
    if token.type == "link_open" and (dot, kind) == (".", "md") and SLUG.match(slug):
        token.attrSet("href", reverse("panel:guide", args=[slug]))
