from .brakes import Brake
from .checks import Check, CheckChange, Intent
from .digests import DigestWait
from .looks import Look
from .postponements import Postponement
from .reports import EngineReport
from .shares import Share

__all__ = ["Brake", "Check", "CheckChange", "DigestWait", "EngineReport", "Intent", "Look", "Postponement", "Share"]
