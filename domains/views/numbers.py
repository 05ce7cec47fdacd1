from __future__ import annotations


def number_or_zero(text: str) -> int:
    """The primary key that an address names; 0, which nothing has, where it names none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
