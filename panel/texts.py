"""Texts that people type. Pure."""

from __future__ import annotations

JOINERS = frozenset("\u200c\u200d")  # not "printable" for Python, yet part of Persian and Indic names


def is_printable(text: str) -> bool:
    """Whether it has no line breaks, control characters and marks that turn the text around it (U+202E)."""
    return all(char.isprintable() or char in JOINERS for char in text)
