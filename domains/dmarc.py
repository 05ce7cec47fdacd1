"""DMARC policy records as texts: RFC 9989 §4.7 and §4.8. Pure. How one is found is in `domains/rules/policy.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from .taglist import NoTag, Tag, split_tags
from .typography import plain

_VERSION = re.compile(r"[vV][ \t]*=[ \t]*DMARC1[ \t]*(?:;|\Z)")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s,;!]+(![0-9]+[kmgtKMGT]?)?\Z")
_MAILTO = re.compile(r"mailto:[^@\s]+@[A-Za-z0-9._\-\[\]:]+(?:\?.*)?\Z", re.IGNORECASE)
_MAX_BEGINNING = 600  # characters: a name, a TTL and a type may stand before the version
_MEANT = re.compile(
    r"[\s\"'`(=:;\\]*(?:(?:[^\s\"]{1,255}\s+)?(?:[0-9]{1,10}[smhdw]?\s+)?(?:IN\s+)?(?:[0-9]{1,10}\s+)?"
    r"(?:TXT|DMARC)(?:\s+record)?[\s:=\"'`(\\]+)?"
    r"(?:v\s*[=:\-\"]*\s*(?:dmarc|dmark|damrc|dmrac|dmar)(?![a-z])|dmarc\s*1|(?:v\s*=\s*[a-z0-9]{1,8}\s*[;,]\s*)?p(?:olicy)?\s*=\s*(?:none|quarantine|reject)\s*(?:[;,]|\Z))",
    re.IGNORECASE,
)
_FO = re.compile(r"[01ds](?:[ \t]*:[ \t]*[01ds])*\Z", re.IGNORECASE)

REMOVED = frozenset({"pct", "rf", "ri"})  # of RFC 7489, not in RFC 9989


class Request(StrEnum):
    """What to do with mail that fails."""

    NONE = "none"
    QUARANTINE = "quarantine"
    REJECT = "reject"


class Psd(StrEnum):
    """Whether the name is a public suffix domain."""

    YES = "y"
    NO = "n"
    UNSAID = "u"


class DmarcNoteCode(StrEnum):
    """What can be said against a record. Closed list; sentences are made where shown."""

    TAG = "tag"  # not `name=value`: ignored
    DUPLICATE = "duplicate"  # the first one counts
    VALUE = "value"  # not among the tag's values: the default counts
    URI = "uri"  # an address that is no URI (`mailto:` is often forgotten): no reports go there
    POLICY_MISSING = "policy-missing"  # no `p`
    REMOVED = "removed"  # a tag that RFC 9989 removed
    UNKNOWN = "unknown"  # a tag that no standard has: ignored
    SIZE = "size"  # `!10m` after an address, which RFC 9989 removed


SYNTAX = frozenset(
    {
        DmarcNoteCode.TAG,
        DmarcNoteCode.DUPLICATE,
        DmarcNoteCode.VALUE,
        DmarcNoteCode.URI,
        DmarcNoteCode.POLICY_MISSING,
    }
)


@dataclass(frozen=True, slots=True)
class DmarcNote:
    """`position` is an offset in the record's text."""

    code: DmarcNoteCode
    position: int
    tag: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A record, with defaults in place of what it leaves unsaid or says wrongly.

    `applies` is False where receivers skip DMARC because of it: no valid `p` (or an invalid `sp` or `np`) and no valid
    `rua` (§4.10.1); with a valid `rua` such a record counts as `p=none`.
    """

    text: str
    applies: bool
    p: Request
    sp: Request
    np: Request
    psd: Psd
    testing: bool  # `t=y`
    adkim: str
    aspf: str
    fo: str
    rua: tuple[str, ...]  # valid URIs
    ruf: tuple[str, ...]
    notes: tuple[DmarcNote, ...]

    @property
    def faults(self) -> tuple[DmarcNote, ...]:
        return tuple(note for note in self.notes if note.code in SYNTAX)


def is_dmarc(text: str) -> bool:
    """Whether a TXT record at a `_dmarc` name is a policy record; all others are none of DMARC's business (§4.10)."""
    return _VERSION.match(text) is not None


def resembles_dmarc(text: str) -> bool:
    """Whether a TXT record at a `_dmarc` name is meant as a policy record, be it one or not: `v=dmarc1 p=none`.

    Quotes and blanks of a word processor may stand around it, or it in a whole line of a zone file.
    """
    return _MEANT.match(plain(text[:_MAX_BEGINNING])) is not None


def is_report_uri(text: str) -> bool:
    """Whether `text` is a URI to which reports can go."""
    return _URI.match(text) is not None and (not text.lower().startswith("mailto:") or _MAILTO.match(text) is not None)


@lru_cache(maxsize=8192)
def parse_dmarc(text: str) -> DmarcRecord:
    """Parse a text that `is_dmarc`. Never raises: see `notes`."""
    notes: list[DmarcNote] = []
    tags = _tags(text, notes)
    requests = {name: _value(tags, name, Request, notes) for name in ("p", "sp", "np")}
    rua, ruf = (_uris(tags.get(name), notes) for name in ("rua", "ruf"))
    if "p" not in tags:
        notes.append(DmarcNote(DmarcNoteCode.POLICY_MISSING, len(text), "p"))
    sound = requests["p"] is not None and all(requests[name] or name not in tags for name in ("sp", "np"))
    p = requests["p"] if sound and requests["p"] else Request.NONE
    sp = requests["sp"] if sound and requests["sp"] else p
    fo = tags.get("fo")
    if fo is not None and not _FO.match(fo.value):
        notes.append(DmarcNote(DmarcNoteCode.VALUE, fo.position, "fo", fo.value))
        fo = None
    return DmarcRecord(
        text=text,
        applies=sound or bool(rua),
        p=p,
        sp=sp,
        np=requests["np"] if sound and requests["np"] else sp,
        psd=_value(tags, "psd", Psd, notes) or Psd.UNSAID,
        testing=_value(tags, "t", _YesNo, notes) == _YesNo.YES,
        adkim=_value(tags, "adkim", _Alignment, notes) or _Alignment.RELAXED,
        aspf=_value(tags, "aspf", _Alignment, notes) or _Alignment.RELAXED,
        fo=fo.value.lower() if fo else "0",
        rua=rua,
        ruf=ruf,
        notes=tuple(sorted(notes, key=lambda note: note.position)),
    )


class _YesNo(StrEnum):
    YES = "y"
    NO = "n"


class _Alignment(StrEnum):
    RELAXED = "r"
    STRICT = "s"


_KNOWN = frozenset({"v", "p", "sp", "np", "psd", "t", "adkim", "aspf", "fo", "rua", "ruf"})


def _tags(text: str, notes: list[DmarcNote]) -> dict[str, Tag]:
    tags: dict[str, Tag] = {}
    for tag in split_tags(text):
        if isinstance(tag, NoTag):
            notes.append(DmarcNote(DmarcNoteCode.TAG, tag.position, tag.text.strip()))
            continue
        name = tag.name.lower()
        if name in tags:
            notes.append(DmarcNote(DmarcNoteCode.DUPLICATE, tag.position, name, tag.value))
            continue
        tags[name] = tag
        if name in REMOVED:
            notes.append(DmarcNote(DmarcNoteCode.REMOVED, tag.position, name, tag.value))
        elif name not in _KNOWN:
            notes.append(DmarcNote(DmarcNoteCode.UNKNOWN, tag.position, name, tag.value))
    return tags


def _value[E: StrEnum](tags: dict[str, Tag], name: str, values: type[E], notes: list[DmarcNote]) -> E | None:
    """The tag's value; None where the tag is not there, or says something else (then noted)."""
    tag = tags.get(name)
    if tag is None:
        return None
    try:
        return values(tag.value.lower())
    except ValueError:
        notes.append(DmarcNote(DmarcNoteCode.VALUE, tag.position, name, tag.value))
        return None


def _uris(tag: Tag | None, notes: list[DmarcNote]) -> tuple[str, ...]:
    """The valid ones of a comma-separated list of URIs, sizes cut off."""
    found: list[str] = []
    if tag is None:
        return ()
    for uri in (part.strip(" \t") for part in tag.value.split(",")):
        match = _URI.match(uri)
        if not match or (uri.lower().startswith("mailto:") and not _MAILTO.match(uri.partition("!")[0])):
            notes.append(DmarcNote(DmarcNoteCode.URI, tag.position, tag.name.lower(), uri))
            continue
        if match.group(1):
            notes.append(DmarcNote(DmarcNoteCode.SIZE, tag.position, tag.name.lower(), uri))
        found.append(uri.removesuffix(match.group(1) or ""))
    return tuple(found)
