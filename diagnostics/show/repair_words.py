"""The words for what is amiss in SPF and DMARC texts, what a fix changes there, and what only their author decides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from domains.dkim import DkimFaultCode
from domains.dmarc import DmarcNoteCode
from domains.dmarc_repair import PolicyChangeKind
from domains.records import Kind
from domains.rules.beside import Beside
from domains.rules.verdicts import Problem
from domains.rules.why import SpfError, Why
from domains.spf import AmbiguityCode, ChangeKind

MAX_TERM = 120  # characters of a term in a sentence

CHANGES = {
    ChangeKind.INCLUDED: _("lets the platform send"),
    ChangeKind.QUALIFIED: _("the platform's entry becomes a pass"),
    ChangeKind.MOVED: _("receivers never came as far as this; it moves before the end"),
    ChangeKind.UNITED: _("several records become one"),
    ChangeKind.ENDED: _("the records ended differently; the mildest end stays"),
    ChangeKind.CLOSED: _("allowed the whole world to send; now it says nothing about others"),
    ChangeKind.REDIRECT_INCLUDED: _("only one redirect can be followed; this one becomes an include"),
    ChangeKind.REPEATED: _("is already there; repeating it only costs DNS queries"),
    ChangeKind.DROPPED: _("says nothing that a receiver can use"),
    ChangeKind.DEAD: _("leads to no SPF record, or back to this one: an error for every sender"),
    ChangeKind.VERSION: _("an SPF record begins with “v=spf1 ”"),
    ChangeKind.SPACING: _("terms are separated by one space and contain none"),
    ChangeKind.TYPOGRAPHY: _("a typographic dash, quotation mark or space is used in place of a plain one"),
    ChangeKind.PUNCTUATION: _("only spaces separate terms: no commas, quotation marks, brackets or full stops"),
    ChangeKind.SPELLING: _("is misspelt"),
    ChangeKind.COLON: _("a mechanism takes “:” before its value, redirect and exp take “=”"),
    ChangeKind.DOUBLED_WORD: _("there is one word too many before the value"),
    ChangeKind.TAKEN_APART: _("the space between two terms is missing"),
    ChangeKind.A_LABEL: _("the DNS writes such names in ASCII (“xn--…”)"),
    ChangeKind.URL: _("a host name belongs here, not a URL or an e-mail address"),
    ChangeKind.PORT: _("SPF has no ports"),
    ChangeKind.PREFERENCE: _("SPF has no preference before a host"),
    ChangeKind.WORD: _("IPv4 addresses follow ip4:, IPv6 addresses follow ip6:"),
    ChangeKind.ADDRESS: _("the address is not in the form that SPF requires"),
    ChangeKind.NETWORK: _("a network is written as its address and prefix length"),
    ChangeKind.RANGE: _("SPF has no ranges; these networks hold exactly the same addresses"),
    ChangeKind.PREFIX: _("the prefix length for IPv6 follows “//”"),
    ChangeKind.NEUTRAL: _("“all” has no sign, so it says nothing about others"),
}

AMBIGUITIES = {
    AmbiguityCode.WORD: _("SPF has no such word"),
    AmbiguityCode.HOST_ALONE: _("no word says what to do with this name"),
    AmbiguityCode.HOST_FOR_ADDRESS: _("ip4: and ip6: take addresses, not names"),
    AmbiguityCode.HOST: _("this is not a host name"),
    AmbiguityCode.CHARACTERS: _("no host can have this name, or its letters are in an unknown encoding"),
    AmbiguityCode.MACRO: _("the macro (“%…”) is not well formed"),
    AmbiguityCode.ADDRESS: _("this is not an address"),
    AmbiguityCode.PREFIX: _("the prefix length is missing or impossible"),
    AmbiguityCode.GLUED: _("several terms run into one another"),
    AmbiguityCode.SIGN: _("it is not clear which sign is meant"),
}

POLICY_CHANGES = {
    PolicyChangeKind.UNITED: _("several records become one"),
    PolicyChangeKind.VERSION: _("a DMARC record begins with “v=DMARC1;”"),
    PolicyChangeKind.POLICY: _("was not in effect; the mildest policy keeps mail flowing as it does now"),
    PolicyChangeKind.SUBDOMAINS: _("asks for no more than the policy of the domain"),
    PolicyChangeKind.ADDRESS: _("an e-mail address for reports needs “mailto:” in front"),
    PolicyChangeKind.DROPPED: _("is not an address that reports can be sent to"),
}

TAGS = {
    DmarcNoteCode.TAG: _("“%(tag)s” is not of the form “name=value”, so receivers ignore it."),
    DmarcNoteCode.DUPLICATE: _("The tag %(tag)s occurs more than once; only the first counts."),
    DmarcNoteCode.VALUE: _("The tag %(tag)s cannot have the value “%(value)s”."),
    DmarcNoteCode.URI: _(
        "The tag %(tag)s: reports cannot go to “%(value)s”. Before an e-mail address, “mailto:” is needed."
    ),
    DmarcNoteCode.POLICY_MISSING: _("The tag p is missing, which receivers read as p=none at best."),
}

KEY_FAULTS = {
    DkimFaultCode.TAG: _("“%(tag)s” is not of the form “name=value”."),
    DkimFaultCode.DUPLICATE: _("The tag %(tag)s occurs more than once."),
    DkimFaultCode.VERSION: _("v=DKIM1 must come first and be written exactly like this."),
    DkimFaultCode.KEY_MISSING: _("The tag p, which holds the key, is missing."),
    DkimFaultCode.KEY: _("The tag p does not hold a complete key; often its end was cut off."),
    DkimFaultCode.TYPE: _("%(tag)s=%(value)s does not fit the key, which is of another type."),
    DkimFaultCode.HASH: _("%(tag)s=%(value)s leaves out sha256, the one hash that signatures use."),
    DkimFaultCode.SERVICE: _("%(tag)s=%(value)s leaves out e-mail."),
}


def change(kind: str) -> str:
    """What one change to an SPF record does."""
    return str(CHANGES.get(kind, kind))  # type: ignore[call-overload]


def policy_change(kind: str) -> str:
    """What one change to a DMARC record does."""
    return str(POLICY_CHANGES.get(kind, kind))  # type: ignore[call-overload]


def amiss(code: str) -> str:
    """What is amiss with a term: the code of a change or of an ambiguity."""
    return str(AMBIGUITIES.get(code) or CHANGES.get(code) or code)  # type: ignore[call-overload]


def spf_notes(why: Why | None, beside: Beside) -> Iterator[str]:
    """What a verdict on SPF says of the record's text, a sentence each."""
    if isinstance(why, SpfError):
        if beside.slip and why.term not in [term["term"] for term in beside.ambiguous]:
            yield gettext("%(term)s: %(amiss)s.") % {"term": _short(why.term), "amiss": amiss(beside.slip)}
        if beside.senders is not None:
            yield _senders(beside.senders, why.problem)
    for term in beside.ignored:
        yield gettext("Receivers ignore %(term)s, because it is not a mechanism. Probably meant: %(meant)s.") % {
            "term": _short(term["term"]),
            "meant": _short(term["meant"]),
        }
    yield from ambiguities(beside)


def ambiguities(beside: Beside) -> Iterator[str]:
    """What only the record's author can decide."""
    for term in beside.ambiguous:
        yield gettext(
            "%(term)s can mean several things (%(amiss)s), so nothing is changed automatically. Correct it where the "
            "record is published, then check again."
        ) % {"term": _short(term["term"]), "amiss": amiss(term["code"])}
        if readings := term["readings"]:
            said = gettext("Perhaps meant: %(readings)s.")
            yield said % {"readings": " / ".join(map(_short, readings))}


def _senders(version: int, problem: str) -> str:
    if version == 6 and problem == Problem.SPF_VOID_LOOKUPS:
        return gettext(
            "This error affects only mail sent over IPv6: the hosts named there have no IPv6 address (AAAA)."
        )
    return gettext("This error affects only mail sent over IPv%(version)d.") % {"version": version}


def dmarc_notes(beside: Beside) -> Iterator[str]:
    """What a verdict on DMARC says of the record's text, a sentence each."""
    if beside.alias:
        yield gettext("%(name)s is an alias (CNAME) of %(target)s, where no policy is published.") % {
            "name": _short(beside.alias.removesuffix(".")),
            "target": _short(beside.alias_target.removesuffix(".")),
        }
    for tag in beside.tags:
        if tag["code"] == DmarcNoteCode.URI and not tag["value"]:
            yield gettext("The tag %(tag)s is empty.") % {"tag": _short(tag["tag"])}
        elif tag["code"] in TAGS:
            yield str(TAGS[tag["code"]]) % {"tag": _short(tag["tag"]), "value": _short(tag["value"])}
    if beside.meant_policy:
        yield gettext(
            "The policy p=%(policy)s is asked for, but not in effect. It is not switched on together with "
            "the correction: first see from the reports that all of the domain's own mail passes."
        ) % {"policy": beside.meant_policy}


def dkim_notes(beside: Beside) -> Iterator[str]:
    """What a verdict on DKIM says of what stands at a selector, a sentence each."""
    if beside.alias:
        yield gettext("%(name)s is an alias (CNAME) of %(target)s, where no key is published.") % {
            "name": _short(beside.alias.removesuffix(".")),
            "target": _short(beside.alias_target.removesuffix(".")),
        }
    for fault in beside.obstacles:
        if words := KEY_FAULTS.get(fault["code"]):
            yield str(words) % {"tag": _short(fault["tag"]), "value": _short(fault["value"])}


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= MAX_TERM else text[: MAX_TERM - 1] + "…"


class Rewrite(NamedTuple):
    """One change to a record's text, for a table: what stood there, what stands there then, and why."""

    before: str
    after: str
    why: str


def rewrites(kind: str, facts: Mapping[str, Any]) -> list[Rewrite]:
    """Term by term, what the fix of a check changes in the text of a record; what it leaves to the author, too."""
    beside = Beside.read(facts)
    if kind == Kind.SPF:
        asked = [
            Rewrite(_short(term["term"]), _short(" / ".join(term["readings"])) + "?", amiss(term["code"]))
            for term in beside.ambiguous
        ]
        changed = [
            Rewrite(_short(said["term"]), _short(said["into"]), change(said["kind"])) for said in beside.changes or ()
        ]
        return changed + asked
    if kind == Kind.DMARC:
        return [
            Rewrite(_tagged(said["tag"], said["old"]), _tagged(said["tag"], said["new"]), policy_change(said["kind"]))
            for said in beside.policy_changes or ()
        ]
    return []


def _tagged(tag: str, value: str) -> str:
    if tag == "v":
        return _short(value)
    return _short(f"{tag}={value}") if tag and value else ""
