"""Domain names: what people type, what is stored, what is shown. Pure.

Stored and asked for are A-labels in lower case without final dot (RFC 5890); shown are U-labels. IDNA 2008 with the
mapping of UTS 46, so that `ŻÓŁW.example` and a full-width dot do what people expect.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from enum import StrEnum
from typing import NoReturn

import idna

from .suffixes import is_registry

MAX_NAME = 253  # characters without final dot: 255 octets on the wire, RFC 1035 §2.3.4
MAX_LABEL = 63

_LDH = re.compile(r"[a-z0-9-]\Z")
# Special-use names (RFC 6761 registry) under which no mail can be hosted. .example and .test are not among them: the
# demonstration and people's own networks live there.
_RESERVED = ("localhost", "local", "invalid", "onion", "arpa", "alt")


class RefusalCode(StrEnum):
    """Why a text is no name that a domain can have. Closed list; sentences are made where shown."""

    EMPTY = "empty"
    URL = "url"  # facts: name
    E_MAIL_ADDRESS = "e-mail-address"  # facts: name
    IP_ADDRESS = "ip-address"
    TOO_LONG = "too-long"  # facts: length, limit
    EMPTY_LABEL = "empty-label"
    LABEL_TOO_LONG = "label-too-long"  # facts: label, length, limit
    UNDERSCORE = "underscore"  # facts: label
    HYPHEN = "hyphen"  # at an end of a label. facts: label
    CHARACTER = "character"  # facts: label, character (where a single one is to blame)
    BAD_A_LABEL = "bad-a-label"  # `xn--…` that stands for nothing, or not in the form it must have. facts: label
    WILDCARD = "wildcard"
    SINGLE_LABEL = "single-label"
    NUMERIC = "numeric"  # the last label is a number
    PUBLIC_SUFFIX = "public-suffix"  # facts: name
    RESERVED = "reserved"  # facts: suffix


class NameRefused(ValueError):  # noqa: N818 - it is a refusal, and the word is used throughout
    """A text is no domain name. `facts` feed the sentence that `code` stands for."""

    def __init__(self, code: RefusalCode, **facts: str | int) -> None:
        super().__init__(code.value)
        self.code = code
        self.facts = facts


def to_ascii(text: str) -> str:
    """What people typed or pasted, as a domain name to attach: A-labels, lower case, no final dot.

    Blanks around it and one final dot are fine. Raises NameRefused.
    """
    name = host_to_ascii(text)
    if is_registry(name):
        raise NameRefused(RefusalCode.PUBLIC_SUFFIX, name=to_unicode(name))
    return name


def host_to_ascii(text: str) -> str:
    """Like `to_ascii` for a host name (a target server): it may be a public suffix. Raises NameRefused."""
    text = text.strip()
    _refuse_pastes(text)
    labels = _mapped(text).removesuffix(".").split(".")
    name = ".".join(map(_label, labels))
    if len(name) > MAX_NAME:
        raise NameRefused(RefusalCode.TOO_LONG, length=len(name), limit=MAX_NAME)
    if len(labels) == 1:
        raise NameRefused(RefusalCode.SINGLE_LABEL)
    if labels[-1].isdigit():
        raise NameRefused(RefusalCode.NUMERIC)
    if labels[-1] in _RESERVED:
        raise NameRefused(RefusalCode.RESERVED, suffix=labels[-1])
    return name


def to_unicode(name: str) -> str:
    """A stored name as people read it. Final dot kept.

    A label that is no sound A-label stays as it is, and so does one that mixes scripts: it may look like another.
    """
    return ".".join(_unicode_label(label) for label in name.split("."))


def _refuse_pastes(text: str) -> None:
    """Things that are not names but hold one: say which, so that the page can say what to type."""
    if text in ("", "."):
        raise NameRefused(RefusalCode.EMPTY)
    if _is_address(text):
        raise NameRefused(RefusalCode.IP_ADDRESS)
    if "/" in text or text.lower().startswith("mailto:") or re.search(r":[0-9]+\Z", text):
        rest = re.sub(r"^(?:[A-Za-z][A-Za-z0-9+.-]*://|mailto:)", "", text)
        _refuse_paste(RefusalCode.URL, text, re.split(r"[/:?#]", rest.rpartition("@")[2])[0])
    if "@" in text:
        _refuse_paste(RefusalCode.E_MAIL_ADDRESS, text, text.rpartition("@")[2])
    if text.startswith("*."):
        raise NameRefused(RefusalCode.WILDCARD)


def _refuse_paste(code: RefusalCode, text: str, name: str) -> NoReturn:
    if name:
        raise NameRefused(code, name=name)
    raise NameRefused(RefusalCode.CHARACTER, label=text, character=next(filter("/:@".__contains__, text)))


def _is_address(text: str) -> bool:
    text = text.removesuffix(".").removeprefix("[").removesuffix("]").lower().removeprefix("ipv6:")
    try:
        ipaddress.ip_interface(text)
    except ValueError:
        return False
    return True


def _mapped(text: str) -> str:
    """Lower case, full-width forms made plain, other dots made dots: what UTS 46 says that people mean."""
    if text.isascii():
        return text.lower()
    try:
        return idna.uts46_remap(text, std3_rules=False)
    except idna.InvalidCodepoint as error:
        raise NameRefused(RefusalCode.CHARACTER, label=text, character=chr(error.codepoint or 0)) from error
    except idna.IDNAError as error:
        raise NameRefused(RefusalCode.TOO_LONG, length=len(text), limit=MAX_NAME) from error


def _label(text: str) -> str:
    """One mapped label as A-label. The order of the tests decides which reason is given."""
    if not text:
        raise NameRefused(RefusalCode.EMPTY_LABEL)
    if "_" in text:
        raise NameRefused(RefusalCode.UNDERSCORE, label=text)
    for character in text:
        if character.isascii() and not _LDH.match(character):
            raise NameRefused(RefusalCode.CHARACTER, label=text, character=character)
    if text.startswith("-") or text.endswith("-"):
        raise NameRefused(RefusalCode.HYPHEN, label=text)
    label = text if text.isascii() else _a_label(text)
    if len(label) > MAX_LABEL:
        raise NameRefused(RefusalCode.LABEL_TOO_LONG, label=text, length=len(label), limit=MAX_LABEL)
    if text.startswith("xn--"):
        _check_a_label(text)
    return label


def _a_label(text: str) -> str:
    """The A-label of a label with other than ASCII characters. RFC 5891 §4."""
    try:
        idna.check_label(text)
    except idna.IDNAError as error:
        if error.codepoint is not None:
            raise NameRefused(RefusalCode.CHARACTER, label=text, character=chr(error.codepoint)) from error
        if error.code == "label_too_long":
            raise NameRefused(RefusalCode.LABEL_TOO_LONG, label=text, length=len(text), limit=MAX_LABEL) from error
        raise NameRefused(RefusalCode.CHARACTER, label=text, character="") from error
    return "xn--" + text.encode("punycode").decode("ascii")


def _check_a_label(label: str) -> None:
    """An A-label must be what its U-label gives back, and that must be allowed. RFC 5891 §5.3, §5.4."""
    try:
        idna.ulabel(label)
    except idna.IDNAError as error:
        raise NameRefused(RefusalCode.BAD_A_LABEL, label=label) from error


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        shown = idna.ulabel(label)
    except idna.IDNAError:
        return label
    return label if _mixes_scripts(shown) else shown


# Scripts that people write together (UTS 39 §5.1, highly restrictive); any other mixture imitates.
_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "HANGUL"},
    {"LATIN", "CJK", "BOPOMOFO"},
)
_COMMON = {"DIGIT", "HYPHEN-MINUS", "COMBINING", "MIDDLE", "ZERO", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}


def _mixes_scripts(label: str) -> bool:
    """Whether letters of scripts stand side by side that no language writes so, as a Cyrillic а among Latin ones."""
    scripts = {unicodedata.name(letter, "?").split()[0] for letter in label} - _COMMON
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)
