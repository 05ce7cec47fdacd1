"""Which encoding a text is in: told where it can be told, asked where it cannot. Pure.

UTF-8 and what has a byte order mark are certain. Of the encodings of one octet a character, those are candidates in
which every octet is a character and every word could be one: letters of one script, of one language that the encoding
is used for, capitals where capitals stand. Candidates that read a word differently are told apart by the address in
its line (`soren@` is Søren, not Sřren), by how common its letters are and by those that stand beside them (no Slovak
name begins with Sř). Where that decides not for every such word, nothing is decided: but for a word that reads well in
both ways, where the others decide so clearly that the file is in one encoding.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from ..rules import fold
from .alphabets import OF_ENCODING, SELDOM, UNICODE, WORDS, Alphabet, sounds
from .neighbours import NAMES
from .shapes import Refusal, TableRefused

ENCODINGS = (*UNICODE[:2], "utf-32", *OF_ENCODING)  # that a person can choose
SAMPLE = 64 * 1024
SHOWN = 8  # words that are shown side by side
# Of likelihood, in powers of ten:
DECISIVE = 1.2  # for a word
AGAINST = -0.6  # for a word that speaks for the other encoding
OPEN = 0.4  # below it a word says nothing
CLEAR = 2.2  # for all words together, where some are open
WELL = -0.9  # of a word that decides
MANY = 0.1  # of the words: they speak against the only encoding that all could be in
CERTAIN = 3.0  # the most that a word counts for
NAME = 1.2  # for a common name
RARE, OLD = 1.3, 0.8  # a letter that the language hardly uses; an encoding of systems that are out of use
PAIR, SIDE, SOUND = 0.7, 0.5, 0.5  # neighbours never seen together; not on this side; no such vowels and consonants
# A word with octets beyond ASCII; what has digits and signs in it is no name, but perhaps a password.
_WORD = re.compile(rb"(?<![^\s\"';,:|(^.-])[A-Za-z'\x80-\xff]+(?![^\s\"';,:|)^.-])")
_LETTERS = re.compile(r"[^\W\d_]+")
_LOCAL_PART = re.compile(rb"([A-Za-z0-9._+-]{1,64})@")


type Group = tuple[str, ...]  # encodings that read the octets of a file alike


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
            raise TableRefused(Refusal.FORMAT)
        return _of_utf8(data)
    if b"\0" in data[:SAMPLE]:
        raise TableRefused(Refusal.FORMAT)
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
        raise TableRefused(Refusal.FORMAT) from None
    return encoding


def _refuse_nearly_utf8(data: bytes, start: int) -> None:
    """A text with letters in UTF-8 and few octets that are none was put together from two, or cut."""
    whole = data.decode("utf-8", errors="replace")
    letters = sum(char > "\x7f" for word in _LETTERS.findall(whole) if _well_written(word) for char in word)
    if letters < whole.count("\ufffd") or not letters:
        return
    raise TableRefused(Refusal.NEARLY_UTF8, line=data.count(b"\n", 0, start) + 1, octet=f"{data[start]:02X}")


def _of_utf8(data: bytes) -> Told:
    """UTF-8, unless that is so by chance: none of its words could be one, and another encoding makes words of all."""
    words = {} if data.isascii() else _words(data)
    if not words or any(_well_written(word.decode("utf-8", errors="replace")) for word in words):
        return Told("utf-8-sig")
    names = tuple(group[0] for group in _plausible(list(_groups(data)), words))
    if not names:
        return Told("utf-8-sig")
    names = (*names, "utf-8-sig")
    return Told(names[0], names, _differing(words, names))


def _of_one_octet(data: bytes) -> Told:
    groups = list(_groups(data))
    words = _words(data)
    left = _plausible(groups, words)
    if len(left) == 1 and (others := _speaking_against(left[0], groups, words)):
        left += others  # put together from two files
    if len(left) == 1:
        return Told(left[0][0])
    if not left:  # no reading is good: the person decides
        names = tuple(group[0] for group in groups) or ("cp1250",)
        return Told(names[0], names, _differing(words, names))
    best = _decided(left, words)
    if best:
        return Told(best[0])
    names = tuple(group[0] for group in left)
    return Told(names[0], names, _differing(words, names))


def _groups(data: bytes) -> Iterable[Group]:
    """The encodings in which every octet is a character, those together that read all of them alike."""
    octets = bytes(sorted({octet for octet in data if octet > 0x7F}))
    groups: dict[str, list[str]] = {}
    for encoding in OF_ENCODING:
        try:
            read = octets.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not any(unicodedata.category(char) == "Cc" for char in read):
            groups.setdefault(read, []).append(encoding)
    return map(tuple, groups.values())


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


def _plausible(groups: Sequence[Group], words: Iterable[bytes]) -> list[Group]:
    """Those in which every word could be one. A known word of a heading leaves those that read it."""
    left = list(groups)
    known = {group for word in words for group in left if word.decode(group[0]).lower() in WORDS}
    left = [group for group in left if group in known] or left
    for word in words:
        left = [group for group in left if _likelihood(word, group) is not None]
        if not left:
            return []
    return left


def _likelihood(word: bytes, group: Group) -> float | None:
    """How likely the word is in the likeliest of these encodings, in powers of ten; None where it can be none."""
    text = word.decode(group[0]).strip("'")
    if not _well_written(text):
        return None
    text = text.lower()
    letters = {char for char in text if not char.isascii()}
    scores = [
        _likelihood_in(text, alphabet) - OLD * (encoding in SELDOM)
        for encoding in group
        for alphabet in OF_ENCODING[encoding].values()
        if letters <= alphabet.common | alphabet.rare
    ]
    return max(scores) + NAME * (text in NAMES) if scores else None


def _likelihood_in(text: str, alphabet: Alphabet) -> float:
    score = 0.0
    for before, char, after in zip(f"^{text}", text, f"{text[1:]}$", strict=False):
        if char.isascii():
            continue
        score -= RARE * (char in alphabet.rare)
        seen = alphabet.neighbours.get(char)
        before, after = before.replace("'", "^"), after.replace("'", "$")
        if seen and (before, after) not in seen.pairs:
            score -= PAIR + SIDE * ((before not in seen.before) + (after not in seen.after))
            score -= SOUND * (sounds(before, after) not in seen.sounds)
    return score


@cache
def _script(char: str) -> str:
    return unicodedata.name(char, "?").split(" ", 1)[0]


def _well_written(text: str) -> bool:
    """Letters of one script, and a capital only where capitals stand."""
    if not all(char.isalpha() or char == "'" for char in text):
        return False
    scripts = set(map(_script, text.replace("'", "")))
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


def _decided(groups: Sequence[Group], words: dict[bytes, tuple[str, ...]]) -> Group | None:
    """Those encodings that are decisively likelier than each other."""
    for ours in groups:
        if all(_beats(ours, other, words) for other in groups if other is not ours):
            return ours
    return None


def _speaking_against(ours: Group, groups: Sequence[Group], words: dict[bytes, tuple[str, ...]]) -> list[Group]:
    """Other encodings that are decisively likelier for many words, though not all words could be in one of them."""
    many = max(2, int(len(words) * MANY))
    words = {word: parts for word, parts in words.items() if (_likelihood(word, ours) or 0.0) < 0}
    found = []
    for other in groups:
        if other is not ours and set(other).isdisjoint(SELDOM):
            against = (_lead(word, parts, ours, other) <= -DECISIVE for word, parts in words.items())
            if sum(islice(filter(None, against), many)) == many:
                found.append(other)
    return found


def _beats(ours: Group, other: Group, words: dict[bytes, tuple[str, ...]]) -> bool:
    """Whether `ours` is decisively likelier for every word that both read differently; or for most of them, while none
    speaks against it, and clearly for all together."""
    leads = []
    for word, parts in words.items():
        mine, theirs = word.decode(ours[0]), word.decode(other[0])
        if mine == theirs:
            continue
        lead = _lead(word, parts, ours, other)
        if lead <= AGAINST:
            return False
        leads.append(min(lead, CERTAIN))
    decisive, open_ = sum(lead >= DECISIVE for lead in leads), sum(lead < OPEN for lead in leads)
    return decisive == len(leads) or (decisive >= open_ + (open_ > 0) and sum(leads) >= CLEAR)


def _lead(word: bytes, parts: Sequence[str], ours: Group, other: Group) -> float:
    """How much likelier `ours` is for the word, in powers of ten."""
    here, there = _named(word.decode(ours[0]), parts), _named(word.decode(other[0]), parts)
    if here != there:
        return CERTAIN if here else -CERTAIN
    likely, unlikely = _likelihood(word, ours), _likelihood(word, other)
    if likely is None:
        return -CERTAIN
    lead = CERTAIN if unlikely is None else likely - unlikely
    return lead if likely >= WELL else min(lead, OPEN)


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
        read = tuple(word.decode(encoding, errors="replace") for encoding in encodings)
        if len(set(read)) > 1:
            found.append(read)
        if len(found) == SHOWN:
            break
    return tuple(found)
