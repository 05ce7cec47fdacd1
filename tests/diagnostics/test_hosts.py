"""Who hosts a zone, told from its name servers."""

from __future__ import annotations

import itertools

import pytest

from diagnostics.show.hosts import HOSTS, host_of

# Sets as the providers hand them out.
SETS = {
    "Cloudflare": ["ada.ns.cloudflare.com bob.ns.cloudflare.com", "blue.foundationdns.com blue.foundationdns.net"],
    "OVHcloud": ["dns10.ovh.net ns10.ovh.net", "dns200.anycast.me ns200.anycast.me", "dns11.ovh.ca ns11.ovh.ca"],
    "GoDaddy": ["ns51.domaincontrol.com ns52.domaincontrol.com", "pdns01.domaincontrol.com pdns02.domaincontrol.com"],
    "Namecheap": ["dns1.registrar-servers.com dns2.registrar-servers.com"],
    "Amazon Route 53": ["ns-1.awsdns-01.org ns-512.awsdns-00.net ns-9.awsdns-3.co.uk ns-77.awsdns-09.com"],
    "Azure DNS": ["ns1-09.azure-dns.com ns2-09.azure-dns.net ns3-09.azure-dns.org ns4-09.azure-dns.info"],
    "Squarespace or Google Cloud DNS": ["ns-cloud-a1.googledomains.com ns-cloud-a2.googledomains.com"],
    "Squarespace": [
        "nsd1.squarespacedns.com nsd2.squarespacedns.com nsd3.squarespacedns.com nsd4.squarespacedns.com",
        "dns1.p01.nsone.net dns2.p01.nsone.net ns01.squarespacedns.com ns02.squarespacedns.com",
    ],
    "Netlify or NS1": ["dns1.p01.nsone.net dns2.p01.nsone.net dns3.p01.nsone.net dns4.p01.nsone.net"],
    "IONOS": ["ns1045.ui-dns.com ns1045.ui-dns.de ns1045.ui-dns.org ns1045.ui-dns.biz"],
    "Hetzner": [
        "hydrogen.ns.hetzner.com oxygen.ns.hetzner.com helium.ns.hetzner.de",
        "ns1.your-server.de ns.second-ns.com ns3.second-ns.de",
        "ns1.first-ns.de robotns2.second-ns.de robotns3.second-ns.com",
    ],
    "Gandi": ["ns-12-a.gandi.net ns-34-b.gandi.net ns-56-c.gandi.net"],
    "DigitalOcean": ["ns1.digitalocean.com ns2.digitalocean.com ns3.digitalocean.com"],
    "Akamai (Linode)": ["ns1.linode.com ns2.linode.com"],
    "Vultr": ["ns1.vultr.com ns2.vultr.com"],
    "DNSimple": ["ns1.dnsimple.com ns2.dnsimple-edge.net ns3.dnsimple.com ns4.dnsimple-edge.org"],
    "home.pl": ["DNS.HOME.PL. dns2.home.pl dns3.home.pl"],
    "nazwa.pl": ["ns1.nazwa.pl ns2.nazwa.pl ns3.nazwa.pl"],
    "cyber_Folks": ["ns1.cyberfolks.pl ns2.cyberfolks.pl ns3.cyberfolks.pl", "dns11.linuxpl.com ns11.linuxpl.com"],
    "LH.pl": ["ns.lh.pl ns2.lighthosting.net ns2.lh.pl", "ns.lh.pl ns2.lighthosting.net"],
    "Hostinger": ["ns1.dns-parking.com ns2.dns-parking.com"],
    "Wix": ["ns0.wixdns.net ns1.wixdns.net"],
    "WordPress.com": ["ns1.wordpress.com ns2.wordpress.com ns3.wordpress.com"],
    "STRATO": ["docks12.rzone.de shades15.rzone.de"],
    "Aruba": ["dns.technorail.com dns2.technorail.com dns3.arubadns.net dns4.arubadns.cz"],
    "Infomaniak": ["ns11.infomaniak.ch ns12.infomaniak.ch", "nsany1.infomaniak.com nsany2.infomaniak.com"],
    "Porkbun": ["curitiba.ns.porkbun.com fortaleza.ns.porkbun.com"],
    "Name.com": ["ns1abc.name.com ns2xyz.name.com"],
    "Dynadot": ["ns1.dyna-ns.net ns2.dyna-ns.net"],
    "deSEC": ["ns1.desec.io ns2.desec.org"],
    "Akamai Edge DNS": ["a1-12.akam.net a7-65.akam.net"],
    "Bunny DNS": ["kiki.bunny.net coco.bunny.net"],
    "Vercel": ["ns1.vercel-dns.com ns2.vercel-dns.com"],
    "one.com": ["ns01.one.com ns02.one.com"],
    "Loopia": ["ns1.loopia.se ns2.loopia.se"],
    "TransIP": ["ns0.transip.net ns1.transip.nl ns2.transip.eu"],
    "Combell": ["ns1.combell.eu ns3.combell.net ns4.combell.net"],
    "Register.it": ["ns1.register.it ns2.register.it"],
    "Network Solutions": ["ns71.worldnic.com ns72.worldnic.com"],
    "dinahosting": ["ns.dinahosting.com ns2.dinahosting.com ns3.dinahosting.com ns4.dinahosting.com"],
    "Arsys": ["dns11.servidoresdns.net dns12.servidoresdns.net"],
    "Active24": ["alfa.ns.active24.cz beta.ns.active24.cz", "gama.ns.active24.sk alfa.ns.active24.cz"],
    "WEDOS": ["ns.wedos.cz ns.wedos.com ns.wedos.net ns.wedos.eu"],
    "Forpsi": ["ns.forpsi.net ns.forpsi.cz ns.forpsi.it"],
    "Zone.eu": ["ns.zone.eu ns2.zone.ee ns3.zonedata.net"],
    "netcup": ["root-dns.netcup.net second-dns.netcup.net third-dns.netcup.net"],
    "OpenSRS": ["ns1.systemdns.com ns2.systemdns.com ns3.systemdns.com"],
    "Hurricane Electric": ["ns1.he.net ns2.he.net ns3.he.net"],
}


def told(servers: str) -> str | None:
    host = host_of(servers.split())
    return host.name if host else None


@pytest.mark.parametrize(("name", "servers"), [(name, one) for name, sets in SETS.items() for one in sets])
def test_a_providers_own_set_names_it_whatever_case_dots_and_order(name: str, servers: str) -> None:
    assert told(servers) == name
    assert told(" ".join(f"{server.upper()}." for server in reversed(servers.split()))) == name


@pytest.mark.parametrize(
    "servers",
    [
        "",
        "ns1.evilcloudflare.com ns2.evilcloudflare.com",
        "ns.cloudflare.com.evil.example ada.ns.cloudflare.com.evil.example",
        "ns1.xhome.pl ns2.xhome.pl",
        "ns-1.awsdns-01.org.evil.example ns-1.awsdns-01.info",
        "xns-cloud-a1.googledomains.com.example ns-cloud-a1.googledomains.org",
        "notname.com alsoname.com",
    ],
)
def test_names_that_only_look_like_a_providers_are_nobodys(servers: str) -> None:
    assert told(servers) is None


@pytest.mark.parametrize(
    "servers",
    [
        "ns383426.ovh.net sdns2.ovh.net",
        "vps317000.ovh.net sdns2.ovh.net",
        "static.1.2.0.192.clients.your-server.de",
        "li12-34.members.linode.com",
        "192.0.2.1.vultr.com",
        "serwer1234567.home.pl",
    ],
)
def test_a_customers_own_server_at_a_provider_is_not_the_providers_dns(servers: str) -> None:
    assert told(servers) is None


@pytest.mark.parametrize(
    "servers",
    [
        "ada.ns.cloudflare.com ns1.example ns2.example",
        "ada.ns.cloudflare.com ns-1.awsdns-01.org",
        "ada.ns.cloudflare.com bob.ns.cloudflare.com ns-1.awsdns-01.org ns-512.awsdns-00.net",
        "ada.ns.cloudflare.com ns1.desec.io ns1.he.net",
    ],
)
def test_of_a_set_that_several_share_nobody_is_named(servers: str) -> None:
    assert {told(" ".join(order)) for order in itertools.permutations(servers.split())} == {None}


def test_one_foreign_server_among_many_changes_nothing() -> None:
    assert told("ns1.he.net ns2.he.net ns3.he.net ns1.example") == "Hurricane Electric"


def test_some_forty_providers_are_known_each_once_with_a_guide() -> None:
    assert len(HOSTS) >= 40
    assert len({host.name for host in HOSTS}) == len(HOSTS)
    assert all(host.guide.startswith("https://") for host in HOSTS)
