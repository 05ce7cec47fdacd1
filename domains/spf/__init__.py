"""SPF records as texts (RFC 7208): parsing and merging. Pure."""

from .macros import Macro, MacroString
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

__all__ = [
    "QUERYING",
    "Broken",
    "Fault",
    "FaultCode",
    "Macro",
    "MacroString",
    "Mechanism",
    "Modifier",
    "Record",
    "Term",
    "is_spf",
    "parse",
    "select",
]
