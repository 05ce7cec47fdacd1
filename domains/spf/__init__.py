"""SPF (RFC 7208): records as texts, parsing, merging, and their evaluation over answers that are known. Pure."""

from .analysis import Cost, Finding, SpfAnalysis, analyse
from .check import check_host
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
from .results import MAX_LOOKUPS, MAX_VOID_LOOKUPS, Place, Result, SpfResult, spf_records

__all__ = [
    "MAX_LOOKUPS",
    "MAX_VOID_LOOKUPS",
    "QUERYING",
    "Broken",
    "Change",
    "ChangeKind",
    "Cost",
    "Fault",
    "FaultCode",
    "Finding",
    "Macro",
    "MacroString",
    "Mechanism",
    "Merge",
    "Modifier",
    "Place",
    "Record",
    "Result",
    "SpfAnalysis",
    "SpfResult",
    "Term",
    "analyse",
    "check_host",
    "is_spf",
    "meant",
    "merge",
    "parse",
    "select",
    "spf_records",
]
