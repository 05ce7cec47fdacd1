"""Changing SPF records so that they stay what they were: ours goes in, nothing that was authorised goes out. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .record import VERSION, Broken, FaultCode, Mechanism, Modifier, Record, parse
from .repair import mended, tidy

DEFAULT_ALL = "~all"  # of a record that we write where there was none
OPEN_ALL = "?all"  # in place of `+all`: it says nothing about others, so nobody's mail is marked because of us
_GENTLEST_FIRST = "+?~-"

type _Sound = Mechanism | Modifier


class ChangeKind(StrEnum):
    """What `merge` did. Closed list; sentences are made where shown."""

    INCLUDED = "included"  # our include went in (`term`)
    QUALIFIED = "qualified"  # our include was there, but not as a pass: `term` became `into`
    MOVED = "moved"  # our include stood where it was never reached
    UNITED = "united"  # several records became one
    CLOSED = "closed"  # `+all` became `into`
    REPAIRED = "repaired"  # a syntax error: `term` became `into`
    DROPPED = "dropped"  # a term that no receiver could use, or that a record may have but once
    REDIRECT_INCLUDED = "redirect-included"  # united records: `redirect` (`term`) became an include (`into`)


@dataclass(frozen=True, slots=True)
class Change:
    kind: ChangeKind
    term: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """The record to publish (text, without quotes) and what was changed to get it; no change: it was right."""

    text: str
    changes: tuple[Change, ...]


def merge(records: Sequence[str], include: str, *, first: bool = False, dead: Collection[str] = ()) -> Merge:
    """One SPF record that authorises `include` and all that `records` authorised.

    `include` goes before `all`; where there is none, before `redirect` (which then still decides about all others) or
    at the end. With `first` it goes before everything else: for records whose earlier terms refuse our addresses.
    Several records become one: their leading passes come first, so that neither's refusals undo the other's passes;
    of their `all`s the gentlest stays. `+all` becomes `?all`. Broken terms are mended where it is clear what was
    meant, else dropped; so are those of the `dead`: terms that name a record which is not there or leads back here,
    and so make every evaluation a permanent error. What is right stays, to the letter. Merging again changes nothing.
    """
    include = include.lower().removesuffix(".")
    ours = f"include:{include}"
    if not records:
        return Merge(f"{VERSION} {ours} {DEFAULT_ALL}", (Change(ChangeKind.INCLUDED, ours),))
    changes: list[Change] = []
    drafts = [_sound(record, dead, changes) for record in records]
    terms = drafts[0] if len(drafts) == 1 else _united(drafts, changes)
    _close(terms, changes)
    _put_in(terms, include, first, changes)
    if not changes:
        return Merge(records[0], ())
    version = records[0][: len(VERSION)]
    return Merge(" ".join([version, *(term.text for term in terms)]), tuple(changes))


def _sound(text: str, dead: Collection[str], changes: list[Change]) -> list[_Sound]:
    """The terms of a record, broken and dead ones mended or left out."""
    record = parse(text)
    if record.faults and (tidied := tidy(text)) != text:
        written, meant = ([term.text for term in each.terms] for each in (record, parse(tidied)))
        if written != meant:
            gone = " ".join(term for term in written if term not in meant)
            changes.append(Change(ChangeKind.REPAIRED, gone, " ".join(term for term in meant if term not in written)))
        record = parse(tidied)
    terms: list[_Sound] = []
    for term in record.terms:
        if not isinstance(term, Broken) and term.text not in dead:
            terms.append(term)
            continue
        duplicate = isinstance(term, Broken) and term.fault.code == FaultCode.DUPLICATE
        into = _second_redirect(term.text, record) if duplicate else mended(term.text)
        changes.append(
            Change(ChangeKind.REPAIRED, term.text, " ".join(into)) if into else Change(ChangeKind.DROPPED, term.text)
        )
        terms += map(_term, into)
    return _without_second_modifiers(terms, changes)


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
            closing = [_term(min(alls, key=_GENTLEST_FIRST.index).strip("+") + "all")]
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
        changes.append(Change(ChangeKind.INCLUDED, ours.text))
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
