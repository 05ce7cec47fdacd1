"""The demonstration's DNS server: what it answers, and who may change its zones."""

import base64
import random
import signal
import subprocess
import sys
import time

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsigkeyring
import dns.update
import dns.zone
import pytest

from domains.demo_dns.answering import answer
from domains.demo_dns.store import KEY_ALGORITHM, KEY_NAME, Store
from panel.environment import free_port
from tests.processes import ROOT, environment

RECORDS = """
@ MX 10 mx1.mail.example.
@ TXT "v=spf1 -all"
www CNAME @
out CNAME host.elsewhere.test.
*.wild TXT "any"
deep.er.name A 192.0.2.1
sub NS ns.sub
big TXT "{filler}" "{filler}" "{filler}" "{filler}" "{filler}" "{filler}"
""".format(filler="x" * 250)


@pytest.fixture
def store(tmp_path):
    store = Store(tmp_path)
    store.prepare()
    store.write("shop.example", RECORDS)
    return store


def ask(store, name, rdtype, *, tcp=False):
    query = dns.message.make_query(name, rdtype)
    return dns.message.from_wire(b"".join(answer(store, query.to_wire(), tcp=tcp)))


def keyring(store, secret=None):
    return dns.tsigkeyring.from_text({KEY_NAME: (KEY_ALGORITHM, secret or store.key)})


def send(store, message):
    """Sign an update, let the store answer it and check the answer's signature."""
    message.use_tsig(keyring(store))
    wire = message.to_wire()
    return dns.message.from_wire(
        b"".join(answer(store, wire, tcp=False)), keyring=message.keyring, request_mac=message.mac
    ).rcode()


def texts(response):
    return sorted(rdata.to_text() for rrset in response.answer for rdata in rrset)


def test_it_answers_with_authority(store):
    response = ask(store, "shop.example", "MX")
    assert texts(response) == ["10 mx1.mail.example."]
    assert response.flags & dns.flags.AA
    assert not response.flags & dns.flags.RA


def test_names_match_in_any_case(store):
    assert [text.lower() for text in texts(ask(store, "SHOP.Example", "MX"))] == ["10 mx1.mail.example."]


def test_it_tells_a_missing_name_from_a_missing_type(store):
    missing_name, missing_type, empty = (
        ask(store, name, "AAAA") for name in ("nothing.shop.example", "shop.example", "er.name.shop.example")
    )
    assert missing_name.rcode() == dns.rcode.NXDOMAIN
    assert missing_type.rcode() == empty.rcode() == dns.rcode.NOERROR
    for response in (missing_name, missing_type, empty):
        assert not response.answer
        assert response.authority[0].rdtype == dns.rdatatype.SOA
        assert response.authority[0].ttl == 60


def test_it_follows_aliases_as_far_as_it_knows(store):
    inside = ask(store, "www.shop.example", "MX")
    assert [rrset.rdtype for rrset in inside.answer] == [dns.rdatatype.CNAME, dns.rdatatype.MX]
    outside = ask(store, "out.shop.example", "A")
    assert texts(outside) == ["host.elsewhere.test."]
    assert outside.rcode() == dns.rcode.NOERROR


def test_a_wildcard_answers_for_names_that_are_not_there(store):
    assert texts(ask(store, "x.wild.shop.example", "TXT")) == ['"any"']


def test_a_delegation_is_a_referral(store):
    response = ask(store, "host.sub.shop.example", "A")
    assert not response.answer
    assert not response.flags & dns.flags.AA
    assert response.authority[0].to_text().endswith("NS ns.sub.shop.example.")


def test_other_peoples_names_are_refused(store):
    assert ask(store, "example.org", "A").rcode() == dns.rcode.REFUSED


def test_a_long_answer_is_truncated_over_udp_and_whole_over_tcp(store):
    assert ask(store, "big.shop.example", "TXT").flags & dns.flags.TC
    assert len(ask(store, "big.shop.example", "TXT", tcp=True).answer) == 1


def test_a_signed_update_changes_the_zone_and_its_serial(store):
    update = dns.update.UpdateMessage("shop.example")
    update.present("@", "MX")
    update.absent("_dmarc")
    update.replace("@", 300, "MX", "10 mx2.mail.example.")
    update.add("_dmarc", 300, "TXT", '"v=DMARC1; p=none"')
    update.delete("@", "TXT", '"v=spf1 -all"')
    update.delete("deep.er.name")
    assert send(store, update) == dns.rcode.NOERROR
    again = Store(store.folder)
    assert texts(ask(again, "shop.example", "MX")) == ["10 mx2.mail.example."]
    assert texts(ask(again, "_dmarc.shop.example", "TXT")) == ['"v=DMARC1; p=none"']
    assert not ask(again, "shop.example", "TXT").answer
    assert ask(again, "deep.er.name.shop.example", "A").rcode() == dns.rcode.NXDOMAIN
    assert ask(again, "shop.example", "SOA").answer[0][0].serial == 2


@pytest.mark.parametrize(
    ("prepare", "rcode"),
    [
        (lambda update: update.absent("@", "MX"), dns.rcode.YXRRSET),
        (lambda update: update.absent("www"), dns.rcode.YXDOMAIN),
        (lambda update: update.present("@", "CAA"), dns.rcode.NXRRSET),
        (lambda update: update.present("@", "MX", "20 mx1.mail.example."), dns.rcode.NXRRSET),
        (lambda update: update.present("nowhere"), dns.rcode.NXDOMAIN),
    ],
)
def test_an_update_whose_prerequisites_fail_changes_nothing(store, prepare, rcode):
    update = dns.update.UpdateMessage("shop.example")
    prepare(update)
    update.add("new", 300, "A", "192.0.2.9")
    assert send(store, update) == rcode
    assert ask(store, "new.shop.example", "A").rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(("seen", "rcode"), [(2, dns.rcode.NOERROR), (1, dns.rcode.NXRRSET)])
def test_a_set_of_several_records_is_required_as_a_whole(store, seen, rcode):
    values = ["10 mx1.mail.example.", "20 mx2.mail.example."]
    store.write("shop.example", "".join(f"@ MX {value}\n" for value in values))
    update = dns.update.UpdateMessage("shop.example")
    update.present("@", "MX", *values[:seen])
    assert send(store, update) == rcode


def test_soa_and_name_servers_of_the_apex_stay(store):
    update = dns.update.UpdateMessage("shop.example")
    update.delete("@")
    update.delete("@", "NS")
    assert send(store, update) == dns.rcode.NOERROR
    assert ask(store, "shop.example", "NS").answer
    assert ask(store, "shop.example", "SOA").answer
    assert not ask(store, "shop.example", "MX").answer


def test_an_alias_never_stands_beside_other_records(store):
    update = dns.update.UpdateMessage("shop.example")
    update.add("deep.er.name", 300, "CNAME", "www")
    update.add("www", 300, "A", "192.0.2.9")
    update.add("out", 300, "CNAME", "www")
    assert send(store, update) == dns.rcode.NOERROR
    assert texts(ask(store, "deep.er.name.shop.example", "A")) == ["192.0.2.1"]
    assert [rrset.rdtype for rrset in ask(store, "www.shop.example", "CNAME").answer] == [dns.rdatatype.CNAME]
    assert texts(ask(store, "out.shop.example", "CNAME")) == ["www.shop.example."]


def test_nobody_changes_a_zone_without_the_key(store):
    update = dns.update.UpdateMessage("shop.example")
    update.add("new", 300, "A", "192.0.2.9")
    (unsigned,) = answer(store, update.to_wire(), tcp=False)
    assert dns.message.from_wire(unsigned).rcode() == dns.rcode.REFUSED
    update.use_tsig(keyring(store, base64.b64encode(b"guess" * 6).decode()))
    (forged,) = answer(store, update.to_wire(), tcp=False)
    assert dns.message.from_wire(forged).rcode() == dns.rcode.NOTAUTH
    assert ask(store, "new.shop.example", "A").rcode() == dns.rcode.NXDOMAIN


def test_a_zone_that_is_not_there_cannot_be_changed(store):
    update = dns.update.UpdateMessage("other.example")
    update.add("new", 300, "A", "192.0.2.9")
    assert send(store, update) == dns.rcode.NOTAUTH


def test_garbage_is_no_reason_to_stop(store):
    generator = random.Random(7)
    whole = dns.message.make_query("shop.example", "MX").to_wire()
    for _ in range(300):
        wire = bytearray(whole)
        for _ in range(generator.randrange(1, 6)):
            wire[generator.randrange(len(wire))] = generator.randrange(256)
        list(answer(store, bytes(wire[: generator.randrange(1, len(wire) + 1)]), tcp=False))


@pytest.fixture
def served(store):
    port = free_port()
    var = store.folder.parent / f"{store.folder.name}-var"
    var.mkdir()
    store.folder.rename(var / "demo-dns")
    env = environment(VAR_DIR=str(var), DNS_STUB_ZONES=f"mail.example=127.0.0.1:{port}")
    process = subprocess.Popen([sys.executable, "manage.py", "demo_dns"], env=env, cwd=ROOT)
    for _ in range(300):
        try:
            dns.query.tcp(dns.message.make_query("shop.example", "SOA"), "127.0.0.1", 2, port)
            break
        except OSError:
            time.sleep(0.05)
    yield Store(var / "demo-dns"), port
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_it_serves_udp_tcp_and_zone_transfers_to_the_key_holder(served):
    store, port = served
    query = dns.message.make_query("shop.example", "MX")
    for transport in (dns.query.udp, dns.query.tcp):
        assert texts(transport(query, "127.0.0.1", 5, port)) == ["10 mx1.mail.example."]
    update = dns.update.UpdateMessage("shop.example", keyring=keyring(store))
    for number in range(500):
        update.add(f"host{number}", 300, "A", "192.0.2.9")
    assert dns.query.tcp(update, "127.0.0.1", 5, port).rcode() == dns.rcode.NOERROR
    zone = dns.zone.Zone("shop.example", relativize=False)
    transfer = dns.message.make_query("shop.example", "AXFR")
    transfer.use_tsig(keyring(store))
    dns.query.inbound_xfr("127.0.0.1", zone, transfer, port=port, timeout=5)
    assert sum(1 for name in zone.nodes if name.to_text().startswith("host")) == 500
    refused = dns.query.tcp(dns.message.make_query("shop.example", "AXFR"), "127.0.0.1", 5, port)
    assert refused.rcode() == dns.rcode.REFUSED
