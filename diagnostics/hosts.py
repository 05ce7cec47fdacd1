"""Who hosts a zone, told from its NS records, and how that provider's forms want a name written. Pure.

A name server belongs to a provider when its host name ends with one of the provider's suffixes (or, for providers
that number their suffixes, matches a pattern).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from domains.rrset import absolute


class Writing(StrEnum):
    """How a provider's form wants the name of a record."""

    AT = "at"  # relative to the zone; `@` for the zone's own name
    EMPTY = "empty"  # relative to the zone; nothing for the zone's own name
    ABSOLUTE = "absolute"  # the whole name, with its final dot
    FULL = "full"  # the whole name, without a final dot


@dataclass(frozen=True, slots=True)
class DnsHost:
    """`priority_apart`: MX priority (and SRV priority, weight and port) have fields of their own in its form."""

    name: str
    servers: tuple[str, ...]  # suffixes of host names, or patterns that begin with ^
    guide: str  # the provider's own page on editing records
    writing: Writing = Writing.AT
    priority_apart: bool = True

    def serves(self, server: str) -> bool:
        for known in self.servers:
            if known.startswith("^"):
                if re.search(known, server):
                    return True
            elif server == known or server.endswith(f".{known}"):
                return True
        return False


_EMPTY = Writing.EMPTY

HOSTS: tuple[DnsHost, ...] = (
    DnsHost("Cloudflare", ("ns.cloudflare.com",), "https://developers.cloudflare.com/dns/manage-dns-records/"),
    DnsHost("OVHcloud", ("ovh.net", "anycast.me", "ovh.ca"), "https://help.ovhcloud.com/csm/dns-zone", _EMPTY),
    DnsHost("GoDaddy", ("domaincontrol.com",), "https://www.godaddy.com/help/manage-dns-records-680"),
    DnsHost("Namecheap", ("registrar-servers.com",), "https://www.namecheap.com/support/knowledgebase/"),
    DnsHost(
        "Amazon Route 53",
        (r"^ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)$",),
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrsets-working-with.html",
        _EMPTY,
        priority_apart=False,
    ),
    DnsHost(
        "Google Cloud DNS",
        (r"^ns-cloud-[a-z]\d\.googledomains\.com$",),
        "https://cloud.google.com/dns/docs/records",
        _EMPTY,
        priority_apart=False,
    ),
    DnsHost(
        "Squarespace",
        ("squarespacedns.com", "googledomains.com"),
        "https://support.squarespace.com/hc/articles/360002101888",
    ),
    DnsHost(
        "Azure DNS",
        (r"^ns\d-\d+\.azure-dns\.(com|net|org|info)$",),
        "https://learn.microsoft.com/azure/dns/dns-operations-recordsets-portal",
    ),
    DnsHost("IONOS", ("ui-dns.com", "ui-dns.de", "ui-dns.org", "ui-dns.biz"), "https://www.ionos.com/help/domains/"),
    DnsHost(
        "Hetzner",
        ("ns.hetzner.com", "ns.hetzner.de", "first-ns.de", "second-ns.de", "second-ns.com", "your-server.de"),
        "https://docs.hetzner.com/networking/dns/",
    ),
    DnsHost("Gandi", ("gandi.net",), "https://docs.gandi.net/en/domain_names/common_operations/dns_records.html"),
    DnsHost(
        "DigitalOcean",
        ("digitalocean.com",),
        "https://docs.digitalocean.com/products/networking/dns/how-to/manage-records/",
    ),
    DnsHost("Akamai (Linode)", ("linode.com",), "https://techdocs.akamai.com/cloud-computing/docs/dns-manager", _EMPTY),
    DnsHost("Vultr", ("vultr.com",), "https://docs.vultr.com/products/network/dns", _EMPTY),
    DnsHost(
        "DNSimple", ("dnsimple.com", "dnsimple-edge.net", "dnsimple-edge.org"), "https://support.dnsimple.com/", _EMPTY
    ),
    DnsHost("NS1", ("nsone.net",), "https://www.ibm.com/docs/en/ns1-connect", _EMPTY, priority_apart=False),
    DnsHost("home.pl", ("home.pl",), "https://pomoc.home.pl/", _EMPTY),
    DnsHost("nazwa.pl", ("nazwa.pl",), "https://www.nazwa.pl/pomoc/", _EMPTY),
    DnsHost("cyber_Folks", ("cyberfolks.pl", "linuxpl.com", "linuxpl.info"), "https://cyberfolks.pl/pomoc/", _EMPTY),
    DnsHost("LH.pl", ("lh.pl",), "https://www.lh.pl/pomoc/", _EMPTY),
    DnsHost("dhosting", ("dhosting.pl", "dhosting.com"), "https://dhosting.pl/pomoc/", _EMPTY),
    DnsHost("Zenbox", ("zenbox.pl",), "https://zenbox.pl/pomoc/", _EMPTY),
    DnsHost("SEOHOST", ("seohost.pl",), "https://seohost.pl/pomoc/", _EMPTY),
    DnsHost("KEI.PL", ("kei.pl",), "https://www.kei.pl/pomoc/", _EMPTY),
    DnsHost("AZ.pl", ("az.pl",), "https://pomoc.az.pl/", _EMPTY),
    DnsHost("domeny.tv", ("domeny.tv",), "https://www.domeny.tv/pomoc", _EMPTY),
    DnsHost("AfterMarket.pl", ("aftermarket.pl",), "https://www.aftermarket.pl/pomoc", _EMPTY),
    DnsHost("Porkbun", ("porkbun.com",), "https://kb.porkbun.com/", _EMPTY),
    DnsHost("Dynadot", ("dynadot.com",), "https://www.dynadot.com/help/", _EMPTY),
    DnsHost("Name.com", ("name.com",), "https://www.name.com/support/", _EMPTY),
    DnsHost("Hover", ("hover.com",), "https://support.hover.com/"),
    DnsHost("Network Solutions", ("worldnic.com",), "https://www.networksolutions.com/help/"),
    DnsHost("Bluehost", ("bluehost.com",), "https://www.bluehost.com/help/"),
    DnsHost("HostGator", ("hostgator.com", "websitewelcome.com"), "https://www.hostgator.com/help/"),
    DnsHost("DreamHost", ("dreamhost.com",), "https://help.dreamhost.com/", _EMPTY),
    DnsHost("SiteGround", ("siteground.net", "sgvps.net"), "https://www.siteground.com/kb/", _EMPTY),
    DnsHost("Wix", ("wixdns.net",), "https://support.wix.com/en/domains", _EMPTY),
    DnsHost("WordPress.com", ("wordpress.com",), "https://wordpress.com/support/domains/custom-dns/"),
    DnsHost("Hostinger", ("dns-parking.com", "hostinger.com"), "https://support.hostinger.com/"),
    DnsHost("Infomaniak", ("infomaniak.ch", "infomaniak.com"), "https://www.infomaniak.com/en/support", _EMPTY),
    DnsHost("Vercel", ("vercel-dns.com",), "https://vercel.com/docs/domains/managing-dns-records"),
    DnsHost("STRATO", ("rzone.de", "strato.de"), "https://www.strato.de/faq/", _EMPTY),
    DnsHost("one.com", ("one.com",), "https://help.one.com/", _EMPTY),
    DnsHost("Loopia", ("loopia.se",), "https://support.loopia.com/"),
    DnsHost("TransIP", ("transip.net", "transip.nl", "transip.eu"), "https://www.transip.nl/knowledgebase/"),
    DnsHost("INWX", ("inwx.de", "inwx.eu", "inwx.com"), "https://kb.inwx.com/", _EMPTY),
    DnsHost("Alibaba Cloud", ("alidns.com", "hichina.com"), "https://www.alibabacloud.com/help/en/dns"),
    DnsHost("DNSPod", ("dnspod.net", "dnspod.com"), "https://docs.dnspod.com/"),
    DnsHost("Akamai Edge DNS", ("akam.net",), "https://techdocs.akamai.com/edge-dns/docs", Writing.FULL, False),
    DnsHost("deSEC", ("desec.io", "desec.org"), "https://desec.readthedocs.io/", _EMPTY, priority_apart=False),
    DnsHost("ClouDNS", ("cloudns.net",), "https://www.cloudns.net/wiki/", _EMPTY),
    DnsHost("Hurricane Electric", ("he.net",), "https://dns.he.net/docs.html", Writing.FULL),
)


def host_of(servers: Iterable[str]) -> DnsHost | None:
    """The provider that runs these name servers (host names); None where nobody known runs most of them."""
    names = [server.lower().rstrip(".") for server in servers]
    votes = [host for name in names if (host := _host_of_one(name)) is not None]
    if not votes or len(votes) * 2 <= len(names):
        return None
    return max(votes, key=votes.count)


def _host_of_one(server: str) -> DnsHost | None:
    return next((host for host in HOSTS if host.serves(server)), None)


def written(name: str, zone: str, writing: Writing = Writing.AT) -> str:
    """`name` (absolute) as a form for `zone` wants it typed. A name outside the zone stays absolute."""
    name, zone = absolute(name), absolute(zone)
    if writing == Writing.ABSOLUTE or (name != zone and not name.endswith(f".{zone}")):
        return name
    if writing == Writing.FULL:
        return name.rstrip(".")
    if name == zone:
        return "@" if writing == Writing.AT else ""
    return name.removesuffix(f".{zone}")


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form: its stable key (`priority`, `weight`, `port`, `value`) and what to type there."""

    key: str
    text: str


def parts(type_: str, value: str, *, apart: bool = True) -> tuple[Part, ...]:
    """A value as the fields of a form, where these are apart: `10 mx.example.` as priority and host."""
    if apart and type_ == "MX" and (words := value.split(" ", 1))[1:]:
        return Part("priority", words[0]), Part("value", words[1])
    if apart and type_ == "SRV" and len(words := value.split(" ", 3)) == 4:
        return Part("priority", words[0]), Part("weight", words[1]), Part("port", words[2]), Part("value", words[3])
    return (Part("value", value),)
