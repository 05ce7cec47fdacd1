"""Who hosts a zone, told from its NS records, and how that provider's forms want a name written. Pure.

A name server belongs to a provider when its host name ends with one of the provider's suffixes, or matches a pattern:
where the suffix is numbered, or where customers' own servers have names below it too (`ns3012345.ovh.net`).
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
    """`priority_apart`: MX priority (and SRV priority, weight and port) have fields of their own in its form.

    `beside`: patterns of another provider's servers that stand beside its own in the same set.
    """

    name: str
    servers: tuple[str, ...]  # suffixes of host names, or patterns that begin with ^
    guide: str  # the provider's own page on editing records
    writing: Writing = Writing.AT
    priority_apart: bool = True
    beside: tuple[str, ...] = ()

    def serves(self, server: str) -> bool:
        return _matches(server, self.servers)

    def runs(self, server: str) -> bool:
        return self.serves(server) or _matches(server, self.beside)


def _matches(server: str, known: tuple[str, ...]) -> bool:
    for one in known:
        if one.startswith("^"):
            if re.search(one, server):
                return True
        elif server == one or server.endswith(f".{one}"):
            return True
    return False


_EMPTY = Writing.EMPTY

HOSTS: tuple[DnsHost, ...] = (
    DnsHost(
        "Cloudflare",
        ("ns.cloudflare.com", "secondary.cloudflare.com", r"^[a-z]+\.foundationdns\.(com|net|org)$"),
        "https://developers.cloudflare.com/dns/manage-dns-records/",
    ),
    DnsHost(
        "OVHcloud",
        (r"^d?ns\d{0,3}\.(ovh\.(net|ca)|anycast\.me)$",),  # sdnsN is second to customers' own servers
        "https://help.ovhcloud.com/csm/dns-zone",
        _EMPTY,
    ),
    DnsHost("GoDaddy", ("domaincontrol.com",), "https://www.godaddy.com/help/manage-dns-records-680"),
    DnsHost("Namecheap", ("registrar-servers.com",), "https://www.namecheap.com/support/knowledgebase/"),
    DnsHost(
        "Amazon Route 53",
        (r"^ns-\d+\.awsdns-\d+\.(com|net|org|co\.uk)$",),
        "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/rrsets-working-with.html",
        _EMPTY,
        priority_apart=False,
    ),
    # Both hand out the same name servers: Squarespace took over the domains of Google Domains with theirs.
    DnsHost(
        "Squarespace or Google Cloud DNS",
        (r"^ns-cloud-[a-z]\d\.googledomains\.com$",),
        "https://support.squarespace.com/hc/articles/360002101888",
    ),
    DnsHost(
        "Squarespace",
        ("squarespacedns.com", "googledomains.com"),
        "https://support.squarespace.com/hc/articles/360002101888",
        beside=(r"^dns\d\.p\d\d\.nsone\.net$",),
    ),
    DnsHost(
        "Azure DNS",
        (r"^ns\d-\d+\.azure-dns\.(com|net|org|info)$",),
        "https://learn.microsoft.com/azure/dns/dns-operations-recordsets-portal",
    ),
    DnsHost(
        "IONOS",
        (r"^ns\d*\.ui-dns\.(com|de|org|biz)$", r"^ns-[a-z]+\.1and1-dns\.(com|de|org|us|biz|es|fr|co\.uk)$"),
        "https://www.ionos.com/help/domains/",
    ),
    DnsHost(
        "Hetzner",
        (
            "ns.hetzner.com",
            "ns.hetzner.de",
            "first-ns.de",
            "second-ns.de",
            "second-ns.com",
            r"^ns\d?\.your-server\.de$",
        ),
        "https://docs.hetzner.com/networking/dns/",
    ),
    DnsHost("Gandi", ("gandi.net",), "https://docs.gandi.net/en/domain_names/common_operations/dns_records.html"),
    DnsHost(
        "DigitalOcean",
        ("digitalocean.com",),
        "https://docs.digitalocean.com/products/networking/dns/how-to/manage-records/",
    ),
    DnsHost(
        "Akamai (Linode)",
        (r"^ns\d\.linode\.com$",),
        "https://techdocs.akamai.com/cloud-computing/docs/dns-manager",
        _EMPTY,
    ),
    DnsHost("Vultr", (r"^ns\d\.vultr\.com$",), "https://docs.vultr.com/products/network/dns", _EMPTY),
    DnsHost(
        "DNSimple", ("dnsimple.com", "dnsimple-edge.net", "dnsimple-edge.org"), "https://support.dnsimple.com/", _EMPTY
    ),
    # Both hand out the same name servers: Netlify's DNS is run by NS1.
    DnsHost("Netlify or NS1", ("nsone.net",), "https://docs.netlify.com/manage/domains/configure-domains/dns-records/"),
    DnsHost("home.pl", (r"^dns\d?\.home\.pl$",), "https://pomoc.home.pl/", _EMPTY),
    DnsHost("nazwa.pl", ("nazwa.pl",), "https://www.nazwa.pl/pomoc/", _EMPTY),
    DnsHost("cyber_Folks", ("cyberfolks.pl", "linuxpl.com", "linuxpl.info"), "https://cyberfolks.pl/pomoc/", _EMPTY),
    DnsHost("LH.pl", ("lh.pl", "lighthosting.net"), "https://www.lh.pl/pomoc/", _EMPTY),
    DnsHost("dhosting", ("dhosting.pl", "dhosting.com"), "https://dhosting.pl/pomoc/", _EMPTY),
    DnsHost("Zenbox", ("zenbox.pl",), "https://zenbox.pl/pomoc/", _EMPTY),
    DnsHost("SEOHOST", ("seohost.pl",), "https://seohost.pl/pomoc/", _EMPTY),
    DnsHost("KEI.PL", ("kei.pl",), "https://www.kei.pl/pomoc/", _EMPTY),
    DnsHost("AZ.pl", ("az.pl",), "https://pomoc.az.pl/", _EMPTY),
    DnsHost("domeny.tv", ("domeny.tv",), "https://www.domeny.tv/pomoc", _EMPTY),
    DnsHost("AfterMarket.pl", ("aftermarket.pl",), "https://www.aftermarket.pl/pomoc", _EMPTY),
    DnsHost("Porkbun", ("porkbun.com",), "https://kb.porkbun.com/", _EMPTY),
    DnsHost("Dynadot", ("dyna-ns.net", "dynadot.com"), "https://www.dynadot.com/help/", _EMPTY),
    DnsHost("Name.com", ("name.com",), "https://www.name.com/support/", _EMPTY),
    DnsHost("Hover", ("hover.com",), "https://support.hover.com/"),
    DnsHost("Network Solutions", ("worldnic.com",), "https://www.networksolutions.com/help/"),
    DnsHost("Bluehost", ("bluehost.com",), "https://www.bluehost.com/help/"),
    DnsHost("HostGator", ("hostgator.com", "websitewelcome.com"), "https://www.hostgator.com/help/"),
    DnsHost("DreamHost", (r"^ns\d\.dreamhost\.com$",), "https://help.dreamhost.com/", _EMPTY),
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
    DnsHost("INWX", ("inwx.de", "inwx.eu", "inwx.com", "inwx.net"), "https://kb.inwx.com/", _EMPTY),
    DnsHost(
        "Aruba", ("technorail.com", "arubadns.net", "arubadns.cz"), "https://guide.hosting.aruba.it/domini/", _EMPTY
    ),
    DnsHost("Register.it", ("register.it",), "https://www.register.it/assistenza/"),
    DnsHost("Combell", ("combell.net", "combell.eu", "combell.com"), "https://www.combell.com/en/help/"),
    DnsHost("dinahosting", ("dinahosting.com",), "https://dinahosting.com/ayuda/"),
    DnsHost("Arsys", (r"^dns\d+\.servidoresdns\.net$",), "https://www.arsys.es/ayuda"),
    DnsHost("Active24", ("ns.active24.cz", "ns.active24.sk"), "https://www.active24.cz/centrum-napovedy", _EMPTY),
    DnsHost("WEDOS", (r"^ns\.wedos\.(cz|com|net|eu)$",), "https://kb.wedos.com/", _EMPTY),
    DnsHost("Forpsi", (r"^ns\.forpsi\.(cz|it|net)$",), "https://support.forpsi.com/", _EMPTY),
    DnsHost("Zone.eu", ("ns.zone.eu", "ns2.zone.ee", "ns3.zonedata.net"), "https://help.zone.eu/en/", _EMPTY),
    DnsHost("WebSupport", ("websupport.sk", "websupport.cz"), "https://www.websupport.sk/podpora/", _EMPTY),
    DnsHost("ALL-INKL.COM", (r"^ns\d+\.kasserver\.com$",), "https://all-inkl.com/wichtig/anleitungen/", _EMPTY),
    DnsHost("netcup", (r"^(root|second|third)-dns\.netcup\.net$",), "https://helpcenter.netcup.com/"),
    DnsHost("Bunny DNS", (r"^(kiki|coco)\.bunny\.net$",), "https://docs.bunny.net/dns", _EMPTY),
    DnsHost("OpenSRS", ("systemdns.com",), "https://support.opensrs.com/"),
    DnsHost("Alibaba Cloud", ("alidns.com", "hichina.com"), "https://www.alibabacloud.com/help/en/dns"),
    DnsHost("DNSPod", ("dnspod.net", "dnspod.com"), "https://docs.dnspod.com/"),
    DnsHost("Akamai Edge DNS", ("akam.net",), "https://techdocs.akamai.com/edge-dns/docs", Writing.FULL, False),
    DnsHost("deSEC", ("desec.io", "desec.org"), "https://desec.readthedocs.io/", _EMPTY, priority_apart=False),
    DnsHost("ClouDNS", ("cloudns.net",), "https://www.cloudns.net/wiki/", _EMPTY),
    DnsHost("Hurricane Electric", (r"^ns\d\.he\.net$",), "https://dns.he.net/docs.html", Writing.FULL),
)


def host_of(servers: Iterable[str]) -> DnsHost | None:
    """The provider that runs these name servers (host names); None where no single one is known to run most of them:
    where two share a zone, only its owner knows at which of them it is edited."""
    names = {server.lower().rstrip(".") for server in servers}
    for host in dict.fromkeys(host for name in sorted(names) if (host := _host_of_one(name)) is not None):
        if sum(host.runs(name) for name in names) * 2 > len(names):
            return host
    return None


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
