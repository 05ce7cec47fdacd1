from .accounts import Address, EmailAccount
from .orders import Order

__all__ = ["Address", "EmailAccount", "Order"]
