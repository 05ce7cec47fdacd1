"""What a broken SPF record was meant to say. Pure.

A fix must publish a record without errors, must never let anybody send whom its author did not name, and must not lose
whom he did. So slips that can only mean one thing are mended, what says nothing is left out, and all else is the
author's to decide: it stays as it is and is told as ambiguous.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

from ..typography import a_labels, plain
from .addresses import read_networks
from .changes import AmbiguityCode, Ambiguous, ChangeKind, Mended
from .glued import apart, looks_glued, runs_on, sensible
from .record import VERSION, Broken, Mechanism, is_spf, parse

# -- the text as a whole

_JOINERS = re.compile("[\u200c\u200d]")  # they mean something between letters of some scripts only
_SPACES = re.compile(r"[\x00-\x20\x7f]+")

_NEEDS_VALUE = r"(?:include|exists|ip4|ip6|redirect|exp)"
_BEFORE_COLON = r"(?<= )([+\-~?]?(?:include|a|mx|ptr|ip4|ip6|exists|redirect|exp)) ?([:=]) "
# What waits for its value takes an address, or a word that is no term by itself.
_NO_TERM = (
    r"(?:(?=\[?[0-9A-Fa-f]*[.:][0-9A-Fa-f]*[.:][0-9A-Fa-f.:\]/]*(?:[ ,;]|\Z))"
    r"|(?![+\-~?]?(?:all|a|mx|ptr)(?:[:/ ]|\Z)|[A-Za-z][A-Za-z0-9._\-]*[:=]|[+\-~?]"
    r"|(?:include|exists|ip-?v?[46]?v?|redirect|exp)(?: |\Z)))"
)
_HOST = r"(?=[A-Za-z0-9_][A-Za-z0-9_.\-]*\.[A-Za-z])"
_IPV4 = r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}"
_TIDY = tuple(
    (re.compile(pattern, re.IGNORECASE), into)
    for pattern, into in (
        (r"(?<= )([+\-~?]+) (?=all(?: |\Z))", r"\1"),  # - all
        (_BEFORE_COLON + _NO_TERM, r"\1\2"),  # include: x, include :x, include : x
        (rf"(?<= )([+\-~?]?{_NEEDS_VALUE}) ([:=])(?=[^ ])", r"\1\2"),
        (rf"(?<= )([+\-~?]?(?:include|exists|ip4|ip6)) {_NO_TERM}(?=[^ ]*[.:])", r"\1:"),  # include x
        (rf"(?<=[:, ])({_IPV4}) - (?={_IPV4}(?: |\Z))", r"\1-"),  # ip4:192.0.2.1 - 192.0.2.9
        (r"(?<=[0-9A-Fa-f:.]) ?/ ?(?=[0-9]{1,3}(?: |\Z))", "/"),  # ip4:192.0.2.0 /24
    )
)
_WORD_AND_HOST = re.compile(rf"(?<= )([+\-~?]?)([A-Za-z]{{5,10}}) {_HOST}(?![^ ]*[:=])", re.IGNORECASE)  # incude x
_PREFERENCE = re.compile(rf"(?<= )([+\-~?]?mx)[: ]:?[0-9]{{1,5}} {_HOST}", re.IGNORECASE)


def tidy(text: str) -> str:
    """The record with plain spaces between terms, and with blanks inside terms closed (`ip4: 192.0.2.1`, `- all`)."""
    text = _SPACES.sub(" ", plain(text)).strip()
    text = _WORD_AND_HOST.sub(lambda found: found[1] + _word(found[2].lower()) + " ", text)
    if re.search(r'["\'] ?"', text):  # the quotes between the strings of a zone file
        joined = re.sub(r'" ?"', "", text)
        text = joined if is_spf(joined) and not parse(joined).faults else re.sub(r'["\'] ?["\']', " ", text)
    for pattern, into in _TIDY:
        text = pattern.sub(into, text)
    return text


def without_preferences(text: str) -> tuple[str, bool]:
    """`mx:10 host` as `mx:host`, and whether there was any."""
    text, count = _PREFERENCE.subn(r"\1:", text)
    return text, count > 0


_VERSION_LIKE = r"(?:[vV]\s*[=:\-\"]*\s*(?:spf|sfp|psf|fsp)|spf(?=\s*1))\s*[=v]?\s*[0-9lI]?"
_BEGINNING = (
    r"(?=[\s;,:|\"'~+\-?.=\\]|(?:include|exists|ip[46]|redirect|exp)[:=/]|(?:a|mx|ptr|all)(?:[\s:/]|\Z))"
    r"(?!\.?\s*0\s*/|[.\-][0-9])"
)
_MEANT = re.compile(
    r"(?:[\s\"'`(=:\\]*|[^a-z0-9]{0,3}(?:[^\s\"]{1,255}\s+)?(?:[0-9]{1,10}[smhdw]?\s+)?(?:IN\s+)?(?:[0-9]{1,10}\s+)?"
    r"(?:TXT|SPF)(?:\s+record)?(?:\s+@)?[\s:=\"'`(\\]+)"
    rf"({_VERSION_LIKE}){_BEGINNING}[\s;,:|\"'.=\\]*(.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
_SPF_TERM = re.compile(
    r"(?:\A|[\s;,\"'])[+\-~?]?(?:all\b|(?:a|mx|ptr)(?:[\s:/;,]|\Z)|(?:include|exists)[:=]|ip[46]?[:=]|redirect[:=])",
    re.IGNORECASE,
)
_ESCAPES = re.compile(r"(?<!\\)\\+(?=[\s;]|\Z)")  # of a zone file, left over behind a term
_IGNORED = re.compile(r"(?<= )(include|exists|a|mx|ip4|ip6)=(?=[^ ])", re.IGNORECASE)


# Versions that nobody ever read as SPF, but which can have meant nothing else: `v=spf10`, `v=sp1`, `spf=v1`.
_VERSIONS = (VERSION, "version=spf1", "v=spf2.0", "spf=v1", "v1=spf1", "v=spf-1.0")
_NEARLY = re.compile(
    r"(?:(?:@|[^\s\"=]{1,255}\.[^\s\"=]{0,255})\s+)?[\"'`(<\[]*([a-z]+1?\s?[=:]\s?[^\s/;,]{1,12}(?:\s(?=pf))?[^\s/;,]{0,4})"
    r"(?:/[a-z,]*)?[\s;,]+(.+)\Z",
    re.IGNORECASE | re.DOTALL,
)
_SPF_VALUE = re.compile(
    r"(?:\A|[\s;,\"'])(?:[+\-~?]?(?:include|ip[46]|mx|a):|redirect=|[+\-~?]all\b)\S*|\A(?:a|mx)\s", re.IGNORECASE
)
_LIKENESS = 0.8  # of what stands there to a version: a letter too many, too few, or another


def meant(text: str) -> str | None:
    """The SPF record that a TXT record was meant to be; None for a real one, and for what is none of SPF's business.

    Such a record begins with something like `v=spf1 `, or stands in a whole line of a zone file, or has no version but
    is SPF from its first term to its end (`ip4:192.0.2.1 -all`). Sender ID (RFC 4406,
    `spf2.0/…`) is another matter.
    """
    found = in_place_of_version(text)
    return None if found is None else found[1]


def in_place_of_version(text: str) -> tuple[str, str] | None:
    """What stands there for `v=spf1`, and the record that was meant; None as for `meant`."""
    if is_spf(text):
        return None
    found = _beginning_and_terms(plain(text)) or _terms_alone(text)
    if found is None:
        return None
    terms = _ESCAPES.sub("", found[1]).rstrip(" \t\r\n\"'`)\\;")
    # Nobody has read it as SPF yet, so that `include=` was not ignored on purpose.
    return found[0], _IGNORED.sub(r"\1:", f"{VERSION} {terms}")


def _beginning_and_terms(text: str) -> tuple[str, str] | None:
    found = _MEANT.match(text)
    if found is not None:
        return (text[: found.end(1)].strip(), found[2]) if _SPF_TERM.search(found[2]) else None
    found = _NEARLY.match(text)
    if found is None or not _SPF_VALUE.search(found[2]):
        return None
    written = re.sub(r"\s", "", found[1]).lower().strip("\"'`<>()[]!.")
    alike = is_spf(f"{written} ") or get_close_matches(written, _VERSIONS, 1, _LIKENESS)
    return (text[: found.start(2)].strip(" \t;,"), found[2]) if alike else None


_MAX_ALONE = 4096  # characters of a record without a version: many times what any needs


def _terms_alone(text: str) -> tuple[str, str] | None:
    """What has no version but is made of mechanisms only, of which one has a value and `all` is the last."""
    written = plain(text[: _MAX_ALONE + 1]).strip(" \t\r\n\"'`;")
    if len(written) > _MAX_ALONE or not re.search(r"all\Z", written, re.IGNORECASE):
        return None
    terms: list[str] = []
    for term in written.split():
        if sensible(term) is not None and not runs_on(term):
            terms.append(term)
            continue
        ways = apart(term)
        if len(ways) != 1:
            return None
        terms += ways[0]
    sound = [sensible(term) for term in terms]
    if not all(isinstance(term, Mechanism) for term in sound):
        return None
    ends = [index for index, term in enumerate(sound) if isinstance(term, Mechanism) and term.name == "all"]
    valued = any(":" in term for term in terms)
    return ("", written) if valued and ends == [len(sound) - 1] else None


# -- one term

_ALIASES = {"ip": "ip4", "ipv4": "ip4", "ip-v4": "ip4", "ip4v": "ip4", "ipv6": "ip6", "ip-v6": "ip6", "ip6v": "ip6"}
_MECHANISMS = frozenset({"include", "a", "mx", "ptr", "exists", "ip4", "ip6"})
_LONG_WORDS = ("include", "exists", "redirect")  # long enough to be recognised with a letter amiss
_TAKE_ADDRESS = frozenset({"ip4", "ip6", "a", "mx", "include"})
_TAKE_NAME = frozenset({"include", "a", "mx", "ptr", "exists", "redirect", "exp"})
_DIRECTIVE = re.compile(r"([+\-~?]*)([A-Za-z][A-Za-z0-9\-]*|)([:=/]?)(.*)\Z", re.DOTALL)
_ALL = re.compile(r"([^A-Za-z0-9]*)(a+[l1i]+|fail|hardfail|softfail|neutral)[:=/]?([+\-~?]?)\Z", re.IGNORECASE)
_ALL_SPELT = frozenset({"al", "alll", "aall", "allll", "aal"})
_RESULT_WORDS = {"fail": "-", "hardfail": "-", "softfail": "~", "neutral": "?"}
_DUAL = re.compile(r"/([0-9]+)/([0-9]+)\Z")  # the slash before an IPv6 prefix length is doubled
_DOUBLED_WORD = re.compile(
    r"([+\-~?]?)((?:include|exists|a|mx|ptr|ip4|ip6):|(?:redirect|exp)=)(?:\2)+(?=.)", re.IGNORECASE
)
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?\.[A-Za-z0-9\-]*[A-Za-z][A-Za-z0-9\-]*\.?\Z")
_SEPARATORS = re.compile(r"[,;|]+")
_MAX_PIECES = 100  # of a list in one term
_GENTLEST_FIRST = "?~-"  # a plus beside another sign is no sign


def mend(text: str, *, dead: bool = False) -> Mended | Ambiguous:
    """What the broken term `text` can only have meant, or why nobody but its author can say.

    `dead`: the term is sound, but names what no record can have or has; where it means nothing else, it goes.
    """
    cleaned = plain(text)
    mended = _mend(cleaned, dead=dead)
    if cleaned != text and isinstance(mended, Mended) and mended.kind in _SLIGHT:
        mended = Mended(ChangeKind.TYPOGRAPHY, mended.terms)
    return mended if isinstance(mended, Mended) else Ambiguous(mended.code, text, mended.readings)


_SLIGHT = frozenset({ChangeKind.PUNCTUATION, ChangeKind.SPELLING, ChangeKind.DROPPED})


def _mend(text: str, *, dead: bool = False) -> Mended | Ambiguous:
    if sensible(text) is not None:
        return _one(text, dead=dead)
    stripped = text.strip("\"'`()<>{}").rstrip(".:\"'`)>!")
    if stripped[:1] == "[" and ":" in stripped and re.match(r"\[[+\-~?]?[A-Za-z]", stripped):
        stripped = stripped.strip("[]")
    if (wrapped := _WRAPPED.match(stripped.rstrip("]}"))) is not None and sensible(
        "".join(wrapped.groups())
    ) is not None:
        return Mended(ChangeKind.PUNCTUATION, ("".join(wrapped.groups()),))
    if text.isascii() and not re.search(r"[A-Za-z0-9]", stripped):
        if sign := re.search(r"[+\-~?]", text):  # of what: of the end, or of the next term
            return Ambiguous(AmbiguityCode.SIGN, text, (f"{sign[0]}all",))
        return Mended(ChangeKind.DROPPED, ())  # a comma, a quote
    if not text.isascii():
        return _witha_labels(text)
    colon = re.sub(r"\A([+\-~?]?)(include|exists|ip4|ip6)[;,](?=[^;,])", r"\1\2:", stripped, flags=re.IGNORECASE)
    pieces = [piece for piece in _SEPARATORS.split(colon) if piece.strip("\"'`()<>.")]
    if len(pieces) > 1:
        return _list(text, pieces)
    one = pieces[0] if pieces else ""
    if "%" in one and "{" in text:
        one = text.strip("\"'`,;")
    mended = _one(one, dead=dead)
    if isinstance(mended, Mended) and colon != stripped:
        mended = Mended(ChangeKind.COLON, mended.terms)
    return mended


def _list(text: str, pieces: list[str]) -> Mended | Ambiguous:
    """Terms, or the values of one mechanism, with commas or semicolons between."""
    lead = re.match(r"[+\-~?]?(?:include|a|mx|ip4|ip6):", pieces[0], re.IGNORECASE)
    terms: list[str] = []
    for index, piece in enumerate(pieces[: _MAX_PIECES + 1]):
        one = _one(piece)
        if index and lead is not None and (isinstance(one, Ambiguous) or _is_bare_address(piece)):
            one = _one(lead.group() + piece)
        if isinstance(one, Ambiguous) or index == _MAX_PIECES:
            return Ambiguous(one.code if isinstance(one, Ambiguous) else AmbiguityCode.GLUED, text)
        terms += one.terms
    return Mended(ChangeKind.PUNCTUATION, tuple(terms))


def _is_bare_address(piece: str) -> bool:
    return isinstance(read_networks(piece), tuple)


_SIGN_TWICE = re.compile(r"\A([+\-~?])\1+")
_WRAPPED = re.compile(
    r"([+\-~?]?(?:include|a|mx|ptr|exists|ip4|ip6):|(?:redirect|exp)=)[\"'`<(\[{]+([^\"'`<>(){}\[\]]+)\Z", re.I
)


def _one(text: str, *, dead: bool = False) -> Mended | Ambiguous:
    """`text` without separators, in ASCII."""
    if sensible(once := _SIGN_TWICE.sub(r"\1", text)) is not None and once != text:
        return Mended(ChangeKind.SPELLING, (once,))
    if sensible(text) is not None:
        if not dead:
            return Mended(ChangeKind.PUNCTUATION, (text,))
        ways = apart(text)  # `include:other.example-all` is sound
        return Mended(ChangeKind.TAKEN_APART, ways[0]) if len(ways) == 1 else Mended(ChangeKind.DEAD, ())
    if (end := _all(text)) is not None:
        return end
    if (once := _DOUBLED_WORD.sub(r"\1\2", text)) != text and sensible(once) is not None:
        return Mended(ChangeKind.DOUBLED_WORD, (once,))
    if looks_glued(text):
        code = AmbiguityCode.SIGN if re.match(r"[^A-Za-z0-9\"'\[]+[A-Za-z0-9]+[:=]", text) else AmbiguityCode.GLUED
        return _taken_apart(text) or _nested(text) or Ambiguous(code, text)
    found = _DIRECTIVE.match(text)
    assert found is not None  # every part of the pattern may be empty
    signs, written, separator, value = found.groups()
    networks = read_networks(text[len(signs) :])
    if isinstance(networks, tuple):
        return _signed(signs, text, networks)
    word = _word(written.lower())
    if word in ("a", "mx") and separator == "/" and re.fullmatch(r"[0-9/]+|255(?:\.[0-9]+){3}", value):
        return _prefixed(text, f"{signs[-1:]}{word}", "/" + value)
    if word in _TAKE_ADDRESS and separator and (networks := read_networks(value)) is not None:
        if isinstance(networks, tuple):
            return _signed(signs, text, _said(networks, written, word, separator))
        return _taken_apart(text) or Ambiguous(networks, text)
    if word in ("ip4", "ip6") and not value:
        return Mended(ChangeKind.DROPPED, ())  # says nothing
    if word in _TAKE_NAME:
        named = _named(text, signs, written, word, separator, value)
        if named is not None:
            return named
    return _taken_apart(text) or _unknown(text, signs, word, separator, value)


def _said(
    networks: tuple[ChangeKind, tuple[str, ...]], written: str, word: str, separator: str
) -> tuple[ChangeKind, tuple[str, ...]]:
    """The reading with what is to be said of it: the address is in order, the word before it is not."""
    kind, terms = networks
    if kind != ChangeKind.ADDRESS or len(terms) != 1:
        return networks
    if word in ("ip4", "ip6") and not terms[0].startswith(word):
        return ChangeKind.WORD, terms
    if word not in ("ip4", "ip6"):
        return ChangeKind.WORD, terms
    if written.lower() != word:
        return ChangeKind.SPELLING, terms
    return (ChangeKind.COLON if separator != ":" else kind), terms


def _signed(signs: str, text: str, networks: tuple[ChangeKind, tuple[str, ...]]) -> Mended | Ambiguous:
    if len(set(signs)) > 1:
        return Ambiguous(AmbiguityCode.SIGN, text)
    kind, terms = networks
    return Mended(kind, tuple(signs[:1] + term for term in terms))


def _all(text: str) -> Mended | Ambiguous | None:
    """A misspelt end of the record; None where the term is none."""
    found = _ALL.match(text)
    if found is None:
        return Mended(ChangeKind.SPELLING, ("all",)) if re.match(r"\+?all[:/=]", text, re.IGNORECASE) else None
    before, word, behind = found.group(1), found.group(2).lower(), found.group(3)
    word = re.sub(r"(?<=\Aa)[l1i]+\Z", lambda letters: "l" * len(letters.group()), word)
    if word not in _ALL_SPELT and word not in _RESULT_WORDS and word != "all":
        return None
    signs = {char for char in before + behind if char in "+-~?"}
    meant = _RESULT_WORDS.get(word)
    if meant is not None:
        if signs - {meant} or not signs:
            return Ambiguous(AmbiguityCode.SIGN, text, (f"{meant}all",))
        return Mended(ChangeKind.SPELLING, (f"{meant}all",))
    if not signs - {"+"}:
        if word == "all" and not re.match(r"[^A-Za-z0-9+]", text):
            return Mended(ChangeKind.PUNCTUATION, ("all",))
        return Mended(ChangeKind.NEUTRAL, ("?all",))
    sign = next(sign for sign in _GENTLEST_FIRST if sign in signs)
    return Mended(ChangeKind.SPELLING, (f"{sign}all",))


def _named(text: str, signs: str, written: str, word: str, separator: str, value: str) -> Mended | Ambiguous | None:
    """A term whose value is a name; None where nobody can tell."""
    if len(set(signs)) > 1 or (signs and word in ("redirect", "exp") and signs != "+"):
        return Ambiguous(AmbiguityCode.SIGN, text)
    sign = signs[:1] if word in _MECHANISMS else ""
    head = f"{sign}{word}" + ("=" if word in ("redirect", "exp") else ":")
    if not value:
        if word in ("a", "mx", "ptr"):  # `a:` and `a/`
            return Mended(ChangeKind.PUNCTUATION, (f"{sign}{word}",))
        return Mended(ChangeKind.DROPPED, ())  # says nothing
    if "%" in value:
        if "://" not in value and sensible(head + value) is not None:
            return Mended(_kind_of_word(written, word, separator), (head + value,))
        return Ambiguous(AmbiguityCode.MACRO, text)
    bare = value.lstrip(":=/")
    host, kind = _host(bare)
    host, slash, lengths = host.partition("/")
    if lengths and word not in ("a", "mx"):
        readings = tuple(f"{sign}{reading}" for reading in (f"{word}:{host}", f"a:{host}/{lengths}"))
        return Ambiguous(AmbiguityCode.PREFIX, text, tuple(r for r in readings if sensible(r) is not None))
    if not _HOST_NAME.match(host) or ".." in host:
        return None
    if lengths:
        return _prefixed(text, head + host, slash + lengths)
    if kind is None:
        kind = ChangeKind.PUNCTUATION if slash or bare != value else _kind_of_word(written, word, separator)
    return Mended(kind, (head + host,)) if sensible(head + host) is not None else None


def _kind_of_word(written: str, word: str, separator: str) -> ChangeKind:
    if written.lower() != word:
        return ChangeKind.SPELLING
    expected = "=" if word in ("redirect", "exp") else ":"
    return ChangeKind.COLON if separator != expected else ChangeKind.PUNCTUATION


def _prefixed(text: str, head: str, lengths: str) -> Mended | Ambiguous:
    """a or mx with prefix lengths."""
    if re.fullmatch(r"/[0-9]+(?:\.[0-9]+){3}", lengths):
        network = read_networks("192.0.2.0" + lengths)
        if isinstance(network, tuple):
            return Mended(ChangeKind.NETWORK, (f"{head}/{network[1][0].rpartition('/')[2]}",))
    for candidate in (head + lengths, head + _DUAL.sub(r"/\1//\2", lengths)):
        if sensible(candidate) is not None:
            return Mended(ChangeKind.PREFIX, (candidate,))
    return Ambiguous(AmbiguityCode.PREFIX, text)


def _host(value: str) -> tuple[str, ChangeKind | None]:
    """The host name in what may be a URL, an e-mail address, or have a port; prefix lengths stay behind it."""
    url = re.match(r"[A-Za-z]+:/{1,2}([^/:@]+)(?::[0-9]{1,5})?(?:/.*)?\Z", value)
    if url:
        return url[1].rstrip("."), ChangeKind.URL
    if value.count("@") == 1:
        return value.partition("@")[2], ChangeKind.URL
    port = re.match(r"([A-Za-z0-9._\-]+):[0-9]{1,5}\Z", value)
    return (port[1], ChangeKind.PORT) if port else (value, None)


def _taken_apart(text: str) -> Mended | Ambiguous | None:
    ways = apart(text)
    if len(ways) == 1:
        return Mended(ChangeKind.TAKEN_APART, ways[0])
    return Ambiguous(AmbiguityCode.GLUED, text, tuple(map(" ".join, ways))) if ways else None


def _nested(text: str) -> Mended | None:
    """`include:ip4:192.0.2.1`: a term as value of another that takes no such thing."""
    found = re.match(r"[+\-~?]?(include|a|mx|ptr|exists|ip4|ip6):(.+)\Z", text, re.IGNORECASE)
    inner = sensible(found[2]) if found else None
    if found is None or inner is None or "=" in found[2]:
        return None
    if inner.name not in ("ip4", "ip6") and found[1].lower() not in ("ip4", "ip6"):
        return None
    sign = text[0] if text[0] in "+-~?" else ""
    return Mended(ChangeKind.DOUBLED_WORD, (sign + found[2],)) if not (sign and found[2][0] in "+-~?") else None


def _word(name: str) -> str:
    """The mechanism or modifier that a misspelt word was meant to be."""
    if name in _ALIASES or not 5 <= len(name) <= 10:
        return _ALIASES.get(name, name)
    return next(iter(get_close_matches(name, _LONG_WORDS, 1, 0.8)), name)


def _unknown(text: str, signs: str, word: str, separator: str, value: str) -> Ambiguous:
    """Why nobody can tell, and what may have been meant."""
    sign = signs[:1]
    if word in ("ip4", "ip6"):
        if separator and _HOST_NAME.match(value):
            return Ambiguous(AmbiguityCode.HOST_FOR_ADDRESS, text, (f"{sign}a:{value}",))
        return Ambiguous(AmbiguityCode.ADDRESS, text)
    if re.match(r"[0-9.:]+(?:/[0-9]*)?\Z", text[len(signs) :]):
        return Ambiguous(AmbiguityCode.ADDRESS, text)
    if _HOST_NAME.match(text[len(signs) :]):
        name = text[len(signs) :]
        return Ambiguous(AmbiguityCode.HOST_ALONE, text, (f"{sign}include:{name}", f"{sign}a:{name}"))
    if word in _TAKE_NAME:
        return Ambiguous(AmbiguityCode.MACRO if "%" in value else AmbiguityCode.HOST, text)
    networks = read_networks(value) if separator else None
    readings = tuple(sign + term for term in networks[1]) if isinstance(networks, tuple) else ()
    return Ambiguous(AmbiguityCode.WORD, text, readings)


def _witha_labels(text: str) -> Mended | Ambiguous:
    """A term with letters beyond ASCII: the A-labels of its host name (RFC 5890), or nothing that anybody can say."""
    try:
        readable = text.encode("latin-1").decode()
    except UnicodeDecodeError:
        return Ambiguous(AmbiguityCode.CHARACTERS, text)
    bare = _JOINERS.sub("", readable)
    if bare.isascii():
        mended = _mend(bare)
        return mended if isinstance(mended, Mended) else Ambiguous(mended.code, text, mended.readings)
    found = re.match(r"([+\-~?]?[A-Za-z0-9]+[:=])([^\s:=@/,;\"'()]+)((?:/[0-9/]*)?[\"',;.]*)\Z", readable)
    name = a_labels(found[2]) if found else None
    if found is None or name is None:
        return Ambiguous(AmbiguityCode.CHARACTERS, text)
    mended = _mend(found[1] + name + found[3])
    if isinstance(mended, Ambiguous):
        return Ambiguous(mended.code, text)
    return Mended(ChangeKind.A_LABEL, mended.terms)


# -- what is said of a term that nobody changes


def slip(text: str) -> ChangeKind | AmbiguityCode:
    """What is amiss with a broken term, for a sentence beside it."""
    mended = mend(text)
    return mended.kind if isinstance(mended, Mended) else mended.code


@lru_cache(maxsize=8192)
def ignored(text: str) -> tuple[tuple[str, str], ...]:
    """Of a record, the modifiers that were plainly meant as mechanisms (`include=`), each with what was meant.

    Receivers ignore them (RFC 7208 §6): that is no error.
    """
    return tuple(
        (term.text, f"{match[1]}:{term.text[match.end() - 1 :]}")
        for term in parse(text).terms
        if not isinstance(term, Broken) and (match := _IGNORED.match(" " + term.text, 1))
    )


def as_meant(text: str) -> str:
    """A modifier that was meant as a mechanism (`include=`), as that mechanism; other terms as they are."""
    found = _IGNORED.match(" " + text, 1)
    if found is None:
        return text
    mended = mend(f"{found[1]}:{text[found.end() - 1 :]}")
    return mended.terms[0] if isinstance(mended, Mended) and len(mended.terms) == 1 else text
