"""What a message to the demonstration's server is answered. RFC 1034 §4.3.2, RFC 2136 §3, RFC 5936."""

from __future__ import annotations

from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.update
import dns.zone

from .store import Store
from .updating import Rejected, apply_update

LONGEST_CHAIN = 8  # aliases followed for one question
LARGEST_DATAGRAM = 1232
RECORDS_A_MESSAGE = 200  # of a zone transfer


def answer(store: Store, wire: bytes, *, tcp: bool) -> Iterator[bytes]:
    """The messages that answer `wire`: one, several for a zone transfer, none for what is no query."""
    try:
        query = dns.message.from_wire(wire, keyring=store.keyring())
    except dns.exception.DNSException:
        yield from _complaint(wire)
        return
    if query.flags & dns.flags.QR:
        return
    opcode = query.opcode()
    question = query.question[0] if len(query.question) == 1 else None
    if opcode == dns.opcode.QUERY and question is not None and question.rdtype == dns.rdatatype.AXFR and tcp:
        yield from _transfer(store, query)
        return
    response = dns.message.make_response(query, our_payload=LARGEST_DATAGRAM)
    if question is None:
        response.set_rcode(dns.rcode.FORMERR)
    elif opcode == dns.opcode.QUERY:
        _resolve(store, question.name, question.rdtype, response)
    elif opcode == dns.opcode.UPDATE and isinstance(query, dns.update.UpdateMessage):
        response.set_rcode(_update(store, query))
    else:
        response.set_rcode(dns.rcode.NOTIMP)
    limit = 65535 if tcp else min(max(query.payload, 512), LARGEST_DATAGRAM)
    yield response.to_wire(max_size=limit, prefer_truncation=True)


def _complaint(wire: bytes) -> Iterator[bytes]:
    """What a message that cannot be read, or whose signature does not hold, gets: an answer without records."""
    try:
        query = dns.message.from_wire(wire, keyring=False, ignore_trailing=True)
    except dns.exception.DNSException:
        return
    if query.flags & dns.flags.QR:
        return
    response = dns.message.Message(id=query.id)
    response.flags = dns.flags.QR
    response.set_opcode(query.opcode())
    response.set_rcode(dns.rcode.NOTAUTH if query.had_tsig else dns.rcode.FORMERR)
    yield response.to_wire()


def _update(store: Store, message: dns.update.UpdateMessage) -> dns.rcode.Rcode:
    if not message.had_tsig:
        return dns.rcode.REFUSED
    zone = store.zones().get(message.zone[0].name)
    if zone is None:
        return dns.rcode.NOTAUTH
    try:
        apply_update(zone, message)
    except Rejected as rejection:
        return rejection.rcode
    store.save(zone)
    return dns.rcode.NOERROR


def _transfer(store: Store, query: dns.message.Message) -> Iterator[bytes]:
    """The whole zone, for those who hold the key."""
    zone = store.zones().get(query.question[0].name)
    if zone is None or not query.had_tsig:
        response = dns.message.make_response(query)
        response.set_rcode(dns.rcode.REFUSED if zone else dns.rcode.NOTAUTH)
        yield response.to_wire()
        return
    soa = _soa(zone)
    others = [
        dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
        for name, rdataset in zone.iterate_rdatasets()
        if rdataset.rdtype != dns.rdatatype.SOA
    ]
    rrsets = [soa, *others, soa]
    context = None
    for start in range(0, len(rrsets), RECORDS_A_MESSAGE):
        response = dns.message.make_response(query)
        response.flags |= dns.flags.AA
        response.answer = rrsets[start : start + RECORDS_A_MESSAGE]
        yield response.to_wire(max_size=65535, multi=True, tsig_ctx=context)
        context = response.tsig_ctx


def _resolve(store: Store, name: dns.name.Name, rdtype: dns.rdatatype.RdataType, response: dns.message.Message) -> None:
    """Fill in the answer to one question, following aliases through all zones of the store."""
    for _ in range(LONGEST_CHAIN):
        zone = store.zone_of(name)
        if zone is None:
            if not response.answer:
                response.set_rcode(dns.rcode.REFUSED)
            return
        cut = _delegation(zone, name, rdtype)
        if cut is not None:
            if not response.answer:
                response.flags &= ~dns.flags.AA
            response.authority.append(cut)
            return
        response.flags |= dns.flags.AA
        node_name = _node_name(zone, name)
        node = zone.get_node(node_name) if node_name is not None else None
        if node is None:
            if node_name is None:
                response.set_rcode(dns.rcode.NXDOMAIN)
            _no_such_record(zone, response)
            return
        found = [rdataset for rdataset in node if rdtype in (rdataset.rdtype, dns.rdatatype.ANY)]
        alias = None if found else node.get_rdataset(zone.rdclass, dns.rdatatype.CNAME)
        if alias is None:
            response.answer += [dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset)) for rdataset in found]
            if not found:
                _no_such_record(zone, response)
            return
        response.answer.append(dns.rrset.from_rdata_list(name, alias.ttl, list(alias)))
        name = alias[0].target


def _delegation(zone: dns.zone.Zone, name: dns.name.Name, rdtype: dns.rdatatype.RdataType) -> dns.rrset.RRset | None:
    """The NS set of a zone cut at or above `name`, below the apex."""
    assert zone.origin is not None
    for depth in range(len(zone.origin) + 1, len(name) + 1):
        owner = name.split(depth)[1]
        servers = zone.get_rdataset(owner, dns.rdatatype.NS)
        if servers is not None and not (owner == name and rdtype == dns.rdatatype.DS):
            return dns.rrset.from_rdata_list(owner, servers.ttl, list(servers))
    return None


def _node_name(zone: dns.zone.Zone, name: dns.name.Name) -> dns.name.Name | None:
    """The owner whose records answer for `name`: itself, or the wildcard that covers it (RFC 4592). None: NXDOMAIN."""
    closest = name
    while not _exists(zone, closest):
        closest = closest.parent()
    if closest == name:
        return name
    wildcard = dns.name.Name((b"*",)).concatenate(closest)
    return wildcard if zone.get_node(wildcard) is not None else None


def _exists(zone: dns.zone.Zone, name: dns.name.Name) -> bool:
    return name == zone.origin or any(owner.is_subdomain(name) for owner in zone.nodes)


def _no_such_record(zone: dns.zone.Zone, response: dns.message.Message) -> None:
    soa = _soa(zone)
    soa.ttl = min(soa.ttl, soa[0].minimum)  # RFC 2308 §3
    response.authority.append(soa)


def _soa(zone: dns.zone.Zone) -> dns.rrset.RRset:
    assert zone.origin is not None
    rdataset = zone.find_rdataset(zone.origin, dns.rdatatype.SOA)
    return dns.rrset.from_rdata_list(zone.origin, rdataset.ttl, list(rdataset))
