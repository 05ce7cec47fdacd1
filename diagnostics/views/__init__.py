from .again import check_again, check_organization, check_service
from .change import change, intended, postpone
from .domain import domain, history
from .files import zone_file
from .hint import delegation_hint, mx_hint
from .operator import operator, release_breaker
from .red import red, red_everywhere, red_of_organization
from .selection import selected
from .shared import shared, shared_again
from .sharing import revoke, share
from .table import buttons, domains
from .tree import spf_tree

__all__ = [
    "buttons",
    "change",
    "check_again",
    "check_organization",
    "check_service",
    "delegation_hint",
    "domain",
    "domains",
    "history",
    "intended",
    "mx_hint",
    "operator",
    "postpone",
    "red",
    "red_everywhere",
    "red_of_organization",
    "release_breaker",
    "revoke",
    "selected",
    "share",
    "shared",
    "shared_again",
    "spf_tree",
    "zone_file",
]
