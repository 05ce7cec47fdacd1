from .accounts import Address, EmailAccount
from .aliases import Alias
from .catch_alls import CatchAll
from .devices import AppPassword
from .forwards import Forwarding, ForwardTarget
from .groups import GroupMember, GroupSender, MailGroup
from .inbox_rules import AutoReply, InboxRule, OwnScript
from .links import PasswordLink
from .mailbox_sessions import MailboxSession
from .orders import Order
from .policies import PasswordPolicy
from .remembered import RememberedPassword
from .retired import RetiredMailbox
from .runs import BulkRow, BulkRun
from .tallies import Tally

__all__ = [
    "Address",
    "Alias",
    "AppPassword",
    "AutoReply",
    "BulkRow",
    "BulkRun",
    "CatchAll",
    "EmailAccount",
    "ForwardTarget",
    "Forwarding",
    "GroupMember",
    "GroupSender",
    "InboxRule",
    "MailGroup",
    "MailboxSession",
    "Order",
    "OwnScript",
    "PasswordLink",
    "PasswordPolicy",
    "RememberedPassword",
    "RetiredMailbox",
    "Tally",
]
