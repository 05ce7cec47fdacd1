from .blocks import block, unblock
from .inbox import inbox, inbox_delete, inbox_message

__all__ = ["block", "inbox", "inbox_delete", "inbox_message", "unblock"]
