"""Footers of a domain: what may stand in them, and what a message of one account gets. Pure."""

from __future__ import annotations

import html as entities
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

TEXT_AT_MOST = 5_000  # characters
HTML_AT_MOST = 20_000
VARIABLES = ("first_name", "last_name", "display_name", "address", "domain")

TAGS = {
    *("a", "b", "blockquote", "br", "center", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "hr", "i", "img"),
    *("li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th"),
    *("thead", "tr", "u", "ul"),
}
ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "hr": {"size", "width"},
    "img": {"alt", "border", "height", "src", "width"},
    "table": {"bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "th": {"bgcolor", "colspan", "height", "rowspan", "valign", "width"},
    "tr": {"bgcolor", "valign"},
}
# Nothing that reaches out of the footer's own place, or fetches.
STYLES = {
    *("background-color", "border", "border-bottom", "border-collapse", "border-left", "border-radius", "border-right"),
    *("border-spacing", "border-top", "color", "font-family", "font-size", "font-style", "font-weight", "height"),
    *("letter-spacing", "line-height", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top"),
    *("max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align"),
    *("text-decoration", "text-transform", "vertical-align", "white-space", "width"),
}
SCHEMES = {"https", "http", "mailto", "tel"}

_VARIABLE = re.compile(r"\{\{([^{}\n]{0,40})\}\}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_BLOCKS = {
    "blockquote",
    "center",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "td",
    "th",
    "tr",
    "ul",
}


@dataclass(frozen=True, slots=True)
class Filled:
    """A footer as one message gets it. `text` has lines divided by LF; `html` is a fragment that is whole in itself."""

    text: str
    html: str


def values_of(*, first_name: str, last_name: str, display_name: str, address: str) -> dict[str, str]:
    """`address`: that the message is sent from."""
    found = {
        "first_name": first_name,
        "last_name": last_name,
        "display_name": display_name,
        "address": address,
        "domain": address.rpartition("@")[2],
    }
    return {name: _CONTROLS.sub(" ", value).strip() for name, value in found.items()}


def unknown_variables(source: str) -> list[str]:
    """What stands in double braces and is no variable."""
    names = dict.fromkeys(name.strip() for name in _VARIABLE.findall(source))
    return [name for name in names if name not in VARIABLES]


def clean(html: str) -> str:
    """Nothing that runs, fetches but pictures, or hides other parts of a message."""
    attributes = {tag: set(names) for tag, names in ATTRIBUTES.items()}
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=attributes,
        url_schemes=SCHEMES,
        filter_style_properties=STYLES,
        link_rel=None,
        strip_comments=True,
        attribute_filter=_attribute,
    ).strip()


def _attribute(tag: str, name: str, value: str) -> str | None:
    if (tag, name) == ("img", "src") and not value.lower().startswith(("https://", "http://")):
        return None
    return value


def filled(text: str, html: str, values: Mapping[str, str]) -> Filled:
    """For one account. What is missing of the two is made of the other.

    The HTML is cleaned after it is filled: a value may have made an address of something else.
    """
    cleaned = clean(_VARIABLE.sub(lambda found: entities.escape(_value(found, values)), html))
    plain = _filled_text(text, values) if text.strip() else text_of(cleaned)
    return Filled(plain, cleaned or _html_of(plain))


def _value(found: re.Match[str], values: Mapping[str, str]) -> str:
    return values.get(found[1].strip(), found[0])


def _filled_text(text: str, values: Mapping[str, str]) -> str:
    """Lines of nothing but variables go where those are empty."""
    lines = []
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        new = _VARIABLE.sub(lambda found: _value(found, values), line)
        if new.strip() or not line.strip():
            lines.append(new)
    return "\n".join(lines).rstrip()


def _html_of(text: str) -> str:
    return entities.escape(text.strip("\n")).replace("\n", "<br>\n")


class _TextOf(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[str] = [""]
        self._links: list[tuple[str, int, int]] = []  # address, and where its words begin

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self.lines.append("")
        elif tag == "img":
            self.handle_data(given.get("alt") or "")
        elif tag == "a":
            self._links.append((given.get("href") or "", len(self.lines) - 1, len(self.lines[-1])))
        elif tag in _BLOCKS:
            self._new_block()
            self.lines[-1] = "- " if tag == "li" else ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            address, line, column = self._links.pop()
            words = " ".join([self.lines[line][column:], *self.lines[line + 1 :]]).strip()
            bare = re.sub(r"^(mailto:|tel:|https?://)", "", address).rstrip("/")
            if address and bare not in words:
                self.handle_data(f" <{bare if address.startswith(('mailto:', 'tel:')) else address}>")
        elif tag in _BLOCKS:
            self._new_block()

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        self.lines[-1] += words.lstrip(" ") if not self.lines[-1] or self.lines[-1].endswith(" ") else words

    def _new_block(self) -> None:
        if self.lines[-1].strip():
            self.lines.append("")


def text_of(html: str) -> str:
    """A clean footer as text: its lines, and where its links lead to."""
    parser = _TextOf()
    parser.feed(html)
    parser.close()
    return "\n".join(line.strip() for line in parser.lines).strip("\n")
