from .aliases import aliases, remove_aliases
from .bulk_table import again, columns, mend, reshape, template, upload
from .catch_alls import catch_alls, end_catch_all
from .changes import change, link, password, password_rules, quota
from .configure import configure, confirm
from .devices import revoke_device
from .forwarding import forwarding, forwards
from .groups import change_group, delete_group, group, groups, new_group, remove_members
from .inbox_rules import auto_reply, delete_rule, move_rule, new_rule, rule, rules, switch_rule
from .listing import account, account_list, domain_names, export
from .orders import approve_order, cancel_order, cancel_slots, order, orders, progress, refuse_order
from .policy import policy, purge, restore, retired
from .preview import change_passwords, leave_out, row, suggestions
from .runs import discard, forget, reasons, results, resume, run, slips, start, stop, undo
from .selection import select
from .sending import send_settings
from .set_password import set_password

__all__ = [
    "account",
    "account_list",
    "again",
    "aliases",
    "approve_order",
    "auto_reply",
    "cancel_order",
    "cancel_slots",
    "catch_alls",
    "change",
    "change_group",
    "change_passwords",
    "columns",
    "configure",
    "confirm",
    "delete_group",
    "delete_rule",
    "discard",
    "domain_names",
    "end_catch_all",
    "export",
    "forget",
    "forwarding",
    "forwards",
    "group",
    "groups",
    "leave_out",
    "link",
    "mend",
    "move_rule",
    "new_group",
    "new_rule",
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
    "remove_aliases",
    "remove_members",
    "reshape",
    "restore",
    "results",
    "resume",
    "retired",
    "revoke_device",
    "row",
    "rule",
    "rules",
    "run",
    "select",
    "send_settings",
    "set_password",
    "slips",
    "start",
    "stop",
    "suggestions",
    "switch_rule",
    "template",
    "undo",
    "upload",
]
