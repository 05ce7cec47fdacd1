"""Dynamic updates of a zone in memory. RFC 2136 §3.2 (prerequisites) and §3.4 (the update itself)."""

from __future__ import annotations

import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.transaction
import dns.update
import dns.zone

from .store import MOST_RECORDS


class Rejected(Exception):  # noqa: N818 - an answer, not a fault
    def __init__(self, rcode: dns.rcode.Rcode) -> None:
        super().__init__(rcode.name)
        self.rcode = rcode


def apply_update(zone: dns.zone.Zone, message: dns.update.UpdateMessage) -> None:
    """Change `zone` as `message` says, wholly or, raising Rejected, not at all."""
    assert zone.origin is not None
    for rrset in (*message.prerequisite, *message.update):
        if not rrset.name.is_subdomain(zone.origin):
            raise Rejected(dns.rcode.NOTZONE)
    wanted: dict[tuple[dns.name.Name, dns.rdatatype.RdataType], set[dns.rdata.Rdata]] = {}
    for rrset in message.prerequisite:
        if rrset.deleting is None:
            wanted.setdefault((rrset.name, rrset.rdtype), set()).update(rrset)
        else:
            _require(zone, rrset)
    for (name, rdtype), values in wanted.items():  # a set that must be there comes record by record
        if set(zone.get_rdataset(name, rdtype) or ()) != values:
            raise Rejected(dns.rcode.NXRRSET)
    if len(list(zone.iterate_rdatas())) + sum(map(len, message.update)) > MOST_RECORDS:
        raise Rejected(dns.rcode.REFUSED)
    with zone.writer() as change:
        for rrset in message.update:
            _change(zone, change, rrset)
        change.update_serial(name=zone.origin)


def _require(zone: dns.zone.Zone, rrset: dns.rrset.RRset) -> None:
    """Check one prerequisite that names no values. RFC 2136 §2.4."""
    node = zone.get_node(rrset.name)
    used = node is not None and len(node) > 0
    any_type = rrset.rdtype == dns.rdatatype.ANY
    there = zone.get_rdataset(rrset.name, rrset.rdtype) if used and not any_type else None
    if rrset.deleting == dns.rdataclass.ANY:
        if any_type and not used:
            raise Rejected(dns.rcode.NXDOMAIN)
        if not any_type and there is None:
            raise Rejected(dns.rcode.NXRRSET)
    elif any_type and used:
        raise Rejected(dns.rcode.YXDOMAIN)
    elif there is not None:
        raise Rejected(dns.rcode.YXRRSET)


def _change(zone: dns.zone.Zone, change: dns.transaction.Transaction, rrset: dns.rrset.RRset) -> None:
    """Carry out one change. RFC 2136 §2.5; the SOA is ours, and the apex keeps its name servers."""
    name, rdtype = rrset.name, rrset.rdtype
    guarded = {dns.rdatatype.SOA, dns.rdatatype.NS} if name == zone.origin else {dns.rdatatype.SOA}
    if rrset.deleting == dns.rdataclass.ANY and rdtype == dns.rdatatype.ANY:
        node = change.get_node(name)
        for found in [rdataset.rdtype for rdataset in node or ()]:
            if found not in guarded:
                change.delete(name, found)
    elif rdtype in guarded:
        return
    elif rrset.deleting == dns.rdataclass.ANY:
        change.delete(name, rdtype)
    elif rrset.deleting == dns.rdataclass.NONE:
        change.delete(rrset)
    elif _fits(change, rrset):
        change.add(rrset)


def _fits(change: dns.transaction.Transaction, rrset: dns.rrset.RRset) -> bool:
    """An alias stands alone at its name: of the two, what is there stays (RFC 2136 §3.4.2.2)."""
    node = change.get_node(rrset.name)
    types = {rdataset.rdtype for rdataset in node} if node is not None else set()
    if rrset.rdtype == dns.rdatatype.CNAME:
        if types - {dns.rdatatype.CNAME}:
            return False
        change.delete(rrset.name, dns.rdatatype.CNAME)
        return True
    return dns.rdatatype.CNAME not in types
