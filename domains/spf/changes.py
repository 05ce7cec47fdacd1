"""What was changed in an SPF record, term by term, and what nobody but its author can decide. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ChangeKind(StrEnum):
    """What was done to a term. Closed list; sentences are made where shown."""

    # to take ours in
    INCLUDED = "included"  # our include went in (`into`)
    QUALIFIED = "qualified"  # our include was there, but not as a pass: `term` became `into`
    MOVED = "moved"  # our include (`term`) stood where it was never reached
    UNITED = "united"  # several records became one
    ENDED = "ended"  # the records ended differently (`term`): the mildest end (`into`) stays
    CLOSED = "closed"  # `+all` became `into`
    REDIRECT_INCLUDED = "redirect-included"  # `redirect` (`term`) became an include (`into`)
    REPEATED = "repeated"  # `term` stood there more than once: repetitions cost look-ups and say nothing
    DROPPED = "dropped"  # a term that says nothing, or that a record may have but once
    DEAD = "dead"  # a term that leads nowhere or back here, and so is an error for every sender
    # to mend what was written
    VERSION = "version"  # what stood for `v=spf1` (`term`)
    SPACING = "spacing"  # blanks inside terms, or other characters than blanks between them
    TYPOGRAPHY = "typography"  # dashes, quotes and blanks of a word processor
    PUNCTUATION = "punctuation"  # commas, semicolons, quotes, brackets, full stops
    SPELLING = "spelling"  # a misspelt word
    COLON = "colon"  # another sign than `:` behind a mechanism, or than `=` behind a modifier
    DOUBLED_WORD = "doubled-word"  # `include:include:`
    TAKEN_APART = "taken-apart"  # two terms without a blank between
    A_LABEL = "a-label"  # a host name with letters beyond ASCII
    URL = "url"  # a URL or an e-mail address in place of a host name
    PORT = "port"
    PREFERENCE = "preference"  # `mx:10 host`
    WORD = "word"  # a mechanism that takes no such value: `a:192.0.2.1`, `ip4:2001:db8::1`
    ADDRESS = "address"  # an address written in another form than SPF's
    NETWORK = "network"  # a mask, a wildcard, a short form of a network
    RANGE = "range"  # from one address to another: exactly their networks
    PREFIX = "prefix"  # the slashes of two prefix lengths
    NEUTRAL = "neutral"  # a misspelt `all` without a sign: nobody knows which, so it says nothing about others


class AmbiguityCode(StrEnum):
    """Why a term cannot be mended without its author. Closed list; sentences are made where shown."""

    WORD = "word"  # no such mechanism
    HOST_ALONE = "host-alone"  # a host name without a mechanism
    HOST_FOR_ADDRESS = "host-for-address"  # `ip4:host.example`
    HOST = "host"  # not the name of a host
    CHARACTERS = "characters"  # letters of an unknown encoding
    MACRO = "macro"
    ADDRESS = "address"  # not an address
    PREFIX = "prefix"  # a prefix length that cannot be, or that two slips could have made
    GLUED = "glued"  # several terms run into each other, and it is not clear where they begin
    SIGN = "sign"  # several signs, or one where none can stand


@dataclass(frozen=True, slots=True)
class Change:
    """`term` as it was written became `into`; each may be empty, or several terms with blanks between."""

    kind: ChangeKind
    term: str = ""
    into: str = ""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """`term` can mean several things, or nothing that anybody could tell.

    `readings` are what it may have been meant to say, each one or more sound terms: to offer, never to apply unasked.
    """

    code: AmbiguityCode
    term: str
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mended:
    """Sound terms that say what a broken term can only have meant; none where it said nothing."""

    kind: ChangeKind
    terms: tuple[str, ...]
