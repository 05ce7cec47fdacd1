"""The one DMARC record that several, misspelt or misplaced ones were meant to be. RFC 9989. Pure.

What receivers could not read so far must not start to refuse mail because of us, and no report may get lost: so the
mildest policy is published, all addresses are kept, and what was meant is offered as a step of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from .dmarc import DmarcRecord, Request, is_dmarc, is_report_uri, parse_dmarc, resembles_dmarc
from .rrset import txt_text
from .typography import a_labels, plain

VERSION = "v=DMARC1"
_REQUESTS = tuple(Request)  # the mildest first
_NAMES = "(sp|np|psd|pct|policy|p|t|rua|ruf|adkim|aspf|fo)"
_SPELT_OUT = {"policy": "p"}  # tags by the words that they stand for
_TAG = re.compile(
    rf"(?:\A|(?<=[\s;,|\\\"'])){_NAMES}[ \t]*[=:][ \t]*(?![=:])|(?<=[:.]){_NAMES}[ \t]*=[ \t]*"
    # Strings that were joined without a semicolon: `v=DMARC1p=rejectrua=mailto:…`.
    rf"|(?:(?<=dmarc1)|(?<=none)|(?<=quarantine)|(?<=reject)){_NAMES}=|(rua|ruf)=(?=mailto:)",
    re.IGNORECASE,
)
_AROUND = " \t\r\n;:,|\\\"'`<>()."
_BETWEEN_URIS = re.compile(r"[\s,;|<>\"'`\\()]+")
_ADDRESS = re.compile(r"(?:[a-z]{2,8}[:;=]/{0,2})?([^@:/\s]+)@([^@:/\s]+?)\.?\Z", re.IGNORECASE)
_SIZE = re.compile(r"![0-9]+[kmgt]?\Z", re.IGNORECASE)
_SHARE = re.compile(r"[0-9]{1,2}\Z")
_ALIGNMENTS = {"r": "r", "relaxed": "r", "s": "s", "strict": "s"}
_MAX_TEXT = 4096  # characters of a record: many times what any needs


class PolicyChangeKind(StrEnum):
    """What was done to a policy record. Closed list; sentences are made where shown."""

    UNITED = "united"  # several records (`old`: their number) became one
    VERSION = "version"  # what stood for `v=DMARC1`
    POLICY = "policy"  # `p` (`old`) became the mildest that keeps receivers at what they do now
    SUBDOMAINS = "subdomains"  # the same for `sp` or `np`
    ADDRESS = "address"  # an address for reports that was written as no URI
    DROPPED = "dropped"  # what receivers could make nothing of


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """`old` and `new` are values of `tag`; either may be empty."""

    kind: PolicyChangeKind
    tag: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True)
class PolicyRepair:
    """`text` is the one record to publish. `stays`: which of the given texts says exactly that, and so may stay.

    `meant`: the policy that was asked for, where it is stricter than what is published now, and `meant_text` the record
    that asks for it: a step to offer, never to take unasked.
    """

    text: str
    changes: tuple[PolicyChange, ...]
    stays: int | None = None
    meant: Request | None = None
    meant_text: str = ""


@dataclass(frozen=True, slots=True)
class _Draft:
    """What one text says. Its requests as they were meant: None where nothing readable was said."""

    p: Request | None
    sp: Request | None
    np: Request | None
    values: dict[str, list[str]]

    @property
    def subdomains(self) -> Request:
        return self.sp or self.p or Request.NONE

    @property
    def missing(self) -> Request:
        return self.np or self.subdomains


def meant_policies(values: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of TXT records at a `_dmarc` name (value and text of each) those meant as policies.

    In an order of their own, whatever that of the answer: a plan and a judge must choose alike. Duplicates count once.
    """
    meant = {value: text for value, text in values if is_dmarc(text) or resembles_dmarc(text)}
    return dict(sorted(meant.items(), key=lambda item: (len(item[1]), item[1])))


def policies_at(values: Iterable[str]) -> tuple[bool, tuple[str, ...], PolicyRepair | None]:
    """Of the TXT records at a `_dmarc` name: whether a policy is in effect; if not, those that must go so that one can
    be, and the record that all of them were meant to be (None where there is none).

    Several policies count as none (RFC 9989 §4.10), and so do misspelt ones; what is misspelt beside a good one does no
    harm.
    """
    meant = meant_policies((value, txt_text(value)) for value in values)
    policies = [text for text in meant.values() if is_dmarc(text)]
    if len(policies) == 1 and parse_dmarc(policies[0]).applies:
        return True, (), None
    if not meant:
        return False, (), None
    repaired = repair_policies(tuple(meant.values()))
    return False, tuple(value for number, value in enumerate(meant) if number != repaired.stays), repaired


def repair_policies(texts: Sequence[str]) -> PolicyRepair:
    """One record for `texts`, of which none is in effect; at least one. A lone one asks for nothing (`p=none`).

    Several ask for the mildest that stands among them; `sp` and `np` never for more than `p`.
    """
    changes: list[PolicyChange] = []
    if len(texts) > 1:
        changes.append(PolicyChange(PolicyChangeKind.UNITED, old=str(len(texts))))
    changes += [
        PolicyChange(PolicyChangeKind.VERSION, "v", _beginning(text), f"{VERSION};")
        for text in texts
        if not is_dmarc(text)
    ]
    drafts = [_draft(text) for text in texts]
    mildest = _mildest(draft.p for draft in drafts) if len(drafts) > 1 else Request.NONE
    strictest = max((draft.p or Request.NONE for draft in drafts), key=_REQUESTS.index)
    changes += [
        PolicyChange(PolicyChangeKind.POLICY, "p", " ".join(draft.values.get("p", ())), mildest)
        for draft in drafts
        if draft.p != mildest
    ]
    others = _others(drafts, changes)
    text = _written(mildest, drafts, others, changes, held=True)
    stays = next((number for number, given in enumerate(texts) if _says_the_same(given, text)), None)
    if strictest == mildest:
        return PolicyRepair(text, tuple(changes), stays)
    strict = [draft for draft in drafts if draft.p == strictest]
    return PolicyRepair(text, tuple(changes), stays, strictest, _written(strictest, strict, others, []))


def _beginning(text: str) -> str:
    """What stands before the first tag but the version."""
    text = plain(text[:_MAX_TEXT])
    found = _TAG.search(text)
    return text[: found.start() if found else len(text)].rstrip()


def _mildest(requests: Iterable[Request | None]) -> Request:
    return min((request or Request.NONE for request in requests), key=_REQUESTS.index)


def _draft(text: str) -> _Draft:
    values: dict[str, list[str]] = {}
    text = plain(text[:_MAX_TEXT])
    found = list(_TAG.finditer(text))
    for number, tag in enumerate(found):
        end = found[number + 1].start() if number + 1 < len(found) else len(text)
        name = next(filter(None, tag.groups())).lower()
        values.setdefault(_SPELT_OUT.get(name, name), []).append(text[tag.end() : end].strip(_AROUND))
    p, sp, np = (_request(values.get(name, ())) for name in ("p", "sp", "np"))
    return _Draft(p, sp, np, values)


def _request(values: Sequence[str]) -> Request | None:
    """The mildest of what was asked for, a letter amiss or not; None where that cannot be read."""
    read = [
        get_close_matches(re.split(r"[\s;,]", value, maxsplit=1)[0].lower(), _REQUESTS, 1, 0.75) for value in values
    ]
    asked = [Request(match[0]) for match in read if match]
    return _mildest(asked) if asked else None


def _written(
    p: Request,
    drafts: Sequence[_Draft],
    others: Sequence[tuple[str, str]],
    changes: list[PolicyChange],
    *,
    held: bool = False,
) -> str:
    """`held`: `sp` and `np` ask for no more than `p`."""
    sp = _mildest([*([p] if held else []), *(draft.subdomains for draft in drafts)])
    np = _mildest([*([sp] if held else []), *(draft.missing for draft in drafts)])
    for name, request in (("sp", sp), ("np", np)):
        changes += [
            PolicyChange(PolicyChangeKind.SUBDOMAINS, name, " ".join(draft.values[name]), request)
            for draft in drafts
            if name in draft.values and getattr(draft, name) != request
        ]
    tags = [VERSION, f"p={p}"]
    tags += [f"sp={sp}"] if sp != p else []
    tags += [f"np={np}"] if np != sp else []
    tags += [f"{name}={value}" for name, value in others]
    # RFC 9989 has dropped `pct`, but receivers of the old standard refuse more without it.
    shares = [
        int(value) for draft in drafts if draft.p == p for value in draft.values.get("pct", ()) if _SHARE.match(value)
    ]
    tags += [f"pct={min(shares)}"] if shares and p != Request.NONE else []
    return "; ".join(tags)


def _others(drafts: Sequence[_Draft], changes: list[PolicyChange]) -> list[tuple[str, str]]:
    """The tags that ask for no refusal, in the order in which they are written."""
    said = {
        name: [value for draft in drafts for value in draft.values.get(name, ())]
        for name in ("rua", "ruf", "adkim", "aspf", "fo", "t", "psd")
    }
    tags = [(name, ",".join(_uris(name, said[name], changes))) for name in ("rua", "ruf")]
    for name in ("adkim", "aspf"):
        modes = [mode for value in said[name] if (mode := _ALIGNMENTS.get(value.lower()))]
        tags.append((name, min(modes, default="")))  # relaxed is the milder
    options = [option for value in said["fo"] for option in re.findall(r"[01ds]", value.lower())]
    tags.append(("fo", ":".join(dict.fromkeys(options))))
    tags.append(("t", "y" if "y" in map(str.lower, said["t"]) else ""))
    suffix = {value.lower() for value in said["psd"]} & {"y", "n"}
    tags.append(("psd", suffix.pop() if len(suffix) == 1 else ""))
    return [(name, value) for name, value in tags if value]


def _uris(name: str, values: Iterable[str], changes: list[PolicyChange]) -> list[str]:
    """The URIs for reports, each once; `mailto:` is written where an address stands bare."""
    kept: dict[str, str] = {}
    for value in values:
        for written in filter(None, (part.strip(".") for part in _BETWEEN_URIS.split(value))):
            uri = _uri(written)
            if uri is None:
                changes.append(PolicyChange(PolicyChangeKind.DROPPED, name, written))
                continue
            if uri != written:
                changes.append(PolicyChange(PolicyChangeKind.ADDRESS, name, written, uri))
            kept.setdefault(uri.lower(), uri)
    return list(kept.values())


def _uri(written: str) -> str | None:
    bare = _SIZE.sub("", written)
    found = _ADDRESS.match(bare)
    if found is None or re.match(r"https?:", bare, re.IGNORECASE):
        return bare if is_report_uri(bare) else None
    if re.match(r"mailto:(?!/)", bare, re.IGNORECASE) and is_report_uri(bare):
        return bare
    host = a_labels(found[2].encode("latin-1").decode("utf-8", "replace"))
    uri = f"mailto:{found[1]}@{host}"
    return uri if host is not None and uri.isascii() and is_report_uri(uri) else None


def _says_the_same(given: str, text: str) -> bool:
    """Whether receivers read both alike."""
    if not is_dmarc(given):
        return False
    if (share := text.partition("; pct=")[2]) and f"pct={share}" not in given:
        return False
    one, other = parse_dmarc(given), parse_dmarc(text)
    return not one.faults and one.applies and _meaning(one) == _meaning(other)


def _meaning(record: DmarcRecord) -> tuple[object, ...]:
    said = (record.p, record.sp, record.np, record.psd, record.testing, record.adkim, record.aspf, record.fo)
    return (*said, frozenset(map(str.lower, record.rua)), frozenset(map(str.lower, record.ruf)))
