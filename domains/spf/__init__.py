"""SPF (RFC 7208): records as texts, parsing, repair, merging, and their evaluation over answers. Pure."""

from .analysis import Cost, SpfAnalysis, SpfFinding, analyse
from .changes import AmbiguityCode, Ambiguous, Change, ChangeKind, Mended
from .check import check_host
from .macros import Macro, MacroString
from .mending import ignored, meant, mend, slip
from .merging import Repair, merge
from .record import (
    QUERYING,
    Broken,
    FaultCode,
    Mechanism,
    Modifier,
    Record,
    SpfFault,
    Term,
    is_spf,
    parse,
    select,
)
from .results import MAX_LOOKUPS, MAX_VOID_LOOKUPS, Place, Result, SpfResult, spf_records

__all__ = [
    "MAX_LOOKUPS",
    "MAX_VOID_LOOKUPS",
    "QUERYING",
    "AmbiguityCode",
    "Ambiguous",
    "Broken",
    "Change",
    "ChangeKind",
    "Cost",
    "FaultCode",
    "Macro",
    "MacroString",
    "Mechanism",
    "Mended",
    "Modifier",
    "Place",
    "Record",
    "Repair",
    "Result",
    "SpfAnalysis",
    "SpfFault",
    "SpfFinding",
    "SpfResult",
    "Term",
    "analyse",
    "check_host",
    "ignored",
    "is_spf",
    "meant",
    "mend",
    "merge",
    "parse",
    "select",
    "slip",
    "spf_records",
]
