"""Which encoding a text is in: told where it can be told, asked where it cannot. Pure.

UTF-8 and what has a byte order mark are certain. Of the encodings of one octet a character, those are candidates in
which every octet is a character and every word could be one: letters of one script, of one language that the encoding
is used for, capitals where capitals stand. Candidates that read a word differently are told apart by the address in
its line (`soren@` is Søren, not Sřren) and by how common its letters are. Where that decides not for every such word,
nothing is decided.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..rules import fold
from .alphabets import OF_ENCODING, SELDOM, UNICODE, WORDS
from .shapes import Refusal, Refused

ENCODINGS = (*UNICODE[:2], "utf-32", *OF_ENCODING)  # that a person can choose
SAMPLE = 64 * 1024
SHOWN = 8  # words that are shown side by side
DECISIVE = 1.2  # of likelihood, in powers of ten
# A word with octets beyond ASCII; what has digits and signs in it is no name, but perhaps a password.
_WORD = re.compile(rb"(?<![^\s\"';,:|(^.-])[A-Za-z'\x80-\xff]+(?![^\s\"';,:|)^.-])")
_LOCAL_PART = re.compile(rb"([A-Za-z0-9._+-]{1,64})@")


@dataclass(frozen=True, slots=True)
class Told:
    """`encoding` is the one to read with; where `candidates` are several, somebody has to choose."""

    encoding: str
    candidates: tuple[str, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()  # that differ, each as the candidates read it


def tell(data: bytes) -> Told:
    """Raises `Refused` for what is no text, and for a text that is UTF-8 but for a few octets."""
    for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"),
                           (b"\xfe\xff", "utf-16")):  # fmt: skip
        if data.startswith(mark):
            return Told(_decoding(data, encoding))
    wide = _wide(data)
    if wide:
        return Told(_decoding(data, wide))
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_nearly_utf8(data, error.start)
    else:
        if data.count(b"\0") * 20 > len(data):
            raise Refused(Refusal.FORMAT)
        return Told("utf-8-sig")
    if b"\0" in data[:SAMPLE]:
        raise Refused(Refusal.FORMAT)
    return _of_one_octet(data)


def _wide(data: bytes) -> str:
    """UTF-16 and UTF-32 without their mark have NULs in places of one kind only."""
    sample = data[: SAMPLE // 4 * 4]
    if b"\0" not in sample:
        return ""
    quarters = [sample[place::4] for place in range(4)]
    empty = [bool(quarter) and not quarter.strip(b"\0") for quarter in quarters]
    if len(data) % 4 == 0 and empty in ([False, False, True, True], [False, True, True, True]):
        return "utf-32-le"
    if len(data) % 4 == 0 and empty in ([True, True, False, False], [True, True, True, False]):
        return "utf-32-be"
    even, odd = sample[0::2].count(b"\0"), sample[1::2].count(b"\0")
    if not even and odd * 10 > len(sample):
        return "utf-16-le"
    return "utf-16-be" if not odd and even * 10 > len(sample) else ""


def _decoding(data: bytes, encoding: str) -> str:
    """The encoding, where all of the text is in it."""
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        raise Refused(Refusal.FORMAT) from None
    return encoding


def _refuse_nearly_utf8(data: bytes, start: int) -> None:
    """A text with letters in UTF-8 and few octets that are none was put together from two, or cut."""
    whole = data.decode("utf-8", errors="replace")
    letters = sum(char > "\x7f" for char in whole.replace("\ufffd", ""))
    if letters < whole.count("\ufffd") or not letters:
        return
    raise Refused(Refusal.NEARLY_UTF8, line=data.count(b"\n", 0, start) + 1, octet=f"{data[start]:02X}")


def _of_one_octet(data: bytes) -> Told:
    octets = bytes(sorted({octet for octet in data if octet > 0x7F}))
    groups: dict[str, str] = {}  # how the octets are read → the first encoding that reads them so
    for encoding in OF_ENCODING:
        try:
            read = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(char) == "Cc" for char in read):
            groups.setdefault(read, encoding)
    words = _words(data)
    left = _plausible(list(groups.values()), words)
    if len(left) == 1:
        return Told(left[0])
    if not left:  # no reading is good: the person decides
        left = list(groups.values()) or ["cp1250"]
        return Told(left[0], tuple(left), _differing(words, left))
    best = _decided(left, words)
    if best:
        return Told(best)
    return Told(left[0], tuple(left), _differing(words, left))


def _words(data: bytes) -> dict[bytes, tuple[str, ...]]:
    """Words with octets beyond ASCII → parts of the addresses in the lines where they stand."""
    found: dict[bytes, set[str]] = {}
    for line in data.splitlines():
        if line.isascii():
            continue
        parts = {
            word.decode() for name in _LOCAL_PART.findall(line) for word in re.findall(rb"[a-z]{2,}", name.lower())
        }
        for word in _WORD.findall(line):
            if word.isascii():
                continue
            found.setdefault(word, parts)
            if found[word] is not parts:
                found[word] = found[word] & parts
    return {word: tuple(sorted(parts)) for word, parts in found.items()}


def _plausible(encodings: Sequence[str], words: Iterable[bytes]) -> list[str]:
    """The encodings in which every word could be one. A known word of a heading leaves those that read it."""
    left = list(encodings)
    known = {encoding for word in words for encoding in left if word.decode(encoding).lower() in WORDS}
    left = [encoding for encoding in left if encoding in known] or left
    for word in words:
        left = [encoding for encoding in left if _likelihood(word, encoding) is not None]
        if not left:
            return []
    return left


def _likelihood(word: bytes, encoding: str) -> float | None:
    """How likely the word is in this encoding, in powers of ten; None where it can be none."""
    text = word.decode(encoding).strip("'")
    if not _well_written(text):
        return None
    letters = [char for char in text.lower() if not char.isascii()]
    best = None
    for alphabet in OF_ENCODING[encoding].values():
        if all(char in alphabet.common or char in alphabet.rare for char in letters):
            score = -1.3 * sum(char in alphabet.rare for char in letters)
            best = score if best is None else max(best, score)
    return best if best is None else best - 0.5 * (encoding in SELDOM)


def _well_written(text: str) -> bool:
    """Letters of one script, and a capital only where capitals stand."""
    if not all(char.isalpha() or char == "'" for char in text):
        return False
    scripts = {unicodedata.name(char, "?").split(" ", 1)[0] for char in text if char.isalpha()}
    if len(scripts) > 1:
        return False
    capitals = text.isupper()
    for index, char in enumerate(text):
        before, after = text[index - 1 : index], text[index + 1 : index + 2]
        if char.isascii():
            continue
        if char.isupper() and before.isalpha() and not capitals:
            return False
        if char.islower() and after.isupper() and (before.isupper() or not before.isalpha()):
            return False
    if scripts == {"LATIN"}:
        return len(text) < 5 or any(char.isascii() for char in text)
    return scripts != {"GREEK"} or len(text) < 5 or capitals or sum(c in "άέήίόύώΐΰΆΈΉΊΌΎΏ" for c in text) == 1


def _decided(encodings: Sequence[str], words: dict[bytes, tuple[str, ...]]) -> str:
    """The one encoding that is decisively likelier than each other for every word that both read differently."""
    for ours in encodings:
        others = [other for other in encodings if other != ours]
        if all(_beats(ours, other, words) for other in others):
            return ours
    return ""


def _beats(ours: str, other: str, words: dict[bytes, tuple[str, ...]]) -> bool:
    for word, parts in words.items():
        mine, theirs = word.decode(ours), word.decode(other)
        if mine == theirs:
            continue
        here, there = _named(mine, parts), _named(theirs, parts)
        if here != there:
            if there:
                return False
            continue
        likely, unlikely = _likelihood(word, ours), _likelihood(word, other)
        if likely is None or (unlikely is not None and likely - unlikely < DECISIVE):
            return False
    return True


def _named(word: str, parts: Sequence[str]) -> bool:
    """Whether an address of the line has this word, without its accents."""
    plain = fold(word).replace("'", "")
    return len(plain) > 1 and plain.isascii() and any(plain in part or _umlauts(word) in part for part in parts)


def _umlauts(word: str) -> str:
    written = word.lower()
    for letter, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("å", "aa"), ("ø", "oe")):
        written = written.replace(letter, letters)
    return fold(written)


def _differing(words: Iterable[bytes], encodings: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The first words that the encodings read differently, each as they read it."""
    found = []
    for word in words:
        read = tuple(word.decode(encoding) for encoding in encodings)
        if len(set(read)) > 1:
            found.append(read)
        if len(found) == SHOWN:
            break
    return tuple(found)
