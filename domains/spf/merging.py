"""Changing SPF records so that they stay what they were: ours goes in, nothing that was authorised goes out. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ..typography import plain
from .changes import Ambiguous, Change, ChangeKind, Mended
from .glued import runs_on
from .mending import as_meant, in_place_of_version, mend, tidy, without_preferences
from .record import VERSION, Broken, FaultCode, Mechanism, Modifier, Record, is_spf, parse

DEFAULT_ALL = "~all"  # of a record that we write where there was none
OPEN_ALL = "?all"  # in place of `+all`: it says nothing about others, so nobody's mail is marked because of us
_GENTLEST_FIRST = "+?~-"

type _Sound = Mechanism | Modifier


@dataclass(frozen=True, slots=True)
class Repair:
    """The record to publish (text, without quotes) and what was changed to get it; no change: it was right.

    `ambiguous`: what only the author of the record can decide. Then there is nothing to publish, `text` is empty, and
    `changes` are what would be mended beside.
    """

    text: str
    changes: tuple[Change, ...]
    ambiguous: tuple[Ambiguous, ...] = ()


def merge(
    records: Sequence[str],
    include: str,
    *,
    first: bool = False,
    dead: Collection[str] = (),
    once: bool = False,
    seams: Mapping[str, Collection[int]] | None = None,
) -> Repair:
    """One SPF record that authorises `include` and all that `records` authorised or were meant to (see `meant`).

    `include` goes before `all`; where there is none, before `redirect` (which then still decides about all others) or
    at the end. With `first` it goes before everything else: for records whose earlier terms refuse our addresses.
    With `once` repeated includes go: they cost look-ups and say nothing that the first of them does not.
    `seams`: of a record, where its character-strings meet; often a blank was forgotten there.
    Several records become one: their leading passes come first, so that neither's refusals undo the other's passes;
    of their `all`s the gentlest stays. `+all` becomes `?all`. Broken terms are mended where they can mean one thing
    only, left out where they say nothing, and ambiguous otherwise. So are those of the `dead`: terms that name a record
    which is not there or leads back here, and so make every evaluation a permanent error; those that mean nothing else
    go. What is right stays, to the letter. Merging again changes nothing.
    """
    include = include.lower().removesuffix(".")
    ours = f"include:{include}"
    if not records:
        return Repair(f"{VERSION} {ours} {DEFAULT_ALL}", (Change(ChangeKind.INCLUDED, into=ours),))
    changes: list[Change] = []
    ambiguous: list[Ambiguous] = []
    drafts = [_sound(record, dead, changes, ambiguous, (seams or {}).get(record, ())) for record in records]
    terms = drafts[0] if len(drafts) == 1 else _united(drafts, changes)
    _close(terms, changes)
    if once:
        terms = _without_repeated_includes(terms, changes)
    _put_in(terms, include, first, changes)
    return _done(records, terms, changes, ambiguous)


def _done(
    records: Sequence[str], terms: Iterable[_Sound], changes: Sequence[Change], ambiguous: Sequence[Ambiguous]
) -> Repair:
    if ambiguous:
        return Repair("", tuple(changes), tuple(ambiguous))
    if not changes:
        return Repair(records[0], ())
    version = records[0][: len(VERSION)] if is_spf(records[0]) else VERSION
    return Repair(" ".join([version, *(term.text for term in terms)]), tuple(changes))


def _sound(
    text: str,
    dead: Collection[str],
    changes: list[Change],
    ambiguous: list[Ambiguous],
    seams: Collection[int] = (),
) -> list[_Sound]:
    """The terms of a record, broken and dead ones mended or left out."""
    if not is_spf(text):
        taken = in_place_of_version(text)
        assert taken is not None  # the caller has recognised it
        version, meant = taken
        changes.append(_of_version(text, version))
        text, seams = meant, ()
    record = _unglued(parse(text), seams, dead, changes)
    broken = bool(record.faults)
    if broken:
        record = _tidied(record, changes)
    terms: list[_Sound] = []
    ends: list[_Sound] = []  # that were glued to a term with others behind it: they end the record, not its first half
    for term in record.terms:
        lost = term.text in dead or runs_on(term.text)
        if not isinstance(term, Broken) and not lost:
            # A broken record is read by nobody: what it was meant to say may be said now.
            into = as_meant(term.text) if broken and isinstance(term, Modifier) else term.text
            if into != term.text:
                changes.append(Change(ChangeKind.COLON, term.text, into))
                terms.append(_term(into))
            else:
                terms.append(term)
            continue
        mended = _mended(term, record, lost, changes, ambiguous)
        if len(mended) > 1 and _first_all(mended) == len(mended) - 1 and term is not record.terms[-1]:
            ends.append(mended.pop())
        terms += mended
    return _without_second_modifiers(_ended(terms, ends, changes), changes)


def _ended(terms: list[_Sound], ends: Sequence[_Sound], changes: list[Change]) -> list[_Sound]:
    """With `ends` where they cut nobody off: one that stands there already is the end, made as gentle as they are; a
    redirect says itself what is to be said of others."""
    index = _first_all(terms)
    if not ends or (index is None and any(isinstance(term, Modifier) and term.name == "redirect" for term in terms)):
        return terms
    alls = [*ends, *(terms[index : index + 1] if index is not None else [])]
    signs = [term.qualifier for term in alls if isinstance(term, Mechanism)]
    end = _term(min(signs, key=_GENTLEST_FIRST.index).strip("+") + "all")
    if len(set(signs)) > 1:
        changes.append(Change(ChangeKind.ENDED, " ".join(term.text for term in alls), end.text))
    return [*terms, end] if index is None else [*terms[:index], end, *terms[index + 1 :]]


def _of_version(text: str, version: str) -> Change:
    """What is said of a beginning that is no version: `version` stands there, in plain characters."""
    first = text.strip(" ").partition(" ")[0]
    written = text[: text.index(first)] + first
    behind = plain(first).removeprefix(version)
    if version == VERSION and re.match(r"[+\-~?]?[A-Za-z]", behind):  # only a blank is missing
        return Change(ChangeKind.TAKEN_APART, written, f"{VERSION} {behind}")
    return Change(ChangeKind.VERSION, written if version == VERSION or not first.isascii() else version, VERSION)


def _unglued(record: Record, seams: Collection[int], dead: Collection[str], changes: list[Change]) -> Record:
    """The record with blanks where its strings meet, inside terms that mean nothing else."""
    blanks: list[int] = []
    for term in record.terms:
        begin, end = term.position, term.position + len(term.text)
        if isinstance(term, Broken):
            begin = record.text.rfind(" ", 0, min(term.position, len(record.text))) + 1
            end = begin + len(term.text)
        inside = sorted(seam for seam in seams if begin < seam < end)
        if not inside or not (isinstance(term, Broken) or term.text in dead):
            continue
        pieces = [record.text[one:other] for one, other in pairwise([begin, *inside, end])]
        if all(isinstance(mended := mend(piece), Mended) and mended.terms for piece in pieces):
            changes.append(Change(ChangeKind.TAKEN_APART, term.text, " ".join(pieces)))
            blanks += inside
    ends = [0, *blanks, len(record.text)]
    return parse(" ".join(record.text[one:other] for one, other in pairwise(ends))) if blanks else record


def _mended(
    term: _Sound | Broken, record: Record, dead: bool, changes: list[Change], ambiguous: list[Ambiguous]
) -> list[_Sound]:
    if isinstance(term, Broken) and term.fault.code == FaultCode.DUPLICATE:
        into = _second_redirect(term.text, record)
        kind = ChangeKind.REDIRECT_INCLUDED if into else ChangeKind.DROPPED
        changes.append(Change(kind, term.text, " ".join(into)))
        return [_term(text) for text in into]
    mended = mend(term.text, dead=dead)
    if isinstance(mended, Ambiguous):
        ambiguous.append(mended)
        return []
    kind = mended.kind if mended.terms or dead else ChangeKind.DROPPED
    changes.append(Change(kind, term.text, " ".join(mended.terms)))
    return [_term(text) for text in mended.terms]


def _tidied(record: Record, changes: list[Change]) -> Record:
    """The record with its blanks where they belong."""
    tidied = parse(tidy(record.text))
    changes += _differences(record, tidied)
    text, found = without_preferences(tidied.text)
    if not found:
        return tidied
    better = parse(text)
    old, new = ([term.text for term in each.terms] for each in (tidied, better))
    known, kept = set(old), set(new)
    gone, come = [text for text in old if text not in kept], [text for text in new if text not in known]
    changes.append(Change(ChangeKind.PREFERENCE, " ".join(gone), " ".join(come)))
    return better


_COMPACT = re.compile(r"[\s:=\"']+")


def _differences(before: Record, after: Record) -> list[Change]:
    """What tidying did: the terms before and after, in groups of the same characters."""
    groups: list[Change] = []
    old, new = [term.text for term in before.terms], [term.text for term in after.terms]
    i = j = 0
    while i < len(old) or j < len(new):
        start, other, left, right = i, j, 0, 0
        while (i < len(old) or j < len(new)) and (i == start or j == other or left != right):
            if i < len(old) and (left <= right or j == len(new)):
                left += len(_COMPACT.sub("", plain(old[i])))
                i += 1
            else:
                right += len(_COMPACT.sub("", new[j]))
                j += 1
        term, into = " ".join(old[start:i]), " ".join(new[other:j])
        if term != into:
            groups.append(Change(ChangeKind.SPACING if plain(term) == term else ChangeKind.TYPOGRAPHY, term, into))
    return groups


def _second_redirect(text: str, record: Record) -> tuple[str, ...]:
    """A record may redirect once; what else it redirects to can be included, unless `all` leaves it unreached."""
    name, _, target = text.partition("=")
    return (f"include:{target}",) if name.lower() == "redirect" and record.all is None else ()


def _without_second_modifiers(terms: list[_Sound], changes: list[Change]) -> list[_Sound]:
    """Mending (`redirect:` to `redirect=`) may have made a second one."""
    kept: list[_Sound] = []
    seen: set[str] = set()
    for term in terms:
        if isinstance(term, Modifier) and term.name in ("redirect", "exp"):
            if term.name in seen:
                changes.append(Change(ChangeKind.DROPPED, term.text))
                continue
            seen.add(term.name)
        kept.append(term)
    return kept


def _without_repeated_includes(terms: Iterable[_Sound], changes: list[Change]) -> list[_Sound]:
    """An include that did not match the first time does not match the second time either, whatever its sign."""
    kept: list[_Sound] = []
    seen: set[tuple[object, ...]] = set()
    for term in terms:
        if isinstance(term, Mechanism) and term.name == "include":
            key = _key(term)[1:]
            if key in seen:
                changes.append(Change(ChangeKind.REPEATED, term.text))
                continue
            seen.add(key)
        kept.append(term)
    return kept


def _term(text: str) -> _Sound:
    (term,) = parse(f"{VERSION} {text}").terms
    assert not isinstance(term, Broken)
    return term


def _united(drafts: Iterable[list[_Sound]], changes: list[Change]) -> list[_Sound]:
    """Several records as one. An address passes in it only if it passed in one of them."""
    changes.append(Change(ChangeKind.UNITED))
    heads: list[_Sound] = []
    rests: list[_Sound] = []
    modifiers: list[_Sound] = []
    redirects: list[Modifier] = []
    alls: list[str] = []
    for terms in drafts:
        mechanisms = [term for term in terms if isinstance(term, Mechanism)]
        end = next((index for index, term in enumerate(mechanisms) if term.name == "all"), len(mechanisms))
        refusal = next((index for index, term in enumerate(mechanisms[:end]) if term.qualifier != "+"), end)
        heads += mechanisms[:refusal]
        rests += mechanisms[refusal:end]
        alls += [term.qualifier for term in mechanisms[end : end + 1]]
        changes += [Change(ChangeKind.DROPPED, term.text) for term in mechanisms[end + 1 :]]
        for term in terms:
            if isinstance(term, Modifier) and term.name == "redirect":
                if end == len(mechanisms):
                    redirects.append(term)
            elif isinstance(term, Modifier):
                modifiers.append(term)
    targets = {redirect.value.text.lower() for redirect in redirects}
    closing: list[_Sound] = []
    if len(targets) == 1 and not alls:
        closing = [redirects[0]]
    else:
        for redirect in redirects:
            into = f"include:{redirect.value.text}"
            changes.append(Change(ChangeKind.REDIRECT_INCLUDED, redirect.text, into))
            rests.append(_term(into))
            alls.append(DEFAULT_ALL[0])  # what the record it names says about others is its own affair
        if alls:
            mildest = min(alls, key=_GENTLEST_FIRST.index).strip("+") + "all"
            closing = [_term(mildest)]
            if len(set(alls)) > 1:
                changes.append(
                    Change(ChangeKind.ENDED, " ".join(f"{sign}all" for sign in dict.fromkeys(alls)), mildest)
                )
    return _without_second_modifiers([*_once([*heads, *rests]), *closing, *_once(modifiers)], changes)


def _once(terms: Iterable[_Sound]) -> list[_Sound]:
    """Each term once, where it stands first, whatever its case and spelling."""
    kept: dict[tuple[object, ...], _Sound] = {}
    for term in terms:
        kept.setdefault(_key(term), term)
    return list(kept.values())


def _key(term: _Sound) -> tuple[object, ...]:
    spec = term.value if isinstance(term, Modifier) else term.domain
    name = spec.text if spec else ""
    name = name if "%" in name else name.lower().removesuffix(".")
    if isinstance(term, Modifier):
        return (term.name, name)
    return (term.qualifier, term.name, name, term.prefix4, term.prefix6, term.network, term.mask)


def _close(terms: list[_Sound], changes: list[Change]) -> None:
    index = _first_all(terms)
    if index is not None and (term := terms[index]).text.lower() in ("all", "+all"):
        changes.append(Change(ChangeKind.CLOSED, term.text, OPEN_ALL))
        terms[index] = _term(OPEN_ALL)


def _put_in(terms: list[_Sound], include: str, first: bool, changes: list[Change]) -> None:
    ours = _term(f"include:{include}")
    found = next((index for index, term in enumerate(terms) if _is_include(term, include)), None)
    end = _first_all(terms)
    if found is not None:
        there = terms[found]
        assert isinstance(there, Mechanism)
        reached = end is None or found < end
        placed = found == 0 if first else reached
        if placed and there.qualifier == "+":
            return
        if placed:
            changes.append(Change(ChangeKind.QUALIFIED, there.text, ours.text))
            terms[found] = ours
            return
        changes.append(Change(ChangeKind.MOVED, there.text))
        del terms[found]
        end = _first_all(terms)
    else:
        changes.append(Change(ChangeKind.INCLUDED, into=ours.text))
    if end is None:
        redirects = (i for i, term in enumerate(terms) if isinstance(term, Modifier) and term.name == "redirect")
        end = next(redirects, len(terms))
    terms.insert(0 if first else end, ours)


def _first_all(terms: list[_Sound]) -> int | None:
    return next((i for i, term in enumerate(terms) if isinstance(term, Mechanism) and term.name == "all"), None)


def _is_include(term: _Sound, target: str) -> bool:
    if not isinstance(term, Mechanism) or term.name != "include" or term.domain is None:
        return False
    return term.domain.text.lower().removesuffix(".") == target
