from .disputes import Dispute
from .domains import Domain
from .footers import Footer
from .keys import DkimKey
from .names import Name, Ownership
from .readings import Reading
from .zones import DnsProvider, Zone, ZoneChange

__all__ = [
    "Dispute",
    "DkimKey",
    "DnsProvider",
    "Domain",
    "Footer",
    "Name",
    "Ownership",
    "Reading",
    "Zone",
    "ZoneChange",
]
