from .checks import Check, CheckChange, Intent
from .looks import Look

__all__ = ["Check", "CheckChange", "Intent", "Look"]
