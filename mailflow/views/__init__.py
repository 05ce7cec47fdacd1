from .blocks import block, unblock
from .inbox import inbox, inbox_delete, inbox_message
from .platforms import platform, platform_check, platform_zone
from .queue import queue, queue_act
from .spam import spam, spam_forget
from .trace import staff_trace, staff_trace_message, trace, trace_message

__all__ = [
    "block",
    "inbox",
    "inbox_delete",
    "inbox_message",
    "platform",
    "platform_check",
    "platform_zone",
    "queue",
    "queue_act",
    "spam",
    "spam_forget",
    "staff_trace",
    "staff_trace_message",
    "trace",
    "trace_message",
    "unblock",
]
