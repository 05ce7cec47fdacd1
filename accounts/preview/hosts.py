"""Domains and addresses: as they are stored, and as people see them."""

from __future__ import annotations

import re
from functools import lru_cache

from domains.names import NameRefused, host_to_ascii

from .. import characters, rules

MAIL_LOCAL_PART = re.compile(r"(?=.{1,64}\Z)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*\Z", re.ASCII)


@lru_cache(maxsize=1024)  # the domains of a table are few, its rows are many
def to_ascii(domain: str) -> str:
    """A domain as it is stored (A-labels, lower case, no final dot), "" where it is no domain name."""
    try:
        return host_to_ascii(domain)
    except NameRefused:
        return ""


def is_mail_address(text: str) -> bool:
    """Whether mail can be sent there by any mail server: RFC 5322's dot-atom, no quotes, at a domain."""
    name, _at, domain = text.rpartition("@")
    return bool(MAIL_LOCAL_PART.match(name)) and "." in domain.strip(".") and bool(to_ascii(domain))


@lru_cache(maxsize=1024)
def domain_as_seen(domain: str) -> str:
    """A domain as somebody may take it for another: without accents, look-alikes made ASCII."""
    return rules.fold(characters.straightened(as_typed(domain)))


def as_typed(domain: str) -> str:
    """With the letters that people see; of labels that mix scripts, too, which pages show as A-labels."""
    try:
        return domain.encode("ascii").decode("idna")
    except UnicodeError:
        return domain
