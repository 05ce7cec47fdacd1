"""Complete configurations for Postfix and Dovecot, with nothing to edit; the same plan gives the same files."""

from .plan import Plan, Ports
from .writing import write

__all__ = ["Plan", "Ports", "write"]
