"""What a page in a real browser is asked beside accessibility: nothing overflows or overlaps, all is translated."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page

# Texts as the reader sees them: of each line of each text its box, a quarter taken off above and below, since the box
# of a line is higher than its letters. What is hidden or floats above the page is left out.
TEXTS = """
() => {
  const HIDDEN = "script, style, noscript, option, textarea, datalist, dialog:not([open]), .visually-hidden, " +
    ".visually-hidden-focusable, .bulkbar, .acting-bar";
  const seen = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (!node.data.trim()) continue;
    const parent = node.parentElement;
    if (parent.closest(HIDDEN)) continue;
    if (!parent.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    let clip = parent, scrolls = false;
    for (; clip && clip !== document.body; clip = clip.parentElement) {
      if (getComputedStyle(clip).overflowX !== "visible") { scrolls = true; break; }
    }
    for (const box of range.getClientRects()) {
      if (box.width < 1 || box.height < 1) continue;
      const inset = box.height * .25;
      seen.push({text: node.data.trim().slice(0, 60), left: box.left, right: box.right, scrolls,
                 top: box.top + inset, bottom: box.bottom - inset});
    }
  }
  return seen;
}
"""
FOUND = (
    """
() => {
  const boxes = ("""
    + TEXTS
    + """)();
  const found = [];
  const width = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  if (wide > width + 1) found.push(`the page is ${wide} wide in ${width}`);
  for (const box of boxes) {
    if (!box.scrolls && (box.right > width + 1 || box.left < -1)) found.push(`out of the window: ${box.text}`);
  }
  boxes.sort((a, b) => a.top - b.top);
  for (let i = 0; i < boxes.length; i++) {
    for (let j = i + 1; j < boxes.length && boxes[j].top < boxes[i].bottom - 1; j++) {
      const a = boxes[i], b = boxes[j];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 2 && down > 2 && !a.scrolls && !b.scrolls) found.push(`on each other: ${a.text} / ${b.text}`);
    }
  }
  return [...new Set(found)].slice(0, 8);
}
"""
)
WORDS = """
() => {
  const said = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest("script, style, noscript, .mono, code, pre, [lang]:not(html), [translate=no]")) continue;
    said.push(walker.currentNode.data);
  }
  for (const name of ["aria-label", "title", "placeholder", "data-label"])
    for (const element of document.querySelectorAll(`[${name}]`)) said.push(element.getAttribute(name));
  return [document.title, ...said];
}
"""


def misplaced(page: Page) -> list[str]:
    """Texts that stand out of the window or on each other, in words."""
    found: list[str] = page.evaluate(FOUND)
    return found


PARTS = re.compile(r"(%\(\w+\)[a-z]|%[a-z%]|\{[^{}]*\}|<[^<>]*>|&\w+;|https?://\S+)")
ACCENTS = str.maketrans("AaCcEeIiNnOoSsUuYyZz", "ÅåÇçÉéÎîÑñÖöŠšÛûÝýŽž")
TRANSLATED = re.compile(r"⟦[^⟦⟧]*(?:⟦[^⟦⟧]*⟧[^⟦⟧]*)*⟧")


def pseudo(text: str) -> str:
    """A sentence as the pseudo-locale says it: in brackets, with accents, a third longer; what is filled in stays."""
    if not text.strip():
        return text
    parts = (part if PARTS.fullmatch(part) else part.translate(ACCENTS) for part in PARTS.split(text))
    longer = "·" * max(1, len(text) // 3) if len(text) > 3 else ""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    inner = "".join(parts)
    return f"{text[:start]}⟦{inner.strip()}{longer}⟧{text[end:]}"


def untranslated(page: Page, data: re.Pattern[str]) -> list[str]:
    """Words on the page that no catalogue was asked for, and that are not `data`."""
    said: list[str] = page.evaluate(WORDS)
    found = []
    for text in said:
        rest = TRANSLATED.sub(" ", text)
        if (
            "⟦" in rest or "⟧" in rest
        ):  # a sentence cut in the middle by an element: its words are looked at where they stand
            rest = re.sub(r"⟦[^⟧]*|[^⟦]*⟧", " ", rest)
        words = [word.strip("()[]{},:;·…“”\"'!?/+") for word in rest.split()]
        found += [word for word in words if re.search(r"[A-Za-z]{2}", word) and not data.fullmatch(word)]
    return sorted(set(found))


def patch(monkeypatch: Any) -> None:
    """English becomes the pseudo-locale in this process: what the catalogues say is dressed."""
    from django.utils import translation

    real: Any = translation._trans  # type: ignore[attr-defined]

    def dressed(name: str) -> Any:
        ask = getattr(real, name)
        return lambda *arguments: pseudo(ask(*arguments)) if translation.get_language() == "en" else ask(*arguments)

    for name in ("gettext", "pgettext", "ngettext", "npgettext"):
        monkeypatch.setattr(real, name, dressed(name))
