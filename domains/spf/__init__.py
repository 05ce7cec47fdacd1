"""SPF records as texts (RFC 7208): parsing, repairing and merging. Pure."""

from .changes import AmbiguityCode, Ambiguous, Change, ChangeKind, Mended
from .macros import Macro, MacroString
from .merging import Repair, merge, repair
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
from .repair import ignored, meant, mend, slip

__all__ = [
    "QUERYING",
    "AmbiguityCode",
    "Ambiguous",
    "Broken",
    "Change",
    "ChangeKind",
    "Fault",
    "FaultCode",
    "Macro",
    "MacroString",
    "Mechanism",
    "Mended",
    "Modifier",
    "Record",
    "Repair",
    "Term",
    "ignored",
    "is_spf",
    "meant",
    "mend",
    "merge",
    "parse",
    "repair",
    "select",
    "slip",
]
