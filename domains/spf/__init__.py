"""SPF records as texts (RFC 7208): parsing and merging. Pure."""

from .macros import Macro, MacroString
from .merging import Change, ChangeKind, Merge, merge
from .record import (
    QUERYING,
    Broken,
    Fault,
    FaultCode,
    Mechanism,
    Modifier,
    Record,
    Term,
    is_spf,
    parse,
    select,
)
from .repair import meant

__all__ = [
    "QUERYING",
    "Broken",
    "Change",
    "ChangeKind",
    "Fault",
    "FaultCode",
    "Macro",
    "MacroString",
    "Mechanism",
    "Merge",
    "Modifier",
    "Record",
    "Term",
    "is_spf",
    "meant",
    "merge",
    "parse",
    "select",
]
