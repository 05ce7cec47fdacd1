from .accounts import Address, EmailAccount
from .aliases import Alias
from .catch_alls import CatchAll
from .links import PasswordLink
from .orders import Order
from .policies import PasswordPolicy
from .retired import RetiredMailbox
from .runs import BulkRow, BulkRun
from .tallies import Tally

__all__ = [
    "Address",
    "Alias",
    "BulkRow",
    "BulkRun",
    "CatchAll",
    "EmailAccount",
    "Order",
    "PasswordLink",
    "PasswordPolicy",
    "RetiredMailbox",
    "Tally",
]
