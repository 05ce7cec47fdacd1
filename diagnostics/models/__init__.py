from .brakes import Brake
from .checks import Check, CheckChange, Intent
from .looks import Look
from .postponements import Postponement
from .shares import Share

__all__ = ["Brake", "Check", "CheckChange", "Intent", "Look", "Postponement", "Share"]
