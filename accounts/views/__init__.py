from .bulk_table import again, columns, mend, reshape, template, upload
from .changes import change, link, password, password_rules, quota
from .configure import configure, confirm
from .listing import account, account_list, domain_names, export
from .orders import approve_order, cancel_order, cancel_slots, order, orders, progress, refuse_order
from .policy import policy, purge, restore, retired
from .runs import discard, reasons, results, resume, run, slips, start, stop, undo
from .selection import select
from .set_password import set_password

__all__ = [
    "account",
    "account_list",
    "again",
    "approve_order",
    "cancel_order",
    "cancel_slots",
    "change",
    "columns",
    "configure",
    "confirm",
    "discard",
    "domain_names",
    "export",
    "link",
    "mend",
    "order",
    "orders",
    "password",
    "password_rules",
    "policy",
    "progress",
    "purge",
    "quota",
    "reasons",
    "refuse_order",
    "reshape",
    "restore",
    "results",
    "resume",
    "retired",
    "run",
    "select",
    "set_password",
    "slips",
    "start",
    "stop",
    "template",
    "undo",
    "upload",
]
