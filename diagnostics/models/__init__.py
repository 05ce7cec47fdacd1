from .breaker import CircuitBreaker
from .check_runs import CheckRun
from .checks import Check, CheckChange, Intent
from .digests import DigestWait
from .postponements import Postponement
from .reports import EngineReport
from .samples import DayOfColours, Sample
from .shares import Share

__all__ = [
    "Check",
    "CheckChange",
    "CheckRun",
    "CircuitBreaker",
    "DayOfColours",
    "DigestWait",
    "EngineReport",
    "Intent",
    "Postponement",
    "Sample",
    "Share",
]
