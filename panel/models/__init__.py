from .activity import Activity
from .contacts import Contact
from .members import Invitation, Membership, Role
from .once import SpentToken
from .organizations import Organization
from .outbox import Letter
from .platforms import Platform, hosts_changed
from .services import Service, platform_changing
from .system import Attempts, Condition, Heartbeat
from .users import User

__all__ = [
    "Activity",
    "Attempts",
    "Condition",
    "Contact",
    "Heartbeat",
    "Invitation",
    "Letter",
    "Membership",
    "Organization",
    "Platform",
    "Role",
    "Service",
    "SpentToken",
    "User",
    "hosts_changed",
    "platform_changing",
]
