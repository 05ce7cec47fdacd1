"""SPF as receivers evaluate it (RFC 7208), over answers that are known. Pure."""

from .analysis import Cost, Finding, SpfAnalysis, analyse
from .check import check_host
from .results import MAX_LOOKUPS, MAX_VOID_LOOKUPS, Place, Result, SpfResult, spf_records

__all__ = [
    "MAX_LOOKUPS",
    "MAX_VOID_LOOKUPS",
    "Cost",
    "Finding",
    "Place",
    "Result",
    "SpfAnalysis",
    "SpfResult",
    "analyse",
    "check_host",
    "spf_records",
]
