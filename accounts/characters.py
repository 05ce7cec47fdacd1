"""Characters that are not what they seem: invisible ones, and letters of other scripts that look like ours. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt (which has every directional control), and
# U+2800, which is blank without being white space.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# Within letters of scripts that are written with them: the joiners, and what chooses the form of an ideograph.
_JOINING = re.compile("[\u200c\u200d\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
# Characters that are no text: line breaks, controls, and what has no meaning of its own.
_SHOWN_NOWHERE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
_CONTROLS = {
    "\0": "NULL",
    "\1": "NULL OR START OF HEADING",  # tables hand NUL on as this one
    "\t": "TAB",
    "\n": "LINE FEED",
    "\r": "CARRIAGE RETURN",
    "\x0b": "LINE TABULATION",
    "\x0c": "FORM FEED",
    "\x1b": "ESCAPE",
    "\x7f": "DELETE",
    "\x85": "NEXT LINE",
}

AT_SIGNS = "＠﹫"  # full-width and small
# Letters of other scripts, by the ASCII letter that they are taken for. What NFKC makes ASCII (full-width,
# mathematical and circled letters) needs no entry.
_ALIKE = {
    "a": "аαɑ", "b": "Ь", "c": "сϲᴄⅽ", "d": "ԁɗ", "e": "еҽ℮", "f": "ẝք", "g": "ɡցԍ", "h": "һհ", "i": "іιꙇӏɩⅰ",
    "j": "јϳ", "k": "κкᴋ", "l": "ⅼǀ", "m": "ⅿ", "n": "ոռ", "o": "оοօσഠ", "p": "рρ", "q": "ԛգ", "r": "гᴦⲅ", "s": "ѕꜱ",
    "t": "τт", "u": "υսᴜ", "v": "νѵᴠ", "w": "ԝѡա", "x": "хχ", "y": "уүγ", "z": "ᴢ",
    "A": "АΑᎪ", "B": "ВΒᏴ", "C": "СϹᏟ", "D": "Ꭰ", "E": "ЕΕᎬ", "F": "Ϝ", "G": "Ԍ", "H": "НΗᎻ", "I": "ІΙӀ", "J": "ЈᎫ",
    "K": "КΚᏦ", "L": "Ꮮ", "M": "МΜᎷ", "N": "Ν", "O": "ОΟՕ", "P": "РΡᏢ", "Q": "Ԛ", "R": "Ꭱ", "S": "ЅՏᏚ", "T": "ТΤᎢ",
    "U": "Ս", "V": "ѴᏙ", "W": "ԜᎳ", "X": "ХΧ", "Y": "УΥҮ", "Z": "ΖᏃ",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u30fc", ".": "\u3002\uff61\u06d4\u2024",
    ",": "\u201a\u060c\u3001", "_": "\u203f\u2017",
}  # fmt: skip
_LOOKS_LIKE = {alike: letter for letter, several in _ALIKE.items() for alike in several}


def called(char: str) -> str:
    """A character by its Unicode name and number, as people can look it up."""
    name = unicodedata.name(char, "") or _CONTROLS.get(char, "")
    return f"{name} (U+{ord(char):04X})" if name else f"U+{ord(char):04X}"


def names_of(chars: Iterable[str]) -> str:
    """Each character once, in the order of its first use."""
    return ", ".join(called(char) for char in dict.fromkeys(chars))


def invisible(text: str) -> list[str]:
    """Every invisible character of `text`, as in an address: none of them belongs there."""
    return _INVISIBLE.findall(text)


def invisible_in_name(text: str) -> list[str]:
    """Invisible characters of a person's name, but for those that its script is written with."""
    return [text[index] for index in _misplaced(text)]


def _misplaced(text: str) -> list[int]:
    """Where invisible characters stand that join nothing; what follows one of them joins nothing, either."""
    found: list[int] = []
    for match in _INVISIBLE.finditer(text):
        before = match.start() - 1
        after_one = bool(found) and found[-1] == before
        if before < 0 or after_one or not _JOINING.match(match[0]) or not _is_joined(text[before]):
            found.append(match.start())
    return found


def _is_joined(before: str) -> bool:
    """Whether a joiner or a selector may follow: a letter, mark or sign, and none of the Latin script."""
    if before in "\u200c\u200d" or _JOINING.match(before):
        return True
    return (
        not before.isascii()
        and unicodedata.category(before)[0] in "LMS"
        and not unicodedata.name(before, "LATIN").startswith("LATIN")
    )


def unshowable(text: str) -> list[str]:
    """Line breaks, controls, their pictures (␀) and characters without a meaning, but for the invisible ones."""
    return [
        char
        for char in text
        if (unicodedata.category(char) in _SHOWN_NOWHERE and not _INVISIBLE.match(char)) or "\u2400" <= char <= "\u2426"
    ]


def visible(text: str) -> str:
    """An address without its invisible characters."""
    return _INVISIBLE.sub("", text)


def shown_name(text: str) -> str:
    """A person's name without what cannot be seen or shown; a line break or a tab becomes a blank."""
    misplaced = frozenset(_misplaced(text))
    kept = "".join(char for index, char in enumerate(text) if index not in misplaced)
    spaced = "".join(" " if char in "\t\n\r\x0b\x0c\x85\u2028\u2029" else char for char in kept)
    gone = frozenset(unshowable(spaced))
    return re.sub(" {2,}", " ", "".join(char for char in spaced if char not in gone)).strip()


def looks_like(char: str) -> str:
    """The ASCII character that `char` of another script is taken for, or ""."""
    if char.isascii():
        return ""
    if char in _LOOKS_LIKE:
        return _LOOKS_LIKE[char]
    plain = unicodedata.normalize("NFKC", char)
    if plain.isascii() and plain.isprintable() and plain != " ":
        return plain
    digit = unicodedata.digit(char, None)
    return str(digit) if digit is not None else ""


def straightened(text: str) -> str:
    """`text` with the characters that only look like ASCII made ASCII."""
    return "".join(looks_like(char) or char for char in text)


def alike(text: str) -> list[str]:
    """The characters of `text` that look like ASCII and are not. Letters with accents are no such."""
    return [char for char in text if looks_like(char)]
