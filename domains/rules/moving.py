"""What was published under a doubled name goes to the right one, merged with what stands there. Pure."""

from __future__ import annotations

from ..lookup.answers import View
from ..records import Kind
from . import dmarc, mx, spf
from .check_input import PreparedInput
from .finding import Finding

MOVED = {Kind.MX: mx.moved, Kind.SPF: spf.moved, Kind.DMARC: dmarc.moved}


def with_moved(prepared: PreparedInput, kind: Kind, finding: Finding, view: View) -> Finding | None:
    """The finding of `doubled`, with fixes that lose nothing of the texts found. None: not known yet."""
    names = finding.beside.doubled
    slips = [found for found in finding.found if found.name in names]
    if not slips or kind not in MOVED:
        return finding
    return MOVED[kind](prepared, view, finding, slips)
