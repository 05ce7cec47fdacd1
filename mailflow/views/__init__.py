from .blocks import block, unblock

__all__ = ["block", "unblock"]
