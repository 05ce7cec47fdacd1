from .accounts import Address, EmailAccount
from .aliases import Alias
from .catch_alls import CatchAll
from .devices import AppPassword
from .forwards import Forwarding, ForwardTarget
from .groups import GroupMember, GroupSender, MailGroup
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
    "BulkRow",
    "BulkRun",
    "CatchAll",
    "EmailAccount",
    "ForwardTarget",
    "Forwarding",
    "GroupMember",
    "GroupSender",
    "MailGroup",
    "MailboxSession",
    "Order",
    "PasswordLink",
    "PasswordPolicy",
    "RememberedPassword",
    "RetiredMailbox",
    "Tally",
]
