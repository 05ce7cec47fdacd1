from .activity import Activity
from .organizations import Invitation, Membership, Organization, Role
from .platforms import Platform
from .services import Service, platform_changing
from .system import Heartbeat
from .users import User

__all__ = [
    "Activity",
    "Heartbeat",
    "Invitation",
    "Membership",
    "Organization",
    "Platform",
    "Role",
    "Service",
    "User",
    "platform_changing",
]
