"""What a broken SPF term was meant to be. Pure.

A fix must publish a record without errors, and must not lose what its author meant: so slips that everyone makes are
mended, and only what says nothing that a receiver could use is left out.
"""

from __future__ import annotations

import ipaddress
import re
from difflib import get_close_matches

from .record import VERSION, is_spf, parse

# What word processors and web pages make of blanks, hyphens and quotes: their UTF-8 octets, read as latin-1.
_TYPOGRAPHY = tuple(
    (char.encode().decode("latin-1"), plain)
    for chars, plain in (
        ("\u00a0\u2002\u2003\u2009\u202f", " "),
        ("\u2010\u2011\u2012\u2013\u2014\u2212", "-"),
        ("\u200b\u200c\u200d\u2060\ufeff\u201c\u201d\u201e\u2018\u2019", ""),
        ("\u02dc\u223c\uff5e", "~"),
    )
    for char in chars
)
_SPACES = re.compile(r"[\x00-\x20\x7f\xa0]+")
_OPEN = re.compile(  # a term that waits for its value, and a word after it that is none by itself
    r"(?<= )([+\-~?]?(?:include|a|mx|ptr|ip4|ip6|exists):|(?:redirect|exp)=) "
    r"(?![+\-~?]?(?:all|a|mx|ptr)(?:[:/ ]|\Z)|[+\-~?]?(?:include|exists|ip[46]):|[A-Za-z][A-Za-z0-9._\-]*=)",
    re.IGNORECASE,
)
_ALIASES = {"ip": "ip4", "ipv4": "ip4", "ip-v4": "ip4", "ip4v": "ip4", "ipv6": "ip6", "ip-v6": "ip6", "ip6v": "ip6"}
_LONG_WORDS = ("include", "exists", "redirect")  # long enough to be recognised with a letter amiss
_TAKE_ADDRESS = frozenset({"ip4", "ip6", "a", "mx", "include"})
_DUAL = re.compile(r"/([0-9]+)/([0-9]+)\Z")  # the slash before an IPv6 prefix length is doubled
# What people publish for `v=spf1 `: without the version, with another sign or nothing behind it.
_MEANT = re.compile(r"[\s\"'`]*(?:v\s*[=:]\s*spf1?|spf1)(?=[\s;,:])[\s;,:]+(.+)\Z", re.IGNORECASE | re.DOTALL)
_SPF_TERM = re.compile(r"(?:\A|[\s;,])[+\-~?]?(?:all\b|mx\b|include:|ip[46]:|redirect=)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"([+\-~?]*)([A-Za-z0-9\-]*)([:=]?)(.*)\Z", re.DOTALL)


def tidy(text: str) -> str:
    """The record with plain spaces between terms, and with blanks inside terms closed (`ip4: 192.0.2.1`, `- all`)."""
    for typographic, plain in _TYPOGRAPHY:
        text = text.replace(typographic, plain)
    text = _SPACES.sub(" ", text).strip()
    text = re.sub(r"(?<= )([+\-~?]) (?=all(?: |\Z))", r"\1", text, flags=re.IGNORECASE)
    return _OPEN.sub(r"\1", text)


def meant(text: str) -> str | None:
    """The SPF record that a TXT record was meant to be; None for a real one, and for what is none of SPF's business."""
    found = None if is_spf(text) else _MEANT.match(text)
    return f"{VERSION} {found[1]}" if found is not None and _SPF_TERM.search(found[1]) else None


def mended(text: str) -> tuple[str, ...]:
    """Sound terms that say what the term `text`, which does not work, was meant to say; none where nobody can tell.

    It may be several: `include:a.example,b.example`.
    """
    pieces = [
        piece for piece in re.split(r"[,;|]+|(?<=[^+\-~?,;|])(?=[+\-~?]all\Z)", text, flags=re.IGNORECASE) if piece
    ]
    lead = re.match(r"[+\-~?]?(?:include|a|mx|ip4|ip6):", pieces[0], re.IGNORECASE) if pieces else None
    found: list[str] = []
    for index, piece in enumerate(pieces):
        one = _mended_one(piece, text)
        if one is None and lead is not None and index > 0:
            one = _mended_one(lead.group() + piece, text)
        if one is not None:
            found.append(one)
    return tuple(found)


def _mended_one(piece: str, broken: str) -> str | None:
    for candidate in _candidates(piece):
        record = parse(f"{VERSION} {candidate}")
        if candidate != broken and len(record.terms) == 1 and not record.faults:
            return candidate
    return None


def _candidates(text: str) -> list[str]:
    text = re.sub(r"[^!-~]", "", text).strip("\"'`").rstrip(".:")
    found = _DIRECTIVE.match(text)
    assert found is not None  # every part of the pattern may be empty
    signs, name, _, value = found.groups()
    sign, name = signs[-1:], _word(name.lower())
    candidates = []
    if name == "all":
        candidates.append(f"{sign}all")
    if name in ("redirect", "exp"):
        candidates.append(f"{name}={_host(value)}")
    networks = (_network(text[len(signs) :]), _network(value) if name in _TAKE_ADDRESS else None)
    candidates += [sign + network for network in networks if network]
    if name in ("include", "a", "mx", "ptr", "exists") and value:
        if "://" not in value:
            candidates.append(f"{sign}{name}:{value}")
            candidates.append(re.sub(_DUAL, r"/\1//\2", f"{sign}{name}:{value}"))
        candidates.append(f"{sign}{name}:{_host(value)}")
    return [*candidates, text, re.sub(_DUAL, r"/\1//\2", text)]


def _word(name: str) -> str:
    """The mechanism or modifier that a misspelt word was meant to be."""
    return _ALIASES.get(name) or next(iter(get_close_matches(name, _LONG_WORDS, 1, 0.8)), name)


def _host(value: str) -> str:
    """The host name in what may be a URL or an address."""
    return re.split(r"[/:]", re.sub(r"^[A-Za-z]+://", "", value).rpartition("@")[2])[0]


def _network(value: str) -> str | None:
    """`value` as an ip4 or ip6 term. A prefix length that cannot be is left out: the one address was surely meant."""
    address, _, length = value.partition("/")
    address = re.sub(r"(?<![0-9])0+(?=[0-9]+\.)|(?<=\.)0+(?=[0-9])", "", address.strip("[]"))
    try:
        version = ipaddress.ip_address(address).version
    except ValueError:
        return None
    try:
        prefix = f"/{ipaddress.ip_interface(f'{address}/{length}').network.prefixlen}" if length else ""
    except ValueError:
        prefix = ""
    return f"ip{version}:{address}{prefix}"
