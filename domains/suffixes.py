"""Public suffixes, from the list that the package `publicsuffixlist` carries. Pure.

Names come and go as A-labels in lower case, without final dot. Under a last label that the list does not know, that
label is the suffix (the list's default rule).
"""

from __future__ import annotations

from functools import cache

from publicsuffixlist import PublicSuffixList


@cache
def _list(*, only_icann: bool) -> PublicSuffixList:
    return PublicSuffixList(only_icann=only_icann)


def public_suffix(name: str) -> str:
    """The longest public suffix of `name`, those that companies listed for their customers included."""
    return str(_list(only_icann=False).publicsuffix(name))


def registrable(name: str) -> str:
    """What a registrar sells of `name`: the public suffix and the label before it; the name itself if it is one."""
    before = name.removesuffix(public_suffix(name)).rstrip(".")
    return name.removeprefix(before.rpartition(".")[0] + ".") if "." in before else name


def private_suffix(name: str) -> str:
    """The suffix that somebody hands out names below (`github.io`, `uk.com`, dynamic DNS) and `name` is or lies below;
    empty where only registries stand above it."""
    suffix = public_suffix(name)
    return "" if is_registry(suffix) else suffix


def is_registry(name: str) -> bool:
    """Whether names are registered below `name` by a registry: a public suffix of the list's ICANN part.

    The others (`github.io`) belong to somebody, who may well have mail there.
    """
    return _list(only_icann=True).privatesuffix(name) is None
