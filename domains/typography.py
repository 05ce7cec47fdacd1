"""Characters that programs put in the place of those that were typed, and names beyond ASCII. Pure.

Texts of records have one character an octet (latin-1), as `domains.rrset.txt_text` returns them.
"""

from __future__ import annotations

import re

import idna

# What word processors, web pages and input methods make of plain characters.
_PLAIN = {
    ord(char): plain
    for chars, plain in (
        (
            "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000",
            " ",
        ),
        ("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63", "-"),
        ("\u00ad\u200b\u2060\ufeff\u200e\u200f", ""),
        ("\u201c\u201d\u201e\u201f\u2018\u2019\u201a\u201b\u00ab\u00bb\u2039\u203a\u2032\u2033", '"'),
        ("\u02dc\u223c\u02f7\u2053", "~"),
        ("\u2236\ua789\ufe55", ":"),
        # Octets of Windows code pages, which are no UTF-8.
        ("\udca0", " "),
        ("\udc96\udc97", "-"),
        ("\udc91\udc92\udc93\udc94\udc84", '"'),
    )
    for char in chars
} | {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width forms


_LABELS = re.compile(r"(?:%\{[^}%]*\}|%.|[^.%]++)++|[.%]")


def plain(text: str) -> str:
    """The text with plain characters for those of typography, one character an octet still."""
    if text.isascii():
        return text
    readable = text.encode("latin-1").decode("utf-8", "surrogateescape").translate(_PLAIN)
    return readable.encode("utf-8", "surrogateescape").decode("latin-1")


def a_labels(name: str) -> str | None:
    """IDNA 2008 with the mapping of UTS 46; labels in ASCII stay, underscores, macros of SPF and all."""
    try:
        if "%" not in name:
            name = idna.uts46_remap(name, std3_rules=False)
        labels = _LABELS.findall(name)
        return "".join(label if label.isascii() else _a_label(label) for label in labels)
    except idna.IDNAError:
        return None


def _a_label(label: str) -> str:
    return idna.alabel(idna.uts46_remap(label, std3_rules=False)).decode()


def readable(text: str, most: int = 1000) -> str:
    """The text for people, `most` octets of it: as UTF-8, where it is."""
    text = text[:most]
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
